"""Where training voices lie: distances as scipy has them, and who is outside."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from sklearn.covariance import LedoitWolf

from mhkd.training.familiarity import fit_voice_region


def _distance(region, features):
    moved = (features - region.mean.numpy()) @ region.whitening.numpy()
    return np.linalg.norm(moved, axis=-1) / np.sqrt(features.shape[-1])


def test_voices_of_the_training_lie_inside_and_others_do_not():
    generator = np.random.default_rng(0)
    centres = 3 * generator.standard_normal((3, 12))
    features = centres[np.arange(600) % 3] + generator.standard_normal((600, 12))
    folds = np.arange(600) // 200
    region = fit_voice_region(features, folds, 0.05)
    again = centres[np.arange(300) % 3] + generator.standard_normal((300, 12))
    assert 0.01 < (_distance(region, again) > region.threshold).mean() < 0.12
    person = 3 * generator.standard_normal((50, 12)) * 4
    assert (_distance(region, person) > region.threshold).mean() > 0.9


def test_the_distance_is_that_of_mahalanobis():
    features = np.random.default_rng(1).standard_normal((200, 5)) * [1, 2, 3, 0.1, 10]
    region = fit_voice_region(features, np.arange(200) % 4, 0.05)
    found = LedoitWolf().fit(features)
    point = np.array([1.0, -2.0, 4.0, 0.3, 5.0])
    expected = mahalanobis(point, found.location_, found.precision_) / np.sqrt(5)
    assert _distance(region, point) == pytest.approx(expected, rel=1e-4)
