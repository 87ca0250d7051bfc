"""The page “Compare” over an analyser whose answers depend on the words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import compare_work, models
from app.compare_work import CompareDesk, Side
from app.comparison_wording import SCORES_APART
from app.components.post_input import CONTENT_NOTE
from app.played import as_wav
from app.work import Case, Desk, Order, analyse_case
from mhkd.errors import BundleError, InputError
from tests.app.example_analysis import TEXT, build_recording
from tests.app.example_compare import OtherAnalyser, WordAnalyser

_PATIENCE_S = 90
_SCRIPT = "from app.views import compare\ncompare.show_page()\n"
_EDITED = f"{TEXT} My brother helps as well."


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The page, opened."""
    st.cache_resource.clear()
    monkeypatch.setattr(models, "load_analyser", WordAnalyser)
    yield AppTest.from_string(_SCRIPT, default_timeout=_PATIENCE_S).run()
    st.cache_resource.clear()


_DESKS: list[CompareDesk] = []


@pytest.fixture(autouse=True)
def seen_desks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps hold of the session's desk."""
    original = compare_work.CompareDesk.__init__

    def opened(desk: CompareDesk) -> None:
        original(desk)
        _DESKS.append(desk)

    monkeypatch.setattr(compare_work.CompareDesk, "__init__", opened)


def test_empty(page: AppTest) -> None:
    assert page.title[0].value == "What changes the answer?"
    assert "not a diagnosis" in _html(page) and "988" in _html(page)
    assert _html(page).count(CONTENT_NOTE) == 1
    assert _button(page, "Compare").disabled
    assert not page.exception


def test_an_edit_is_compared_and_explained(page: AppTest) -> None:
    page = _compare(page, TEXT, _EDITED)
    assert (
        page.header[0].value == "The edit moves the student 30.0 points away from r/SuicideWatch."
    )
    assert "It changes sides: r/SuicideWatch → not decided." in page.text[0].value
    shown = _html(page)
    for words in (
        "5 words put in",
        'title="added"',
        "Both sides share one scale of colours.",
        "Words whose scores differ most",
    ):
        assert words in shown + " ".join(e.label for e in page.expander)
    assert [tab.label for tab in page.tabs][:3] == ["Words", "Student", "Text teacher"]
    page = _settle(_button(page, "Explain the text teacher").click().run())
    assert "Explain the text teacher" not in [button.label for button in page.button]
    assert not page.exception


def test_a_sample_fills_both_sides(page: AppTest) -> None:
    page.pills(key="compare_sample_01_0").set_value("A sourdough question").run()
    first, second = page.text_area
    assert first.value == second.value != ""
    second.set_value("Something else altogether, and more.").run()
    page = _button(page, "Start again from the left").click().run()
    assert page.text_area[1].value == first.value


def test_an_edited_text_no_longer_matches_its_recording(page: AppTest) -> None:
    recording = build_recording(2.0, "recorded")
    page.pills(key="compare_sound_0").set_value("recorded").run()
    page.file_uploader[0].upload(
        "voice.wav", as_wav(recording.samples, recording.rate_hz), "audio/wav"
    ).run()
    _write(page, TEXT, TEXT)
    assert "is used here as well" in _html(page)
    _write(page, TEXT, _EDITED)
    assert "The recording no longer matches the text." in _html(page)
    page = _settle(_button(page, "Compare").click().run())
    assert _html(page).count("The recording no longer matches the text.") == 2
    assert _list_known() == [False, True]
    _write(page, _EDITED, _EDITED)
    assert _html(page).count("The recording no longer matches the text.") == 3, "both, and before"
    page = _settle(_button(page, "Compare").click().run())
    assert _list_known() == [True, True]
    page = _button(page, "Clear both").click().run()
    assert all(f"compare_recorded_{side}" not in page.session_state for side in (0, 1))
    assert not page.exception


