"""A recording without a text on the page Analyse: written down, edited, analysed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import models, transcript_work
from app.components import transcript as component
from app.played import as_wav
from mhkd.audio.transcribe import Transcript
from mhkd.errors import TranscriberError
from tests.app.example_analysis import ExampleAnalyser, build_recording

_PATIENCE_S = 90
_SCRIPT = "from app.views import analyse\nanalyse.show_page()\n"
_HEARD = "It has been a long winter and my sister calls me every evening"


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The page with a recording uploaded and a model that is there."""
    st.cache_resource.clear()
    monkeypatch.setattr(models, "load_analyser", ExampleAnalyser)
    monkeypatch.setattr(component, "find_transcriber", lambda: Path("whisper-base"))
    page = AppTest.from_string(_SCRIPT, default_timeout=_PATIENCE_S).run()
    page.pills(key="post_sound_0").set_value("uploaded").run()
    recording = build_recording(2.0, "recorded")
    sound = as_wav(recording.samples, recording.rate_hz)
    page.file_uploader[0].upload("voice.wav", sound, "audio/wav").run()
    yield page
    st.cache_resource.clear()


def _hear(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    transcript = Transcript(text, "en", 2.0, whole=True, model="whisper-base")
    monkeypatch.setattr(transcript_work, "write_down", lambda recording, cancel: transcript)


def test_what_was_heard_becomes_the_text_and_can_be_edited(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    _hear(monkeypatch, _HEARD)
    page.text_area[0].set_value("my own words").run()
    page = _until(_button(page, "Write down what it says").click().run(), _HEARD)
    assert "read it against the recording" in _html(page)
    page.text_area[0].set_value(f"{_HEARD}, which helps.").run()
    assert page.text_area[0].value == f"{_HEARD}, which helps."
    page = _button(page, "Bring back my own text").click().run()
    assert page.text_area[0].value == "my own words"
    assert not page.exception


def test_nothing_understood_leaves_the_text(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    _hear(monkeypatch, "")
    page.text_area[0].set_value("my own words").run()
    page = _button(page, "Write down what it says").click().run()
    page = _until_shown(page, "No words were understood")
    assert page.text_area[0].value == "my own words"


def test_a_fault_is_told(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(recording: object, cancel: object) -> Transcript:
        raise TranscriberError("The Whisper model can't be opened. Put it there again.")

    monkeypatch.setattr(transcript_work, "write_down", fail)
    page = _button(page, "Write down what it says").click().run()
    page = _until_shown(page, "Put it there again.")
    assert not page.exception


def test_without_a_model_the_page_says_how_to_get_one(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(component, "find_transcriber", lambda: None)
    page = page.run()
    assert "No text yet? A recording can be written down" in [e.label for e in page.expander]
    assert "faster-whisper" in _html(page)
    assert not any(button.label == "Write down what it says" for button in page.button)


def _until(page: AppTest, text: str) -> AppTest:
    return _wait(page, lambda found: found.text_area[0].value == text)


def _until_shown(page: AppTest, words: str) -> AppTest:
    return _wait(page, lambda found: words in _html(found))


def _wait(page: AppTest, there: Callable[[AppTest], bool]) -> AppTest:
    end = time.monotonic() + _PATIENCE_S
    while not there(page):
        assert time.monotonic() < end
        time.sleep(0.1)
        page = page.run()
    return page


def _button(page: AppTest, label: str) -> Any:
    return next(button for button in page.button if button.label == label)


def _html(page: AppTest) -> str:
    return " ".join(element.proto.body for element in page.get("html"))
