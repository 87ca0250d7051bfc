"""Rates and changes against numbers worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from mhkd.behaviour.cases import Pair
from mhkd.behaviour.measure import measure_pairs, rate

PAIRS = [Pair(f"plain {n}", f"changed {n}") for n in range(5)]
LABELS = ("depression", "suicide")


def _two(values: list[float]) -> np.ndarray:
    return np.array([[1 - value, value] for value in values])


BEFORE = _two([0.4, 0.7, 0.9, 0.2, 0.5001])
AFTER = _two([0.6, 0.66, 0.9, 0.1, 0.5301])


def test_an_answer_that_should_stay() -> None:
    found = measure_pairs(PAIRS, BEFORE, AFTER, LABELS)
    assert (found.pairs, found.flips.count, found.unmoved) == (5, 1, 1)
    assert found.mean_change == pytest.approx((0.2 + 0.04 + 0 + 0.1 + 0.03) / 5)
    assert found.max_change == pytest.approx(0.2)
    assert found.direction is None
    assert [pair.plain for pair in found.worst] == ["plain 0", "plain 3", "plain 1"]
    assert found.worst[0].flipped and not found.worst[1].flipped


def test_a_label_that_should_not_rise() -> None:
    found = measure_pairs(PAIRS, BEFORE, AFTER, LABELS, "suicide")
    assert found.direction is not None
    assert (found.direction.rises.count, found.direction.falls.count) == (1, 1)
    assert found.direction.mean_before == pytest.approx(0.54002)
    assert found.direction.mean_after == pytest.approx(0.55802)
    assert [pair.plain for pair in found.worst] == ["plain 0", "plain 4"], "falls are not wrong"
    assert {pair.label for pair in found.worst} == {"suicide"}
    other = measure_pairs(PAIRS, BEFORE, AFTER, LABELS, "depression")
    assert [pair.plain for pair in other.worst] == ["plain 3", "plain 1"]


def test_of_three_labels_the_one_that_changes_most_counts() -> None:
    before, after = np.array([[0.5, 0.3, 0.2]]), np.array([[0.5, 0.1, 0.4]])
    found = measure_pairs(PAIRS[:1], before, after, ("a", "b", "c"))
    assert found.max_change == pytest.approx(0.2)
    assert found.worst[0].label in ("b", "c")


def test_the_interval_is_wilsons() -> None:
    found, z = rate(3, 40), norm.ppf(0.975)
    p, n = 3 / 40, 40
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert found.interval == pytest.approx((middle - half, middle + half))