def test_an_analysed_case_brings_what_is_known_of_its_recording(page: AppTest) -> None:
    recording = build_recording(2.0, "recorded")
    sound = as_wav(recording.samples, recording.rate_hz)
    case = Case(Order(_EDITED, sound, speak=False, sound_text=TEXT), models.open_analyser())
    analyse_case(case)
    page = AppTest.from_string(
        "import streamlit as st\nfrom app.components.compare import setup\n"
        "if 'case_to_take' in st.session_state:\n"
        "    setup.take_case(st.session_state.pop('case_to_take'))\n" + _SCRIPT,
        default_timeout=_PATIENCE_S,
    )
    page.session_state["case_to_take"] = case
    page = page.run()
    _write(page, _EDITED, TEXT)
    page = _settle(_button(page, "Compare").click().run())
    assert _list_known() == [True, False], "the right side is the text that was read aloud"
    comparison = _DESKS[-1].comparison
    assert comparison is not None and comparison.cases[0].analysis is case.analysis
    assert not page.exception


def _list_known() -> list[bool]:
    """Of each side, whether its analysis tells that its recording is of another text."""
    comparison = _DESKS[-1].comparison
    assert comparison is not None
    analyses = [case.analysis for case in comparison.cases]
    assert all(analyses)
    return [
        any(finding.code == "recording_of_other_text" for finding in analysis.quality)
        for analysis in analyses
        if analysis is not None
    ]


def test_two_posts_and_a_changed_input(page: AppTest) -> None:
    page.segmented_control(key="compare_mode_0").set_value("posts").run()
    page = _compare(page, TEXT, "My sister helps a lot and the evening walk was calm and good.")
    assert page.header[0].value.startswith("The ")
    page.text_area[1].set_value("Another text about the weather today.").run()
    assert "The input has changed." in _html(page)
    page = _button(page, "Clear both").click().run()
    assert [area.value for area in page.text_area] == ["", ""]
    assert TEXT not in _html(page)


def test_two_bundles_need_two(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "load_from", lambda folder: WordAnalyser())
    page.segmented_control(key="compare_mode_0").set_value("bundles").run()
    page.text_area[0].set_value(TEXT).run()
    page.selectbox(key="compare_bundle_1").set_value("A folder of my own").run()
    assert _button(page, "Compare").disabled
    page.text_input(key="compare_folder_1").set_value("/somewhere/mine").run()
    page = _settle(_button(page, "Compare").click().run())
    assert page.header[0].value == "The students of both bundles answer alike."
    assert not page.exception


def test_bundles_with_other_labels_stand_side_by_side(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "load_from", lambda folder: OtherAnalyser())
    page.segmented_control(key="compare_mode_0").set_value("bundles").run()
    page.text_area[0].set_value(TEXT).run()
    page.selectbox(key="compare_bundle_1").set_value("A folder of my own").run()
    page.text_input(key="compare_folder_1").set_value("/somewhere/other").run()
    page = _settle(_button(page, "Compare").click().run())
    page = _settle(_button(page, "Explain the text teacher").click().run())
    shown = _html(page)
    assert "not subtracted" in shown and "points" not in page.header[0].value
    assert "explain different labels" in shown
    told = [text.value for text in page.text]
    assert any("more than posts from r/depression (0.82)." in text for text in told)
    assert any("other parts of Reddit more than posts from a forum" in text for text in told)
    assert shown.count("speaks for r/SuicideWatch") == shown.count("speaks for other parts of") == 2
    assert shown.count(SCORES_APART) == 2 and "share one scale" not in shown
    assert "Words whose scores differ most" not in [one.label for one in page.expander]
    assert "Toward r/SuicideWatch." in shown and "Toward other parts of Reddit." in shown
    assert not page.exception


