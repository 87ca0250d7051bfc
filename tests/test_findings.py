"""Findings: when they are made and that they say which model and how much."""

from __future__ import annotations

import pytest

from mhkd.analysis import Familiarity, Finding, Prediction, Read
from mhkd.findings import (
    find_disagreement,
    find_other_text,
    find_truncated,
    find_unfamiliar,
    find_unlike_voice,
)


def _say(suicide: float) -> Prediction:
    return Prediction({"depression": 1 - suicide, "suicide": suicide}, None)


@pytest.mark.parametrize(
    ("text", "audio", "emotion", "found"),
    [
        (0.9, 0.2, 0.8, True),
        (0.6, 0.4, 0.5, True),
        (0.9, 0.41, 0.8, False),
        (0.9, 0.8, 0.7, False),
        (0.59, 0.1, 0.5, False),
    ],
)
def test_disagreement_needs_two_clear_sides(
    text: float, audio: float, emotion: float, found: bool
) -> None:
    predictions = {"text": _say(text), "audio": _say(audio), "emotion": _say(emotion)}
    assert bool(find_disagreement(predictions)) == found


def test_disagreement_says_who_is_on_which_side() -> None:
    predictions = {"text": _say(0.9), "audio": _say(0.2), "emotion": None}
    (finding,) = find_disagreement(predictions)
    assert finding.code == "teachers_disagree"
    assert "suicide: the text teacher (90%)" in finding.message
    assert "depression: the audio teacher (80%)" in finding.message


def test_truncated_says_how_many() -> None:
    assert find_truncated({"student": Read(100, 100), "text": None}) == []
    (finding,) = find_truncated({"student": Read(2000, 1016), "text": Read(90, 90)})
    assert "the student read 1,016 of 2,000 tokens" in finding.message
    assert "text teacher" not in finding.message


def test_unfamiliar() -> None:
    assert find_unfamiliar(None) == []
    assert find_unfamiliar(Familiarity(1.0, 2.0, False)) == []
    assert [f.code for f in find_unfamiliar(Familiarity(3.0, 2.0, True))] == ["unfamiliar"]


def test_a_voice_unlike_those_of_the_training() -> None:
    assert find_unlike_voice(None, "recorded", ("joe",)) == []
    assert find_unlike_voice(Familiarity(1.0, 1.5, False), "recorded", ("joe",)) == []
    (finding,) = find_unlike_voice(Familiarity(2.5, 1.5, True), "recorded", ("joe", "heart"))
    assert finding.code == "unlike_training_voices"
    assert "This recorded voice lies outside" in finding.message
    assert "2 synthetic voices (joe, heart; distance 2.50, limit 1.50)" in finding.message


@pytest.mark.parametrize("matched", [(), ("text_differs",), ("text_not_compared",)])
def test_a_recording_of_another_text_is_told_once(matched: tuple[str, ...]) -> None:
    found = [Finding("noisy", "Noisy."), *(Finding(code, "Compared.") for code in matched)]
    assert find_other_text(found, known=False) == found
    noisy, other = find_other_text(found, known=True)
    assert (noisy.code, other.code) == ("noisy", "recording_of_other_text")
    assert other.effect == "told"
