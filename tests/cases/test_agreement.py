"""Kappa against scikit-learn and against a table worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from mhkd.cases.agreement import Changes, count_changes, kappa_of, measure_agreement
from mhkd.cases.records import Case
from tests.cases.making import new_case

LABELS = ("depression", "suicide")


def _cases(*rows: tuple[str, float, int]) -> list[Case]:
    return [
        new_case(label, probability=probability).case
        for label, probability, times in rows
        for _ in range(times)
    ]


def test_a_table_worked_by_hand() -> None:
    # Both yes 20, both no 15, human yes alone 5, model yes alone 10: observed 0.7, expected 0.5.
    found = measure_agreement(
        _cases(
            ("suicide", 0.9, 20),
            ("depression", 0.1, 15),
            ("suicide", 0.1, 5),
            ("depression", 0.9, 10),
            ("neither", 0.9, 3),
        ),
        LABELS,
    )
    assert found.kappa == pytest.approx(0.4)
    assert (found.n, found.agreed, found.left_out) == (50, 35, 3)
    assert found.low is not None
    assert found.high is not None
    # asymptotic standard error (Fleiss, Cohen and Everitt 1969) of this table: 0.127
    assert found.low == pytest.approx(0.4 - 1.96 * 0.127, abs=0.04)
    assert found.high == pytest.approx(0.4 + 1.96 * 0.127, abs=0.04)


def test_against_scikit_learn() -> None:
    generator = np.random.default_rng(3)
    for classes in (2, 3, 5):
        human, model = generator.integers(0, classes, (2, 80))
        table = np.zeros((classes, classes))
        np.add.at(table, (human, model), 1)
        assert kappa_of(table[None])[0] == pytest.approx(cohen_kappa_score(human, model))


@pytest.mark.parametrize("rows", [[], [("suicide", 0.9, 4)], [("neither", 0.9, 4)]])
def test_where_it_is_not_defined(rows: list[tuple[str, float, int]]) -> None:
    found = measure_agreement(_cases(*rows), LABELS)
    assert found.kappa is None
    assert found.low is None


def test_what_got_no_answer_is_left_out() -> None:
    cases = _cases(("suicide", 0.9, 2), ("depression", 0.1, 2))
    outside = [replace(case, withheld=True) for case in _cases(("depression", 0.9, 3))]
    found = measure_agreement([*cases, *outside], LABELS)
    assert (found.n, found.agreed, found.left_out) == (4, 4, 3)


def test_judgements_made_twice_count_as_what_they_were_and_what_they_became() -> None:
    twice = [
        new_case(before, probability=0.9, first=True, after=after).case  # the student: suicide
        for before, after, times in (
            ("suicide", "suicide", 2),
            ("depression", "suicide", 3),
            ("suicide", "depression", 1),
            ("neither", "can't tell", 1),
        )
        for _ in range(times)
    ]
    once = [new_case("suicide", probability=0.9, first=True).case]
    assert count_changes([*twice, *once]) == Changes(n=7, toward=3, away=1, otherwise=1)
    assert measure_agreement(twice, LABELS, last=False).agreed == 3
    assert measure_agreement(twice, LABELS).agreed == 5