def test_a_bundle_that_is_none_is_told(page: AppTest) -> None:
    page.segmented_control(key="compare_mode_0").set_value("bundles").run()
    page.text_area[0].set_value(TEXT).run()
    page.selectbox(key="compare_bundle_1").set_value("A folder of my own").run()
    page.text_input(key="compare_folder_1").set_value("/no/such/folder").run()
    page = _settle(_button(page, "Compare").click().run())
    assert "Second bundle: the models did not answer" in _html(page)
    assert "There is no bundle" in _html(page)
    assert not page.exception


@pytest.mark.parametrize("text", ["a", "x" * 30_000])
def test_a_bad_text_is_told_beside_its_side(page: AppTest, text: str) -> None:
    page = _compare(page, TEXT, text)
    assert "After: the models did not answer" in _html(page)
    assert page.text_area[1].value == text
    assert not page.exception


def test_cancel_frees_the_page(monkeypatch: pytest.MonkeyPatch, page: AppTest) -> None:
    models.open_analyser().result().pause_s = 30
    _write(page, TEXT, _EDITED)
    page = _button(page, "Compare").click().run()
    page = _button(page, "Cancel").click().run()
    assert not _button(page, "Compare").disabled
    assert page.text_area[1].value == _EDITED


def test_markup_in_a_post_stays_text(page: AppTest) -> None:
    nasty = "I feel <img src=x onerror=alert(1)> ![a](http://evil.example/a.png) tired"
    page = _compare(page, nasty, f"{nasty} today <b>")
    assert "<img" not in _html(page) and "<b>" not in _html(page)
    assert "evil" not in " ".join(block.value for block in page.markdown)


def test_an_analysed_case_is_not_answered_again() -> None:
    analyser = WordAnalyser()
    opening: Future[Any] = Future()
    opening.set_result(analyser)
    desk, compared = Desk(), CompareDesk()
    try:
        case = desk.take(Order(TEXT, None, speak=True), opening)
        _wait(lambda: not case.running)
        sides = tuple(Side(Order(text, None, speak=True), opening) for text in (TEXT, _EDITED))
        comparison = compared.take("edit", (sides[0], sides[1]), "p", known=case)
        _wait(lambda: not comparison.busy)
        assert analyser.calls == 2  # one on Analyse, one for the edited side
        assert comparison.cases[0].analysis is case.analysis
        assert comparison.targets == ("suicide", "suicide")
        assert comparison.find("student") is not None
        desk.drop()
        compared.explain("text")
        _wait(lambda: not comparison.busy)
        assert comparison.fault is None and comparison.find("text") is not None
    finally:
        desk.close()
        compared.close()


@pytest.mark.parametrize("fault", [InputError("Busy.", code="busy"), BundleError("Missing.")])
def test_a_fault_of_an_explanation_keeps_the_answers(fault: Exception) -> None:
    class _Failing(WordAnalyser):
        def explain(self, *_: Any, **__: Any) -> object:
            raise fault

    opening: Future[Any] = Future()
    opening.set_result(_Failing())
    compared = CompareDesk()
    try:
        sides = tuple(Side(Order(text, None, speak=False), opening) for text in (TEXT, _EDITED))
        comparison = compared.take("edit", (sides[0], sides[1]), "p")
        compared.explain("text")
        _wait(lambda: not comparison.busy)
        assert comparison.answered
    finally:
        compared.close()


def _write(page: AppTest, first: str, second: str) -> None:
    page.text_area[0].set_value(first).run()
    page.text_area[1].set_value(second).run()


def _compare(page: AppTest, first: str, second: str) -> AppTest:
    _write(page, first, second)
    return _settle(_button(page, "Compare").click().run())


def _settle(page: AppTest) -> AppTest:
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        page.run()
        if not [button for button in page.button if button.label == "Cancel"]:
            return page
        time.sleep(0.1)
    raise AssertionError("the comparison did not end")


def _wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not until():
        assert time.monotonic() < end
        time.sleep(0.01)


def _button(page: AppTest, label: str) -> Any:
    return next(button for button in page.button if button.label == label)


def _html(page: AppTest) -> str:
    return " ".join(element.proto.body for element in page.get("html"))
