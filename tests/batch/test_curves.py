"""Against scikit-learn, scipy and cases worked by hand."""

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    recall_score,
    roc_auc_score,
)

from mhkd.batch.curves import (
    bin_reliability,
    count_confusion,
    read_threshold,
    trace_precision_recall,
    trace_risk_coverage,
    trace_roc,
)


def draw(n=3000, seed=0):
    generator = np.random.default_rng(seed)
    p = generator.random(n).round(3)
    return p, generator.random(n) < p


def test_areas_are_those_of_scikit_learn_and_curves_can_be_drawn():
    p, positive = draw()
    roc, precision = trace_roc(p, positive), trace_precision_recall(p, positive)
    assert roc.area == pytest.approx(roc_auc_score(positive, p))
    assert precision.area == pytest.approx(average_precision_score(positive, p))
    assert len(roc.x) <= 400 and (roc.x[0], roc.y[0], roc.x[-1], roc.y[-1]) == (0, 0, 1, 1)
    assert len(precision.x) <= 400


def test_one_kind_of_post_has_no_curve():
    p, _ = draw(20)
    assert trace_roc(p, np.ones(20, bool)) is None
    assert trace_precision_recall(p, np.zeros(20, bool)) is None


def test_confusion_is_that_of_scikit_learn():
    generator = np.random.default_rng(1)
    truth, guess = generator.integers(0, 3, 100), generator.integers(0, 3, 100)
    found = count_confusion(guess, truth, 4)
    assert (found == confusion_matrix(truth, guess, labels=range(4))).all()


def test_reliability_by_hand():
    probabilities = np.array([[0.6, 0.4]] * 5 + [[0.1, 0.9]] * 5)
    truth = np.array([0, 0, 0, 1, 1, 1, 1, 1, 1, 0])
    low, high = bin_reliability(probabilities, truth, bins=2)
    assert (low.n, low.confidence, low.accuracy.value) == (5, pytest.approx(0.6), 0.6)
    assert (high.n, high.confidence, high.accuracy.value) == (5, pytest.approx(0.9), 0.8)
    wilson = binomtest(4, 5).proportion_ci(method="wilson")
    assert (high.accuracy.low, high.accuracy.high) == (wilson.low, wilson.high)


def test_risk_coverage_by_hand():
    confidence = np.array([0.9, 0.8, 0.7, 0.7])
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    found = trace_risk_coverage(probabilities, np.array([0, 1, 0, 1]))
    assert found.coverage.tolist() == [0.25, 0.5, 1.0]  # the last two stand or fall together
    assert found.risk.tolist() == [0.0, 0.5, 0.5]
    assert found.area == pytest.approx(0.25 * 0 + 0.25 * 0.5 + 0.5 * 0.5)


def test_threshold_against_scikit_learn_and_bayes():
    p, positive = draw()
    found = read_threshold(p, positive, 0.4, prevalence=0.02)
    called = p >= 0.4
    assert found.sensitivity.value == pytest.approx(recall_score(positive, called))
    assert found.specificity.value == pytest.approx(recall_score(~positive, ~called))
    per_100_000 = 2_000 * found.sensitivity.value, 98_000 * (1 - found.specificity.value)
    assert found.ppv.value == pytest.approx(per_100_000[0] / sum(per_100_000))
    for share in (found.ppv, found.npv, found.sensitivity, found.specificity):
        assert share.low <= share.value <= share.high


def test_predictive_values_at_the_samples_own_prevalence_are_those_counted():
    p, positive = draw()
    found = read_threshold(p, positive, 0.5, prevalence=positive.mean())
    counted = found.true_positive / (found.true_positive + found.false_positive)
    assert found.ppv.value == pytest.approx(counted)


def test_a_threshold_that_nobody_reaches_has_no_ppv():
    p, positive = draw(50)
    found = read_threshold(p, positive, 1.1, prevalence=0.1)
    assert found.sensitivity.value == 0 and found.ppv.value is None
    assert found.npv.value == pytest.approx(0.9)
