"""Sets of labels against what the theory promises."""

import numpy as np
import pytest

from mhkd.conformal import collect_labels, fit_least_probability


def draw(n, seed):
    """Posts whose labels are drawn from the very probabilities given: perfectly calibrated."""
    generator = np.random.default_rng(seed)
    probabilities = generator.dirichlet((1.0, 0.7, 0.5), n)
    truth = (generator.random((n, 1)) > probabilities.cumsum(1)).sum(1)
    return probabilities, truth


def test_the_rank_is_the_one_of_the_theorem():
    p = np.array([0.9, 0.8, 0.7, 0.6, 0.55, 0.5, 0.4, 0.3, 0.2])
    probabilities, truth = np.stack([p, 1 - p], 1), np.zeros(9, int)
    # ⌈10 · 0.8⌉ = 8th smallest of 1 − p: 1 − 0.3
    assert fit_least_probability(probabilities, truth, 0.8) == pytest.approx(0.3)
    assert fit_least_probability(probabilities, truth, 0.9) == pytest.approx(0.2)
    assert fit_least_probability(probabilities, truth, 0.95) is None


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_new_posts_are_covered_as_promised(coverage, ordered):
    held = []
    for seed in range(40):
        least = fit_least_probability(*draw(300, seed), coverage)
        probabilities, truth = draw(400, 1000 + seed)
        for row, label in zip(probabilities.tolist(), truth, strict=True):
            found = collect_labels(dict(zip("abc", row, strict=True)), least, ordered=ordered)
            held.append("abc"[label] in found)
    assert np.mean(held) >= coverage - 0.01
    if not ordered:
        assert np.mean(held) <= coverage + 0.02


def test_a_set_is_never_empty_and_keeps_the_order():
    assert collect_labels({"a": 0.2, "b": 0.5, "c": 0.3}, 0.9) == ("b",)
    assert collect_labels({"a": 0.4, "b": 0.15, "c": 0.45}, 0.3) == ("a", "c")
    assert collect_labels({"a": 0.4, "b": 0.15, "c": 0.45}, 0.3, ordered=True) == ("a", "b", "c")
