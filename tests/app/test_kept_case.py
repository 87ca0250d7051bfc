"""A kept case is shown whole from what was stored, and its report holds no more than that."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import models
from app.components.case_record import build_report_of_case, tell_about
from app.components.record import NONE, STRIPPED, WHOLE, build_report_of
from app.glossary import explain
from app.kept_case import KnownBundle
from app.kept_wording import NOT_ANONYMOUS, OF_CASE, say_absent, say_lost, strip_post
from mhkd.analysis import Fidelity, PredictionSet
from mhkd.cases.reading import LostWords, read_kept
from mhkd.cases.records import NewCase
from mhkd.cases.store import CaseStore
from mhkd.post import Post
from tests.app.driving import read_html
from tests.app.example_analysis import SOURCES, TEXT, ExampleAnalyser, build_analysis
from tests.app.test_report import ABOUT, Seen, plotly_of
from tests.cases.making import new_case

_POST = "I am a burden, write to jo@example.org or Wilhelmina. I am so tired of this grey winter."
_KEPT = "I am a burden, write to [e-mail] or [name]. I am so tired of this grey winter."

OpenCase = Callable[[NewCase], AppTest]


class _Silent(ExampleAnalyser):
    """Models that may not be asked."""

    def analyse(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("a kept case is never computed anew")

    explain = analyse


def _draw_cases() -> None:
    from app.views import cases

    cases.show_page()


@pytest.fixture
def open_case(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[OpenCase]:
    monkeypatch.setenv("MHKD_CASES_URL", f"sqlite:///{tmp_path}/kept/cases.sqlite")
    monkeypatch.setattr(models, "load_analyser", _Silent)
    monkeypatch.setattr("mhkd.cases.store.CaseStore.delete_expired", lambda self: 0)
    st.cache_resource.clear()

    def opened(new: NewCase) -> AppTest:
        models.open_analyser().result(60)
        CaseStore.open().keep(new)
        page = AppTest.from_function(_draw_cases, default_timeout=90).run()
        page.selectbox[0].set_value(new.case.id).run()
        assert not page.exception
        return page

    yield opened
    st.cache_resource.clear()


def _keep_example(text: str | None = _KEPT, **given: Any) -> NewCase:
    return new_case(text=text, post=_POST, analysis=build_analysis(Post(_POST)), **given)


def _headers(page: AppTest) -> list[str]:
    return [header.value for header in page.header]


def test_all_that_was_kept_is_shown(open_case: OpenCase) -> None:
    page = open_case(_keep_example())
    headers, told = _headers(page), read_html(page)
    assert "This post resembles posts from r/SuicideWatch more than posts from r/depression." in (
        headers
    )
    for title in (
        "Five answers side by side", "What each teacher contributes", "By emotion", "By word",
        "Stretches of the sound", "Findings about the input", "Report", "Versions and times",
    ):  # fmt: skip
        assert title in headers, title
    assert [tab.label for tab in page.tabs] == [
        "Words", "Emotions", "Sound", "Read and heard", "Record",
    ]  # fmt: skip
    assert ">burden,</span>" in told
    assert "Converged: the words add up to the answer" in told
    assert "●●● Holds" in told
    assert "Of 17 words, 2 were replaced or taken out of the text" in told
    assert " [e-mail] " in told and " [name]. " in told
    assert "shares with its text teacher" not in " ".join(headers), "some words are not there"
    assert "ilhelmina" not in told
    assert "SHA-256 of its manifest" in told
    assert "The teachers disagree." in told
    assert "Not stored" not in told
    assert _KEPT in [text.value for text in page.text]


@pytest.mark.parametrize("text", [_KEPT, None])
def test_what_was_measured_is_shown(open_case: OpenCase, text: str | None) -> None:
    analysis = build_analysis(Post(_POST))
    given, both = analysis.attributions, Fidelity(0.02, 0.1, 20, 0.08, 3, 0.05)
    assert given.student is not None and given.emotion is not None and given.audio is not None
    more = replace(
        given,
        student=replace(given.student, fidelity=both),
        emotion=replace(given.emotion, fidelity=both),
        audio=replace(given.audio, fidelity=Fidelity(0.03, 0.1, 20, None, 0, 0.0)),
    )
    analysis = replace(analysis, attributions=more)
    page = open_case(new_case(text=text, post=_POST, analysis=analysis))
    told = read_html(page)
    for words in (
        "masking a random fifth of the words", "taking away a random fifth of the words",
        "filling a random fifth of the stretches", "foresee 70 %",
    ):  # fmt: skip
        assert told.count(words) == 1, words
    assert "Measure infidelity" not in " ".join(button.label for button in page.button)


def test_without_its_text_the_numbers_are_shown(open_case: OpenCase) -> None:
    page = open_case(_keep_example(None))
    told = read_html(page)
    assert "The text was not kept, and with it no word of the post." in told
    assert told.count("The words are not stored: no text was kept.") == 3
    assert "Converged: the words add up to the answer" in told
    assert "post-words" not in told
    assert "By emotion" in _headers(page)
    assert not [box for box in page.checkbox if "text" in box.label]


def test_an_earlier_case_says_what_is_missing(open_case: OpenCase) -> None:
    new = new_case(text=TEXT)
    plain = json.loads(json.dumps(new.analysis))
    del plain["contributions"]["teachers"]
    told = read_html(open_case(replace(new, analysis=plain)))
    assert "Not stored with this case: what each teacher contributes. Nothing is computed" in told
    assert told.count("they were kept without their places in the text") == 3
    assert told.count("post-words") == 1, "the words spoken alone, which have no places"


def test_a_case_that_can_not_be_read_keeps_its_judgement_and_its_numbers(
    open_case: OpenCase,
) -> None:
    new = new_case(note="a grey winter")
    page = open_case(replace(new, analysis={"predictions": {"student": 1}}))
    assert "The case can’t be shown whole" in read_html(page)
    assert "a grey winter" in [text.value for text in page.text]
    assert not page.tabs
    assert page.button(key=f"case_delete_{new.case.id}")


def test_markup_in_what_was_kept_stays_text(open_case: OpenCase) -> None:
    nasty = "<img src=x> ![a](http://evil.example/x.png) so tired"
    page = open_case(
        new_case(text=nasty, post=nasty, analysis=build_analysis(Post(nasty)), note=nasty)
    )
    assert "<img" not in read_html(page)
    assert "evil" not in " ".join(block.value for block in page.markdown)


def _report(new: NewCase, *, with_text: bool, bundle: KnownBundle | None = None) -> str:
    kept = read_kept(json.loads(json.dumps(new.analysis)), new.case.text)
    about = tell_about(
        new.case, bundle or KnownBundle(sources=SOURCES), datetime(2027, 1, 2, tzinfo=UTC)
    )
    return build_report_of_case(new.case, kept, about, with_text=with_text)


def test_the_report_holds_the_text_only_where_it_was_chosen() -> None:
    new = _keep_example(note="a remark", first=True)
    bare, full = _report(new, with_text=False), _report(new, with_text=True)
    shown = bare.replace(plotly_of(bare), "").lower()
    for word in ("burden", "winter", "e-mail", "a remark", "de-identified"):
        assert word not in shown, word
    told = Seen(full).text
    assert _KEPT in told
    assert "The post, de-identified" in told
    assert OF_CASE in told and NOT_ANONYMOUS in told
    assert "2 were replaced or taken out" in told
    assert "ilhelmina" not in told and "a remark" not in told
    for text in (told, Seen(bare).text):
        assert new.case.id in text
        assert "Noted by the reader before the answer was shown" in text
        assert "It is not a diagnosis" in text
        assert "0.78" in text
        assert "02 January 2027" in text


def test_the_report_of_a_case_without_text_says_so() -> None:
    told = Seen(_report(_keep_example(None), with_text=False)).text
    assert told.count("The words are not stored: no text was kept.") == 3
    assert "can include them together" not in told
    assert "Noted by the reader after the answer" in told


@pytest.mark.parametrize(("sha256", "there"), [("0" * 64, True), ("2" * 64, False)])
def test_metrics_stand_in_it_only_if_the_same_models_are_open(sha256: str, there: bool) -> None:
    bundle = KnownBundle(sha256, SOURCES, ABOUT.metrics, ABOUT.calibration)
    told = Seen(_report(_keep_example(), with_text=False, bundle=bundle)).text
    assert ("78.0 % (72.0–81.0)" in told) == there
    assert ("Calibrated on 506 posts." in told) == there


def test_a_report_from_analyse_with_as_much_of_the_post_as_was_chosen() -> None:
    analysis = build_analysis(Post(_POST))
    none, stripped, whole = (
        build_report_of(_POST, choice, analysis, ABOUT) for choice in (NONE, STRIPPED, WHOLE)
    )
    assert "burden" not in none.replace(plotly_of(none), "")
    seen = Seen(stripped).text
    assert "write to [e-mail] or Wilhelmina" in seen
    assert "jo@example" not in stripped and "example.org" not in stripped
    assert NOT_ANONYMOUS in seen and "names are not looked for" in seen
    assert "1 was replaced or taken out" in seen
    assert _POST in Seen(whole).text
    assert "De-identified" not in Seen(whole).text


def test_a_post_without_marks_keeps_its_analysis_whole() -> None:
    text, kept = strip_post(build_analysis(), TEXT)
    assert text == TEXT
    assert kept.analysis == build_analysis()
    assert not kept.lost


def test_the_set_of_labels_of_a_kept_case(open_case: OpenCase) -> None:
    found = PredictionSet(("depression", "suicide"), 0.9, 506)
    analysis = replace(build_analysis(Post(_POST)), prediction_set=found)
    page = open_case(new_case(analysis=analysis))
    assert "At 90 % not decided: r/depression or r/SuicideWatch" in read_html(page)
    [meant] = [block.help for block in page.markdown if block.value == "Set of labels"]
    assert meant == explain("Set of labels")
    helps = {header.value: header.proto.help for header in page.header}
    assert helps["What each teacher contributes"] == explain("Contribution", "Shapley value")


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        (LostWords("not_kept", 0, 0, 1.0), "not stored"),
        (LostWords("no_places", 9, 9, 1.0), "without their places"),
        (LostWords("unfit", 9, 9, 1.0), "don’t fit the text"),
        (LostWords("taken_out", 9, 9, 1.0), "none of them stands"),
        (LostWords("taken_out", 1, 1200, 0.124), "Of 1,200 sentences, 1 was replaced"),
        (LostWords("taken_out", 3, 9, 0.124), "with 12 % of all scores by size"),
    ],
)
def test_why_words_are_not_drawn(lost: LostWords, words: str) -> None:
    assert words in say_lost(lost, "sentence")


def test_nothing_is_said_where_nothing_is_missing() -> None:
    assert say_absent(read_kept(new_case(text=TEXT, post=TEXT).analysis, TEXT)) is None
