"""Where the training posts lie: the region outside which the model does not know a post.

Features are sentence embeddings of the student's backbone as it was before training, which
therefore cannot have collapsed them. Only their centre is stored, no post.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from sklearn.covariance import LedoitWolf

_LEAST_VARIANCE = 1e-6  # of an axis along which the training posts do not differ


@dataclass(frozen=True, eq=False)
class Region:
    """``distance = 1 − features · centre``, both of length 1.

    Attributes:
        centre: shape (width,).
        threshold: exceeded by the recipe's share of held-out training posts.
    """

    centre: torch.Tensor
    threshold: float


@dataclass(frozen=True, eq=False)
class VoiceRegion:
    """Where the sounds of the training posts lie in what the audio teacher's head reads.

    Attributes:
        mean: shape (width,). whitening: shape (width, width).
        threshold: exceeded by the recipe's share of held-out training posts.
    """

    mean: torch.Tensor
    whitening: torch.Tensor
    threshold: float


def fit_voice_region(
    features: npt.NDArray[np.float64], folds: npt.NDArray[np.int64], share_outside: float
) -> VoiceRegion:
    """Mahalanobis distance over the root of the width, with a shrunk covariance.

    Source: Lee et al., A Simple Unified Framework for Detecting Out-of-Distribution Samples,
    NeurIPS 2018; Ledoit and Wolf, 2004, for the shrinkage.

    Args:
        features: what the head reads of each training post's sound, shape (posts, width).
        folds: the fold of each post.
        share_outside: share of held-out posts that lie above the threshold.
    """
    distances = np.zeros(len(features))
    for fold in np.unique(folds):
        held_out = folds == fold
        mean, whitening = _whiten(features[~held_out])
        moved = (features[held_out] - mean) @ whitening
        distances[held_out] = np.linalg.norm(moved, axis=1) / np.sqrt(features.shape[1])
    mean, whitening = _whiten(features)
    return VoiceRegion(
        torch.from_numpy(mean).float(),
        torch.from_numpy(whitening).float(),
        float(np.quantile(distances, 1 - share_outside)),
    )


def _whiten(
    features: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The mean, and ``W`` with ``W Wᵀ`` the inverse of the shrunk covariance."""
    found = LedoitWolf().fit(features)
    spread, axes = np.linalg.eigh(found.covariance_)
    return found.location_, axes / np.sqrt(spread.clip(min=_LEAST_VARIANCE))


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
