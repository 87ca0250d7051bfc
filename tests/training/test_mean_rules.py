import numpy as np
import pytest
from sklearn.metrics import log_loss

from mhkd.training.mean_rules import combine, compare_rules, fit_weights, weigh_by_confidence


@pytest.fixture(scope="module")
def teachers():
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 2, 400)
    sure = np.clip(0.5 + 0.3 * (2 * truth - 1) + 0.15 * generator.standard_normal(400), 0.02, 0.98)
    blind = generator.uniform(0.05, 0.95, 400)
    held_out = {name: np.stack([1 - p, p], 1) for name, p in (("text", sure), ("audio", blind))}
    return held_out, truth, generator.integers(0, 3, 400)


def test_a_blind_teacher_gets_no_weight(teachers):
    held_out, truth, _ = teachers
    stacked = np.stack(list(held_out.values()))
    weights = fit_weights(stacked, truth)
    assert weights.sum() == pytest.approx(1)
    assert weights[0] > 0.95
    best = min(
        log_loss(truth, w * stacked[0] + (1 - w) * stacked[1]) for w in np.linspace(0, 1, 101)
    )
    assert log_loss(truth, np.tensordot(weights, stacked, 1)) == pytest.approx(best, abs=1e-3)


def test_a_teacher_in_full_doubt_says_nothing():
    stacked = np.array([[[0.5, 0.5]], [[0.9, 0.1]]])
    assert weigh_by_confidence(stacked)[0] == pytest.approx([0.9, 0.1], abs=1e-6)
    same = np.array([[[0.3, 0.7]], [[0.3, 0.7]]])
    assert weigh_by_confidence(same)[0] == pytest.approx([0.3, 0.7])


def test_every_rule_and_subset_has_its_row(teachers):
    rows = compare_rules(*teachers)
    assert [row["rule"] for row in rows] == [
        "plain mean of all", "weights of least log-loss", "weights by confidence",
        "text alone", "audio alone",
    ]  # fmt: skip
    held_out, truth, _ = teachers
    mean = sum(held_out.values()) / 2
    assert rows[0]["log_loss"] == pytest.approx(log_loss(truth, mean))
    assert rows[1]["log_loss"] < rows[0]["log_loss"]
    assert set(rows[1]["weights"]) == {"text", "audio"}


def test_soft_targets_follow_the_rule_and_weights_come_from_other_folds():
    generator = np.random.default_rng(3)
    truth = generator.integers(0, 2, 300)
    folds = np.arange(300) % 3
    right = np.where(truth == 1, 0.8, 0.2)
    good = np.stack([1 - right, right], 1)
    noise = generator.dirichlet([1, 1], 300)
    assert np.allclose(combine("mean", [good, noise], truth, folds), (good + noise) / 2)
    assert np.allclose(
        combine("confidence", [good, noise], truth, folds),
        weigh_by_confidence(np.stack([good, noise])),
    )
    found = combine("log_loss", [good, noise], truth, folds)
    assert np.abs(found - good).max() < np.abs((good + noise) / 2 - good).max() / 5
    other = truth.copy()
    other[folds == 0] = 1 - other[folds == 0]  # labels of a fold change nothing in it
    changed = combine("log_loss", [good, noise], other, folds)
    assert np.array_equal(found[folds == 0], changed[folds == 0])
    assert not np.array_equal(found[folds == 1], changed[folds == 1])
