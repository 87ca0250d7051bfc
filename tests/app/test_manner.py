"""The sound said as the reader chooses: on the page, over the tiny bundle, and in words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import models
from app.asked_work import HeardOtherwise
from app.manner_wording import (
    NEUTRAL,
    NOT_KEPT,
    list_remarks,
    name_manner,
    say_limited,
    say_moved,
    tabulate_otherwise,
)
from app.played import as_wav
from mhkd.analyser import Analyser
from mhkd.analysis import Analysis, Finding, Heard, Prediction
from mhkd.answers import SoundAnswer
from mhkd.audio.manner import Manner, SaidOtherwise
from tests.analysed import TEXT
from tests.app.driving import analyse_text, await_words, read_html
from tests.app.example_analysis import SOURCES, build_analysis
from tests.tiny import tone

_BUTTON = "asked_manner"
_ASK = "Hear and ask the audio teacher"


@pytest.fixture
def page(analyser: Analyser, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The page with a post and its recording, answered by the tiny bundle."""
    monkeypatch.setattr(models, "load_analyser", lambda: analyser)
    st.cache_resource.clear()
    file = Path(__file__).resolve().parents[2] / "app" / "main.py"
    opened = AppTest.from_file(str(file), default_timeout=90).run()
    opened.pills(key="post_sound_0").set_value("uploaded").run()
    sound = tone(2.0)
    opened.file_uploader[0].upload(
        "voice.wav", as_wav(sound.samples, sound.rate_hz), "audio/wav"
    ).run()
    yield analyse_text(opened, TEXT)
    st.cache_resource.clear()


def _set(page: AppTest, name: str, value: float) -> None:
    [slider] = [s for s in page.slider if (s.key or "").startswith(f"manner_{name}_")]
    slider.set_value(value).run()


def _sounds(page: AppTest) -> list[str]:
    return [sound.proto.alt for sound in page.get("audio")]


def test_a_change_is_chosen_heard_and_answered(page: AppTest) -> None:
    sliders = [s for s in page.slider if (s.key or "").startswith("manner_")]
    assert [(s.label, s.min, s.max, s.value) for s in sliders] == [
        ("Pitch, in semitones", -4, 4, 0),
        ("Tempo, times as fast", 0.75, 1.25, 1.0),
        ("Loudness, in dB", -12, 12, 0),
    ]
    assert page.button(key=_BUTTON).label == _ASK and page.button(key=_BUTTON).disabled
    assert NEUTRAL in read_html(page)
    _set(page, "pitch", 2)
    _set(page, "tempo", 0.8)
    assert not page.button(key=_BUTTON).disabled and NEUTRAL not in read_html(page)
    assert "The changed sound" not in _sounds(page)
    page.button(key=_BUTTON).click().run()
    await_words(page, NOT_KEPT)
    shown = read_html(page)
    for words in (
        "With pitch +2 semitones, tempo × 0.80, the audio teacher’s probability of posts from",
        "The words are the same; only the way of saying them changed.",
        "2.5 s",
        " points",
    ):
        assert words in shown
    assert "The changed sound" in _sounds(page)
    _set(page, "tempo", 1.0)
    _set(page, "pitch", 0)
    assert page.button(key=_BUTTON).disabled, "nothing to ask"
    assert "With pitch +2 semitones" in read_html(page), "what was found stays, named by its change"
    assert not page.exception


def test_a_full_queue_is_told_and_the_sound_is_there(
    page: AppTest, analyser: Analyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analyser._gate, "_max_waiting", 0)
    _set(page, "loudness", -6)
    with analyser._gate.entered():
        page.button(key=_BUTTON).click().run()
        await_words(page, "The model is busy")
    assert "This could not be done" in read_html(page)
    assert "The audio teacher has not answered it." in read_html(page)
    assert "The changed sound" in _sounds(page)
    page.button(key=_BUTTON).click().run()
    await_words(page, NOT_KEPT)
    assert "The model is busy" not in read_html(page)
    assert not page.exception


def test_stop_frees_the_page(page: AppTest, analyser: Analyser) -> None:
    _set(page, "pitch", -3)
    with analyser._gate.entered():
        page.button(key=_BUTTON).click().run()
        page.button(key="asked_stop_manner").click().run()
        assert page.button(key=_BUTTON).label == _ASK
    end = time.monotonic() + 30
    while analyser.waiting and time.monotonic() < end:
        time.sleep(0.02)
    assert NOT_KEPT not in read_html(page.run()) and not page.exception


def test_silence_or_noise_in_place_of_the_strongest_stretch(page: AppTest) -> None:
    fill = next(radio for radio in page.radio if radio.label == "In its place")
    assert (fill.value, fill.options) == ("silence", ["silence", "noise"])
    told = "What was heard, with {} in place of the strongest stretch"
    assert told.format("silence") in _sounds(page)
    silent = _played(page, told.format("silence"))
    fill.set_value("noise").run()
    assert told.format("noise") in _sounds(page) and told.format("silence") not in _sounds(page)
    assert _played(page, told.format("noise")) != silent


def _played(page: AppTest, alt: str) -> str:
    return next(sound.proto.url for sound in page.get("audio") if sound.proto.alt == alt)


def _found(
    p: float | None, manner: Manner, *, seconds: float = 12.0, heard: float = 12.0
) -> tuple[HeardOtherwise, SoundAnswer]:
    probabilities = None if p is None else {"depression": 1 - p, "suicide": p}
    answer = SoundAnswer(probabilities, Heard("recorded", seconds, heard, 0.0), ())
    return HeardOtherwise(manner, SaidOtherwise(tone(1.0), manner.gain_db), answer), answer


def _analysis() -> Analysis:
    whole = build_analysis()
    told = Prediction({"depression": 0.64, "suicide": 0.36}, None)
    return replace(whole, predictions={**whole.predictions, "audio": told})


def test_before_after_and_difference() -> None:
    manner = Manner(-1, 0.9, 6)
    found, answer = _found(0.46, manner, seconds=13.3, heard=13.3)
    assert name_manner(manner) == "pitch −1 semitone, tempo × 0.90, loudness +6 dB"
    assert tabulate_otherwise(_analysis(), answer, "suicide") == [
        ("as it is", "12.0 s", "0.36", "–"),
        ("changed", "13.3 s", "0.46", "+10.0 points"),
    ]
    said = say_moved(_analysis(), found, answer, "suicide", SOURCES)
    assert "posts from r/SuicideWatch goes from 0.36 to 0.46." in said
    assert "words are the same" in said
    found, answer = _found(0.37, manner)
    assert "hardly moves, from 0.64 to 0.63" in say_moved(
        _analysis(), found, answer, "depression", SOURCES
    )


def test_what_is_no_longer_heard_may_hold_words() -> None:
    found, answer = _found(0.46, Manner(tempo=0.75), seconds=40.0, heard=30.0)
    said = say_moved(_analysis(), found, answer, "suicide", SOURCES)
    assert "the last 10.0 s are not heard any more" in said and "the same" not in said


def test_loudness_that_was_limited_is_said() -> None:
    found, _ = _found(0.4, Manner(gain_db=12))
    assert say_limited(found) is None
    limited = replace(found, said=replace(found.said, gain_db=3.21))
    assert say_limited(limited) == "Its loudness was limited to +3.2 dB, so that nothing clips."


def test_only_what_the_change_brought_is_remarked() -> None:
    _, answer = _found(None, Manner(gain_db=-12))
    known = _analysis().quality[0]
    new = Finding("no_speech", "The recording is silent.", "audio_left_out")
    assert list_remarks(_analysis(), replace(answer, findings=(known, new))) == [new.message]
