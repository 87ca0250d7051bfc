import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import brier_score_loss, f1_score, roc_auc_score

from mhkd.metrics import (
    compare_paired,
    expected_calibration_error,
    expected_when_calibrated,
    measure,
)


def draw(n, seed=0):
    generator = np.random.default_rng(seed)
    p = generator.random(n)
    truth = (generator.random(n) < p).astype(np.int64)
    return np.stack([1 - p, p], axis=1), truth


def test_metrics_are_those_of_scikit_learn():
    probabilities, truth = draw(300)
    found = measure(probabilities, truth)
    assert found["auc"] == pytest.approx(roc_auc_score(truth, probabilities[:, 1]))
    assert found["brier"] == pytest.approx(brier_score_loss(truth, probabilities[:, 1]))
    assert found["accuracy"] == pytest.approx((probabilities.argmax(1) == truth).mean())
    assert found["n"] == 300
    guess = probabilities.argmax(1)
    for average in ("macro", "weighted"):
        expected = f1_score(truth, guess, average=average)
        assert found[f"f1_{average}"] == pytest.approx(expected)


def test_every_interval_holds_its_metric():
    probabilities, truth = draw(300)
    found = measure(probabilities, truth)
    for name in ("accuracy", "f1_macro", "f1_weighted", "auc", "brier"):
        low, high = found["intervals"][name]
        assert low <= found[name] <= high


def test_three_classes_are_measured():
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet(np.ones(3), 200)
    truth = generator.integers(0, 3, 200)
    found = measure(probabilities, truth)
    assert found["auc"] == pytest.approx(roc_auc_score(truth, probabilities, multi_class="ovr"))


def test_calibration_error_of_a_hand_worked_case():
    probabilities = np.array([[0.1, 0.9]] * 10)
    truth = np.array([1] * 7 + [0] * 3)
    assert expected_calibration_error(probabilities, truth, bins=1) == pytest.approx(0.2)


def test_a_calibrated_model_stays_below_its_own_limit():
    probabilities, truth = draw(400)
    error = expected_calibration_error(probabilities, truth)
    assert error < 1.5 * expected_when_calibrated(probabilities, draws=200)
    overconfident = softmax(np.log(probabilities) / 0.3, axis=1)
    assert expected_calibration_error(overconfident, truth) > expected_when_calibrated(
        overconfident, draws=200
    )


def test_mcnemar_counts_only_posts_where_two_models_differ():
    truth = np.array([0, 0, 0, 0, 1, 1])
    right = np.eye(2)[truth]
    worse = np.eye(2)[np.array([1, 1, 1, 0, 1, 1])]
    found = compare_paired(right, worse, truth)
    assert (found["only_first"], found["only_second"]) == (3, 0)
    assert found["p"] == pytest.approx(0.25)  # 2 · 0.5³
    assert compare_paired(right, right, truth)["p"] == 1.0
