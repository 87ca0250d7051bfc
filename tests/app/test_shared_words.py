"""Strongest words of student and text teacher, by hand."""

from __future__ import annotations

from dataclasses import replace

from app.shared_words import compare_evidence, list_shared, say_shared
from mhkd.analysis import WordAttribution, WordScore


def _explain(scores: list[float], target: str = "suicide") -> WordAttribution:
    words = tuple(
        WordScore(f"w{place},", 4 * place, 4 * place + 3, score)
        for place, score in enumerate(scores)
    )
    return WordAttribution(target, "", "", words, 0.0, True, 0.0, 0.0, 0.0, 8)


def test_kept_lost_and_opposed() -> None:
    student = _explain([10.0 - i if i < 10 else 0.01 for i in range(25)])
    theirs = [0.02] * 25
    theirs[0], theirs[1], theirs[24] = 5.0, -4.0, 3.0  # kept, turned round, the teacher's own
    for place in range(11, 18):
        theirs[place] = 1.0
    found = compare_evidence(student, _explain(theirs))
    assert found is not None
    assert (found.both, found.opposed) == (("w0",), ("w1",))
    assert found.student == tuple(f"w{i}" for i in range(2, 10))
    assert "w24" in found.teacher and len(found.teacher) == 8
    assert found.by_chance == 4.0
    assert "2 are the same; two random choices would share 4.0" in say_shared(found)
    assert list_shared(replace(found, opposed=()))[1] == ("With opposite signs", (), "None.")


def test_what_can_not_be_compared() -> None:
    long = _explain([1.0] * 25)
    assert compare_evidence(long, _explain([1.0] * 25, "depression")) is None
    assert compare_evidence(long, _explain([1.0] * 19)) is None
    assert compare_evidence(long, replace(long, unit="sentence")) is None
