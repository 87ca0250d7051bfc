"""Infidelity where it is asked for: of the emotion teacher and of sound, on the page and beyond."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import models
from app.report import build_report
from app.words_wording import say_fidelity
from mhkd.analysis import Analysis, Fidelity, has_enough_parts
from mhkd.post import Post
from tests.app.driving import analyse_text, await_words, find_button, read_html
from tests.app.example_analysis import ExampleAnalyser, build_analysis
from tests.app.test_report import ABOUT, Seen, plotly_of

_TEXT = "I feel like a burden to everyone. Quagmire helps, and I am so tired of this grey winter."
_BOTH = Fidelity(0.02, 0.1, 20, 0.08, 3, 0.05)
_ONE = Fidelity(0.03, 0.1, 20, None, 0, 0.0)


@pytest.fixture
def open_page(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[[Callable[[], ExampleAnalyser]], AppTest]]:
    """Opens the page over the analyser given, with one post analysed."""

    def opened(load: Callable[[], ExampleAnalyser]) -> AppTest:
        monkeypatch.setattr(models, "load_analyser", load)
        file = Path(__file__).resolve().parents[2] / "app" / "main.py"
        return analyse_text(AppTest.from_file(str(file), default_timeout=90).run(), _TEXT)

    st.cache_resource.clear()
    yield opened
    st.cache_resource.clear()


def _measured() -> Analysis:
    analysis = build_analysis(Post(_TEXT))
    given = analysis.attributions
    assert given.student is not None and given.emotion is not None and given.audio is not None
    return replace(
        analysis,
        attributions=replace(
            given,
            emotion=replace(given.emotion, fidelity=_BOTH),
            audio=replace(given.audio, fidelity=_ONE),
        ),
    )


def _labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


@pytest.mark.parametrize(
    ("model", "label", "told", "sensitivity"),
    [
        (
            "emotion",
            "Measure infidelity and sensitivity",
            "taking away a random fifth of the words does to the logit, the scores foresee 80 %",
            "Sensitivity 0.08",
        ),
        (
            "audio",
            "Measure infidelity",
            "filling a random fifth of the stretches with silence does to the logit, the scores "
            "foresee 70 %",
            "Sensitivity is measured of gradients only",
        ),
    ],
)
def test_it_is_measured_when_asked_for(
    open_page: Callable[..., AppTest], model: str, label: str, told: str, sensitivity: str
) -> None:
    page = open_page(ExampleAnalyser)
    before = _labels(page).count(label)
    asked = page.button(key=f"asked_fidelity_{model}_suicide")
    assert asked.label == label and told not in read_html(page)
    asked.click().run()
    await_words(page, told)
    assert sensitivity in read_html(page)
    assert _labels(page).count(label) == before - 1
    assert read_html(page).count(told) == 1
    assert "Quagmire" not in " ".join(block.value for block in page.markdown)
    assert not page.exception


def test_it_is_measured_for_another_label(open_page: Callable[..., AppTest]) -> None:
    page = open_page(ExampleAnalyser)
    [chosen] = [box for box in page.get("button_group") if "explained_audio" in str(box.key)]
    chosen.set_value("depression").run()
    end = time.monotonic() + 60
    while "asked_fidelity_audio_depression" not in [button.key for button in page.button]:
        assert time.monotonic() < end
        page.run()
    page.button(key="asked_fidelity_audio_depression").click().run()
    await_words(page, "foresee 70 %")
    assert not page.exception


def test_stop_frees_the_page(open_page: Callable[..., AppTest]) -> None:
    analyser = ExampleAnalyser()
    page = open_page(lambda: analyser)
    analyser.pause_s = 60
    page.button(key="asked_fidelity_audio_suicide").click().run()
    find_button(page, "Stop").click().run()
    assert page.button(key="asked_fidelity_audio_suicide")
    assert "Stop" not in _labels(page) and not page.exception


def test_the_report_tells_it_without_words_of_the_post() -> None:
    html = build_report(_measured(), ABOUT)
    text = Seen(html).text
    assert "taking away a random fifth of the words" in text
    assert "a random fifth of the stretches with silence does to the logit" in text
    assert text.count("foresee 80 %") == text.count("foresee 70 %") == 1
    assert text.count("Fidelity: infidelity of none") == 2  # among the numbers
    assert "quagmire" not in html.replace(plotly_of(html), "").lower()
    audio = _measured().attributions.audio
    assert audio is not None
    bare = replace(_measured(), attributions=replace(_measured().attributions, audio=None))
    assert "foresee 70 %" not in build_report(bare, ABOUT)
    unchecked = replace(bare.attributions, audio=replace(audio, checks=None))
    assert "foresee 70 %" in build_report(replace(bare, attributions=unchecked), ABOUT)


def test_what_changes_nothing_is_said_to_be_empty() -> None:
    given = _measured().attributions
    empty = replace(_ONE, infidelity=0.0, infidelity_of_none=0.0)
    assert given.audio is not None and given.emotion is not None
    assert "filling stretches with silence changes nothing here" in (
        say_fidelity(replace(given.audio, fidelity=empty)) or ""
    )
    assert "taking away words changes nothing here" in (
        say_fidelity(replace(given.emotion, fidelity=empty)) or ""
    )


def test_few_parts_are_not_measured() -> None:
    given = _measured().attributions
    assert given.audio is not None and given.emotion is not None and given.student is not None
    for number, enough in ((7, False), (8, True)):
        assert has_enough_parts(replace(given.audio, segments=given.audio.segments[:number])) == (
            enough
        )
        masked = replace(given.student, words=given.student.words[:number], fallback=True)
        assert has_enough_parts(masked) == enough
        assert has_enough_parts(replace(masked, fallback=False))
    assert not has_enough_parts(replace(given.emotion, words=given.emotion.words[:4]))
    assert has_enough_parts(replace(given.emotion, words=given.emotion.words[:5]))
