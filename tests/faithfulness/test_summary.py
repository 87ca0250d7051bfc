"""Summaries of rows against numbers worked by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mhkd.faithfulness.rows import Beside, Row
from mhkd.faithfulness.summary import find_thresholds, summarise

ROW = Row(
    model="student",
    post="p",
    method="gradients",
    converged=True,
    relative_gap=0.01,
    steps=9,
    comprehensiveness=0.6,
    sufficiency=0.2,
    random_comprehensiveness=0.2,
    random_sufficiency=0.5,
    random_advantages=(-0.1, 0.0, 0.1),
    rank_correlation=0.7,
    overlap=0.5,
    other_baseline=0.9,
    chance_correlation=0.2,
    mark="holds",
    explain_s=1.0,
    check_s=2.0,
)


def test_means_ratio_and_shares() -> None:
    other = replace(
        ROW, converged=False, comprehensiveness=1.0, method="occlusion", reasons=("not_converged",)
    )
    found = summarise([ROW, other])
    assert found["all"]["comprehensiveness"]["mean"] == pytest.approx(0.8)
    assert found["all"]["ratio_of_means"]["mean"] == pytest.approx(4.0)
    low, high = found["all"]["ratio_of_means"]["interval"]
    assert low == pytest.approx(3.0) and high == pytest.approx(5.0)
    assert found["converged"]["share"] == 0.5
    assert set(found["methods"]) == {"gradients", "occlusion"}
    assert found["marks"] == {"holds": 1, "caution": 1}
    assert found["thresholds"] is None


@pytest.mark.parametrize(
    ("changes", "mark"),
    [
        ({"rank_correlation": 0.15}, "caution"),  # shuffled scores reach as much
        ({"rank_correlation": 0.35, "reasons": ("methods_disagree",)}, "holds"),  # other limits
        ({"comprehensiveness": 0.2}, "holds"),
        ({"comprehensiveness": 0.19}, "caution"),
        ({"reasons": ("no_better_than_random",)}, "fails"),
        ({"reasons": ("baseline_changes_order",)}, "caution"),
    ],
)
def test_marks_are_set_by_the_thresholds_of_the_report(changes: dict[str, Any], mark: str) -> None:
    assert summarise([replace(ROW, **changes)])["marks"] == {mark: 1}


def test_thresholds_of_other_posts_set_the_marks() -> None:
    strict = [replace(ROW, random_advantages=(0.9,), rank_correlation=0.8)] * 20
    found = summarise([ROW] * 20, strict)
    assert found["thresholds"]["min_advantage"] == pytest.approx(0.9)
    assert found["marks"] == {"caution": 20}
    assert summarise([ROW] * 20)["marks"] == {"holds": 20}


def test_other_methods_stand_beside_against_the_same_random_orders() -> None:
    rows = [
        replace(ROW, seconds=(Beside("occlusion", None, 0.4, 0.1), Beside("g", done, None, None)))
        for done in (True, False)
    ]
    found = summarise(rows)["seconds"]
    assert found["occlusion"]["ratio_of_means"]["mean"] == pytest.approx(2.0)
    assert found["occlusion"]["more"]["mean"] == pytest.approx(-0.2)
    assert found["occlusion"]["more"]["n"] == 2 and found["g"]["more"] is None
    assert found["occlusion"]["sufficiency"]["mean"] == pytest.approx(0.1)
    assert found["occlusion"]["converged"] is None
    assert found["occlusion"]["rank_correlation"] is None
    assert found["g"]["tested"] == 0 and found["g"]["converged"]["share"] == 0.5


def test_what_was_not_tested_is_null() -> None:
    row = replace(ROW, comprehensiveness=None, random_comprehensiveness=None, converged=None)
    found = summarise([row])
    assert found["converged"] is None
    assert found["all"]["comprehensiveness"] is None and found["all"]["ratio_of_means"] is None


def test_thresholds_are_quantiles_of_held_out_posts() -> None:
    agreement = np.linspace(0, 1, 41)
    rows = [replace(ROW, rank_correlation=float(value)) for value in agreement]
    limits = find_thresholds(rows)
    assert limits is not None
    assert limits.min_rank_correlation == pytest.approx(0.1)
    assert limits.min_advantage == pytest.approx(0.1)
    assert limits.posts == 41
    assert find_thresholds(rows[:19]) is None
