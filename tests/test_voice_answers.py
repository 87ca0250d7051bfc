"""A post in several voices: each is heard as the app hears its own; the spread by hand."""

from __future__ import annotations

import statistics
import threading
from typing import Any

import numpy as np
import pytest

from mhkd import voice_answers
from mhkd.analyser import Analyser
from mhkd.analysis import Progress
from mhkd.audio.speak import VOICE_NAMES, Spoken, open_voice
from mhkd.errors import Cancelled, InputError, VoiceError
from mhkd.post import Post, Recording
from mhkd.voice_answers import ask_voices, measure_spread
from mhkd.voices import VoiceAnswer
from tests.tiny import LABELS

TEXT = "I am so tired today."


class _Hum:
    """A voice that hums at a pitch of its own."""

    rate_hz = 16_000

    def __init__(self, name: str) -> None:
        self.name = name

    def speak_sentence(self, sentence: str, cancel: object = None) -> Spoken:
        hertz = 100 + 40 * VOICE_NAMES.index(self.name)
        times = np.arange(16_000) / self.rate_hz
        return Spoken((0.3 * np.sin(2 * np.pi * hertz * times)).astype(np.float32))


@pytest.fixture
def hummed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice_answers, "open_voice", _Hum)


def _pitch(recording: Recording) -> dict[str, float]:
    spectrum = np.abs(np.fft.rfft(recording.samples[:16_000]))
    return {"high": float(np.argmax(spectrum)) / 1000, "low": 1 - float(np.argmax(spectrum)) / 1000}


@pytest.mark.usefixtures("hummed")
def test_every_voice_is_asked_and_the_spread_is_theirs() -> None:
    told: list[Progress] = []
    found = ask_voices(TEXT, _pitch, max_words=60, on_progress=told.append)
    assert [answer.voice for answer in found.answers] == list(VOICE_NAMES)
    assert [answer.probabilities["high"] for answer in found.answers] == [0.1, 0.14, 0.18]
    assert all(answer.seconds == pytest.approx(1.25) for answer in found.answers)
    spread = found.spread["high"]
    assert spread.range == pytest.approx(0.08)
    assert spread.mean == pytest.approx(0.14)
    assert spread.sd == pytest.approx(statistics.stdev([0.1, 0.14, 0.18]))
    assert (spread.lowest, spread.highest) == ("joe", "michael")
    assert found.spread["low"].lowest == "michael"
    assert [progress.stage for progress in told] == [f"speaking as {n}" for n in VOICE_NAMES]


def test_a_voice_that_is_not_installed_is_named_with_its_mend(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def opened(name: str) -> Any:
        if name != "joe":
            raise VoiceError(f"'{name}' is missing. pip install it")
        return _Hum(name)

    monkeypatch.setattr(voice_answers, "open_voice", opened)
    found = ask_voices(TEXT, _pitch, max_words=60)
    assert found.spread is None
    assert [answer.probabilities is None for answer in found.answers] == [False, True, True]
    assert "pip install" in (found.answers[1].reason or "")


@pytest.mark.usefixtures("hummed")
def test_what_can_not_be_said_or_heard_has_its_reason() -> None:
    unsaid = ask_voices("🙂🙂🙂", _pitch, max_words=60)
    assert all("spoken" in (answer.reason or "") for answer in unsaid.answers)
    unheard = ask_voices(TEXT, lambda _: None, max_words=60)
    assert all("heard" in (answer.reason or "") for answer in unheard.answers)
    assert unsaid.spread is None and unheard.spread is None


def test_two_equal_voices_have_no_spread() -> None:
    same = [VoiceAnswer(name, 1.0, {"a": 0.5}, None) for name in ("joe", "heart")]
    found = measure_spread(same)
    assert found is not None and found["a"].sd == found["a"].range == 0.0


@pytest.mark.usefixtures("hummed")
def test_it_stops_between_voices() -> None:
    cancel = threading.Event()

    def hear(recording: Recording) -> None:
        cancel.set()

    with pytest.raises(Cancelled):
        ask_voices(TEXT, hear, max_words=60, cancel=cancel)


def test_the_apps_voice_answers_as_in_the_analysis(
    analyser: Analyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        voice_answers, "open_voice", lambda name: open_voice(name) if name == "joe" else _Hum(name)
    )
    found = analyser.compare_voices(TEXT)
    alone = analyser.analyse(Post(TEXT), explain="none")
    assert found.answers[0].probabilities == alone.predictions["audio"].probabilities
    assert set(found.spread) == set(LABELS)
    assert found.spread[LABELS[0]].range == pytest.approx(found.spread[LABELS[1]].range)
    assert alone.to_json()["voices"] is None
    with pytest.raises(InputError):
        analyser.compare_voices("")
