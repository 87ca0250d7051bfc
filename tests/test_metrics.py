import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import brier_score_loss, f1_score, roc_auc_score

from mhkd.metrics import (
    compare_paired,
    compare_seeds,
    compare_shares,
    expected_calibration_error,
    expected_when_calibrated,
    measure,
    measure_seeds,
    pool_paired,
    say_difference,
    say_error,
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
    assert set(found["intervals"]) == {*("accuracy", "f1_macro", "f1_weighted", "auc", "brier"),
                                       "f1_per_class"}  # fmt: skip
    for name in ("accuracy", "f1_macro", "f1_weighted", "auc", "brier"):
        low, high = found["intervals"][name]
        assert low <= found[name] <= high


def test_redrawn_posts_have_a_larger_ece_than_the_posts():
    """Why an ECE has no interval: its percentiles may leave it out."""
    probabilities, truth = draw(300)
    generator = np.random.default_rng(0)
    redrawn = [
        expected_calibration_error(probabilities[rows], truth[rows])
        for rows in generator.integers(0, 300, (300, 300))
    ]
    assert np.mean(redrawn) > expected_calibration_error(probabilities, truth)


def test_an_ece_is_told_beside_its_limit():
    assert say_error({"ece": 0.11, "ece_if_calibrated": 0.086}) == "0.110 (> 0.086)"
    assert say_error({"ece": 0.04, "ece_if_calibrated": 0.071}) == "0.040 (≤ 0.071)"
    assert say_error({"ece": 0.04}) == "0.040"


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
    assert found["difference"] == 0.5
    low, high = found["interval"]
    assert low == pytest.approx(3 / 8 - 1.96 * np.sqrt((4 / 8 - (3 / 8) ** 2) / 8), abs=1e-3)
    assert low + high == pytest.approx(2 * 3 / 8)


def test_a_difference_within_its_interval_is_said_to_show_nothing():
    truth = np.array([0, 1] * 200)
    first, second = truth.copy(), truth.copy()
    first[:10], second[10:22] = 1 - first[:10], 1 - second[10:22]
    found = compare_paired(np.eye(2)[first], np.eye(2)[second], truth)
    told = say_difference(found)
    assert told.startswith("+0.5 points [−1.8, +2.8]: the interval covers 0, so these 400 posts")
    assert found["smallest_shown"] == pytest.approx(2.80 * np.sqrt(22) / 400, abs=1e-3)
    clear = compare_paired(np.eye(2)[truth], np.eye(2)[1 - truth], truth)
    assert "covers" not in say_difference(clear)


def test_a_difference_of_shares_is_newcombes():
    found = compare_shares(0.9, 0.3, 10)  # his example of 9/10 and 3/10
    assert found["difference"] == pytest.approx(0.6)
    assert found["interval"] == pytest.approx([0.1705, 0.8090], abs=1e-4)


def test_seeds_are_compared_post_by_post():
    generator = np.random.default_rng(1)
    truth = generator.integers(0, 2, 300)
    hard = generator.random(300) < 0.3  # posts that most seeds of both get wrong
    right = generator.random((8, 300)) < np.where(hard, 0.1, 0.9)
    right[:4] |= generator.random((4, 300)) < 0.3
    answers = np.eye(2)[np.where(right, truth, 1 - truth)]
    found = compare_seeds(answers[:4], answers[4:], truth)
    each = right.mean(1)
    assert found["difference"] == pytest.approx(each[:4].mean() - each[4:].mean())
    assert (found["seeds"], found["n"]) == ([4, 4], 300)
    gaps = right[:4].mean(0) - right[4:].mean(0)
    low, high = found["interval"]
    assert low < found["difference"] < high
    assert high - low == pytest.approx(2 * 1.96 * gaps.std() / np.sqrt(300), rel=0.1)
    apart = compare_shares(each[:4].mean(), each[4:].mean(), 300)["interval"]
    assert high - low < apart[1] - apart[0]
    assert say_difference(found).endswith(f"{100 * high:+.1f}]".replace("-", "−"))


def test_two_sets_of_posts_are_pooled_as_one():
    drawn = np.random.default_rng(3)
    truth = drawn.integers(0, 2, 300)
    first, second = (np.where(drawn.random(300) < 0.8, truth, 1 - truth) for _ in range(2))
    whole = compare_paired(np.eye(2)[first], np.eye(2)[second], truth)
    parts = [
        compare_paired(np.eye(2)[first[part]], np.eye(2)[second[part]], truth[part])
        for part in (slice(0, 100), slice(100, 300))
    ]
    assert pool_paired(parts) == whole


def test_f1_of_each_class_is_that_of_scikit_learn():
    generator = np.random.default_rng(5)
    probabilities, truth = generator.dirichlet(np.ones(3), 200), generator.integers(0, 3, 200)
    found = measure(probabilities, truth)
    expected = f1_score(truth, probabilities.argmax(1), average=None)
    assert found["f1_per_class"] == pytest.approx(expected.tolist())
    for value, (low, high) in zip(
        found["f1_per_class"], found["intervals"]["f1_per_class"], strict=True
    ):
        assert low <= value <= high


def test_several_seeds_have_a_mean_a_spread_and_an_interval_over_posts():
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 2, 200)
    answers = generator.random((3, 200, 1)) * 0.4 + 0.3 * truth[None, :, None]
    answers = np.concatenate([1 - answers, answers], axis=2)
    found = measure_seeds(answers, truth)
    each = [measure(one, truth, resamples=0)["f1_macro"] for one in answers]
    assert found["f1_macro"]["values"] == pytest.approx(each)
    assert found["f1_macro"]["mean"] == pytest.approx(np.mean(each))
    assert found["f1_macro"]["sd"] == pytest.approx(np.std(each, ddof=1))
    low, high = found["accuracy"]["interval"]
    assert low < found["accuracy"]["mean"] < high
    right = (answers.argmax(2) == truth).mean(0)
    assert high - low == pytest.approx(2 * 1.96 * right.std() / np.sqrt(200), rel=0.15)
    assert measure_seeds(answers[:1], truth)["auc"]["sd"] is None
