"""What is said of a recorded voice, and that a synthesised one is not measured."""

from __future__ import annotations

import importlib.util
from dataclasses import replace

import pytest

from app.components.help_lines import HelpLines
from app.report import About, build_report
from app.voice_wording import list_measures, say_hidden, say_measured
from app.withheld import say_withheld
from mhkd.analysis import Finding, VoiceMeasure, VoiceMeasures
from mhkd.post import Post
from tests.app.example_analysis import SOURCES, TEXT, build_analysis, build_recording

_VOICE = VoiceMeasures(
    12.0,
    7.5,
    "Praat 6.4 by praat-parselmouth 0.4.7",
    {
        "f0_mean": VoiceMeasure(182.4, "Hz", "good", None),
        "intensity": VoiceMeasure(-23.46, "dB of full scale", "uncertain", "depends on distance"),
        "jitter": VoiceMeasure(None, "%", "unusable", "too few regular cycles"),
        "articulation_rate": VoiceMeasure(
            4.26, "syllables per second of speech", "uncertain", "counted as peaks"
        ),
    },
)


def test_a_row_has_value_unit_quality_and_meaning() -> None:
    rows = list_measures(_VOICE)
    assert [row[:3] for row in rows] == [
        ("Pitch, mean", "182 Hz", "good"),
        ("Intensity", "−23.5 dB of full scale", "uncertain: depends on distance"),
        ("Jitter, local", "–", "not usable: too few regular cycles"),
        ("Articulation rate", "4.3 per second", "uncertain: counted as peaks"),
    ]
    assert all(row[3] for row in rows)
    assert "7.5 s have a pitch" in say_measured(_VOICE)


def test_a_synthesised_voice_is_hidden_with_the_reason() -> None:
    assert "synthesiser" in (say_hidden(build_analysis(Post(TEXT))) or "")
    assert say_hidden(build_analysis(Post(TEXT), speak=False)) is None


def test_a_recorded_voice_without_the_extra_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorded = build_analysis(Post(TEXT, build_recording(4.0, "recorded")))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "-e '.[voice]'" in (say_hidden(recorded) or "")
    assert say_hidden(replace(recorded, voice=_VOICE)) is None


def test_measures_are_in_the_report_and_in_json() -> None:
    recorded = build_analysis(Post(TEXT, build_recording(4.0, "recorded")))
    measured = replace(recorded, voice=_VOICE)
    about = About("now", SOURCES, HelpLines((), "checked"))
    assert "182 Hz" in build_report(measured, about)
    assert "none is marked high" in build_report(measured, about)
    assert measured.to_json()["voice"]["measures"]["f0_mean"]["unit"] == "Hz"
    assert recorded.to_json()["voice"] is None


def test_an_answer_is_withheld_below_the_stated_quality() -> None:
    calm = build_analysis(Post(TEXT))
    assert say_withheld(calm) is None and calm.to_json()["abstained"] == []
    few = replace(calm, quality=(Finding("too_few_words", "Two words.", "abstains"),))
    withheld = say_withheld(few)
    assert withheld is not None
    assert (withheld.title, withheld.reasons) == ("No answer: very few words.", ("Two words.",))
    assert few.to_json()["abstained"] == ["too_few_words"]
    report = build_report(few, About("now", SOURCES, HelpLines((), "checked")))
    assert "<h1>No answer: very few words.</h1>" in report and "forced choice" in report
    outside = say_withheld(build_analysis(Post(TEXT), outside=True))
    assert outside is not None and outside.title == "Outside what this model knows."
