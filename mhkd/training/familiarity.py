"""Where the training posts lie: the region outside which the model does not know a post.

Features are sentence embeddings of the student's backbone as it was before training, which
therefore cannot have collapsed them. Only their centre is stored, no post.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch


@dataclass(frozen=True, eq=False)
class Region:
    """``distance = 1 − features · centre``, both of length 1.

    Attributes:
        centre: shape (width,).
        threshold: exceeded by the recipe's share of held-out training posts.
    """

    centre: torch.Tensor
    threshold: float


def fit_region(
    pooled: npt.NDArray[np.float64], folds: npt.NDArray[np.int64], share_outside: float
) -> Region:
    """Fits the region; the threshold comes from posts that a fit has not seen.

    Args:
        pooled: mean states of the posts, shape (posts, width).
        folds: the fold of each post.
        share_outside: share of held-out posts that lie above the threshold.
    """
    features = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
    distances = np.zeros(len(features))
    for fold in np.unique(folds):
        held_out = folds == fold
        distances[held_out] = 1 - features[held_out] @ _find_centre(features[~held_out])
    return Region(
        torch.from_numpy(_find_centre(features)).float(),
        float(np.quantile(distances, 1 - share_outside)),
    )


def _find_centre(features: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    mean = features.mean(0)
    centre: npt.NDArray[np.float64] = mean / np.linalg.norm(mean)
    return centre
