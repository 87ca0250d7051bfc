"""Infidelity and sensitivity: linear models worked by hand, then the tiny models."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
import torch

from mhkd.errors import Cancelled
from mhkd.explain.fidelity import (
    RADIUS,
    READINGS,
    SETS,
    measure_infidelity,
    measure_sensitivity,
)
from mhkd.explain.words import explain_words, measure_words
from mhkd.models.members import Members
from tests.tiny import LABELS, POST
from tests.unchanged import fingerprint

WEIGHTS = [5.0, 4.0, 3.0, 2.0, 1.0, 0.0, 0.0, -1.0, -2.0, -3.0]


def _linear(present: torch.Tensor) -> torch.Tensor:
    return present @ torch.tensor(WEIGHTS)


def test_a_linear_model_is_foreseen_exactly_at_any_scale() -> None:
    for scale in (1.0, 0.25):
        found = measure_infidelity(_linear, [scale * weight for weight in WEIGHTS])
        assert found.value == pytest.approx(0.0, abs=1e-9)
    # two of ten are taken away: the mean square over draws is near that of all 45 pairs
    pairs = [(WEIGHTS[a] + WEIGHTS[b]) ** 2 for a in range(10) for b in range(a)]
    many = measure_infidelity(_linear, WEIGHTS, sets=2000)
    assert many.of_none == pytest.approx(sum(pairs) / 45, rel=0.1)


def test_scores_of_other_words_foresee_little() -> None:
    found = measure_infidelity(_linear, [0.0] * 5 + [1.0, -1.0, 0.0, 0.0, 0.0])
    assert 0.8 * found.of_none < found.value <= found.of_none
    empty = measure_infidelity(_linear, [0.0] * 10)
    assert empty.value == empty.of_none


def test_nothing_is_asked_twice() -> None:
    asked: list[bytes] = []

    def counted(present: torch.Tensor) -> torch.Tensor:
        asked.extend(row.numpy().tobytes() for row in present)
        return _linear(present)

    measure_infidelity(counted, WEIGHTS)
    assert len(asked) == len(set(asked)) <= SETS + 1
    asked.clear()
    measure_infidelity(lambda present: counted(present)[:, None].sum(1), [1.0] * 10, sets=200)
    assert len(asked) == len(set(asked)) <= 45 + 1  # there are no more pairs, also within a batch


def test_sensitivity_of_linear_scores_by_hand() -> None:
    inputs = torch.randn(1, 40, generator=torch.Generator().manual_seed(1))
    # scores w·x of equal weights move as far as the input does: at most radius · sd, everywhere
    found = measure_sensitivity(lambda given: 3 * given, inputs)
    bound = RADIUS * float(inputs.std()) * 40**0.5 / float(inputs.norm())
    assert 0.3 * bound < found <= bound
    assert measure_sensitivity(lambda given: torch.ones(1, 4), inputs) == 0.0
    with_sign = measure_sensitivity(lambda given: (given * 1e6).sin(), inputs)
    assert with_sign > 0.5


def test_words_of_a_model(members: Members) -> None:
    before = fingerprint(members.student.model)
    found = explain_words(members.student, POST, LABELS, "suicide")
    measured = measure_words(members.student, POST, LABELS, found)
    assert 0 <= measured.infidelity <= measured.infidelity_of_none
    assert measured.sensitivity is not None and 0 < measured.sensitivity < 1
    assert (measured.sets, measured.readings) == (SETS, READINGS)
    assert measure_words(members.student, POST, LABELS, found) == measured
    masked = measure_words(members.student, POST, LABELS, replace(found, fallback=True))
    assert masked.sensitivity is None and masked.infidelity == measured.infidelity
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        measure_words(members.student, POST, LABELS, found, cancel=cancel)
    assert fingerprint(members.student.model) == before
