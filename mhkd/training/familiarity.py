"""Where the training posts lie: the region outside which the model does not know a post.

Features are the student's frozen layers, pooled, so they are the backbone's own and
training cannot have collapsed them. Only mean and whitening are stored, no post.

Source: Lee et al., A Simple Unified Framework for Detecting Out-of-Distribution
Samples, NeurIPS 2018 (Mahalanobis distance; here for all classes together).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from sklearn.decomposition import PCA
from torch import nn

from mhkd.models.text import pool_tokens
from mhkd.training.texts import KeptStates

_DIRECTIONS = 128
_LEAST_VARIANCE = 1e-6  # of the largest; below it is rounding


@dataclass(frozen=True, eq=False)
class Region:
    """``distance = ‖(features − mean) · whitening‖``.

    Attributes:
        mean: shape (width,). whitening: shape (width, directions).
        threshold: exceeded by the recipe's share of held-out training posts.
    """

    mean: torch.Tensor
    whitening: torch.Tensor
    threshold: float


def pool_states(kept: KeptStates) -> npt.NDArray[np.float64]:
    """Mean state of each post, scaled to length 1, shape (posts, width)."""
    pooled = []
    for states, mask in zip(kept.states, kept.masks, strict=True):
        index = torch.zeros(len(mask), dtype=torch.long)
        pooled.append(pool_tokens(states.float(), mask, index, 1)[0])
    return nn.functional.normalize(torch.stack(pooled), dim=-1).double().numpy()


def fit_region(
    features: npt.NDArray[np.float64], folds: npt.NDArray[np.int64], share_outside: float
) -> Region:
    """Fits the region; the threshold comes from posts that a fit has not seen.

    Args:
        features: shape (posts, width).
        folds: the fold of each post.
        share_outside: share of held-out posts that lie above the threshold.
    """
    distances = np.zeros(len(features))
    for fold in np.unique(folds):
        held_out = folds == fold
        mean, whitening = _whiten(features[~held_out])
        distances[held_out] = np.linalg.norm((features[held_out] - mean) @ whitening, axis=1)
    mean, whitening = _whiten(features)
    return Region(
        torch.from_numpy(mean),
        torch.from_numpy(whitening),
        float(np.quantile(distances, 1 - share_outside)),
    )


def _whiten(
    features: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    pca = PCA(min(_DIRECTIONS, *features.shape), svd_solver="full").fit(features)
    kept = pca.explained_variance_ > _LEAST_VARIANCE * pca.explained_variance_[0]
    directions = pca.components_[kept] / np.sqrt(pca.explained_variance_[kept])[:, None]
    return pca.mean_, directions.T
