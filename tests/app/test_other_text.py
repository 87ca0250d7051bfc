"""A recording of another text than the post: told by analysis, summary, kept case and report."""

from __future__ import annotations

import json
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest

from app.comparison_report import AboutPair, build_comparison_report
from app.comparison_wording import MISMATCH, list_other_recordings
from app.components.help_lines import read_help_lines
from app.played import as_wav
from app.report import build_report
from app.summary import summarise
from app.wording import say_finding
from app.work import Case, Order, analyse_case
from mhkd.analysis import Analysis, Finding
from mhkd.cases.wordless import keep_words_of
from mhkd.post import Post
from tests.app.example_analysis import (
    SOURCES,
    TEXT,
    ExampleAnalyser,
    build_analysis,
    build_recording,
)
from tests.app.test_report import ABOUT

_CODES = ("recording_of_other_text", "text_differs")


def _analyse(sound_text: str | None) -> Analysis:
    recording = build_recording(2.0, "recorded")
    opening: Future[Any] = Future()
    opening.set_result(ExampleAnalyser())
    sound = as_wav(recording.samples, recording.rate_hz)
    case = Case(Order(TEXT, sound, speak=False, sound_text=sound_text), opening)
    analyse_case(case)
    assert case.analysis is not None
    return case.analysis


def _with(code: str) -> Analysis:
    whole = build_analysis(Post(TEXT))
    return replace(whole, quality=(*whole.quality, Finding(code, f"About {code}.")))


@pytest.mark.parametrize("sound_text", [None, "The text as it was."])
def test_a_known_mismatch_reaches_the_analysis(sound_text: str | None) -> None:
    codes = [finding.code for finding in _analyse(sound_text).quality]
    assert codes.count("recording_of_other_text") == (sound_text is not None)


def test_a_post_that_is_spoken_has_no_other_text() -> None:
    assert not Order(TEXT, None, speak=True, sound_text="Other.").recording_of_other_text


@pytest.mark.parametrize("code", _CODES)
def test_everything_that_is_taken_away_carries_it(code: str) -> None:
    analysis = _with(code)
    assert f"{say_finding(code)}." in summarise(analysis).limits
    for plain in (analysis.to_json(), keep_words_of(analysis, None)):
        assert code in [finding["code"] for finding in json.loads(json.dumps(plain))["quality"]]
    html = build_report(analysis, ABOUT)
    assert say_finding(code) in html and f"About {code}." in html


def test_a_comparison_tells_it_of_each_side_and_once() -> None:
    names = ("Before", "After")
    plain, known, heard = build_analysis(), _with(_CODES[0]), _with(_CODES[1])
    assert list_other_recordings((plain, plain), names, mismatch=False) == []
    assert list_other_recordings((plain, known), names, mismatch=True) == [MISMATCH]
    (title, told), *others = list_other_recordings((heard, known), names, mismatch=False)
    assert title.startswith("Before: ") and told == "About text_differs."
    assert [title.split(":")[0] for title, _ in others] == ["After"]
    about = AboutPair("now", "edit", (SOURCES, SOURCES), read_help_lines())
    html = build_comparison_report((heard, plain), about)
    assert html.index("Before: The recording says") < html.index("<h2>")
