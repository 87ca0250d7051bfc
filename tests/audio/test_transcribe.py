"""A transcriber is found in a folder, never fetched; where a model is given, it listens."""

from __future__ import annotations

import importlib.util
import os
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mhkd.audio import transcribe
from mhkd.audio.speak import open_voice, speak_post
from mhkd.audio.transcribe import find_transcriber, say_how_to_get_it, write_down
from mhkd.errors import Cancelled, TranscriberError
from mhkd.post import SpokenWord
from mhkd.text.matching import measure_matched_share
from tests.audio.making import record

_GIVEN = os.environ.get(transcribe.FOLDER_VARIABLE)
_SILENCE = record(np.zeros(16_000))
_FILES = ("model.bin", "config.json", "tokenizer.json")


@pytest.fixture(autouse=True)
def nothing_in_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(transcribe, "_list_cached", lambda: [])
    monkeypatch.setattr(transcribe, "own_folder", lambda: tmp_path / "own")
    monkeypatch.setattr(transcribe, "is_installed", lambda: True)
    monkeypatch.delenv(transcribe.FOLDER_VARIABLE, raising=False)


def _write(folder: Path, files: tuple[str, ...]) -> Path:
    folder.mkdir(parents=True)
    for name in files:
        (folder / name).write_text("{}", "utf-8")
    return folder


def test_without_the_extra_it_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcribe, "is_installed", lambda: False)
    assert find_transcriber() is None
    assert "-e '.[transcribe]'" in say_how_to_get_it()
    with pytest.raises(TranscriberError, match="not installed"):
        write_down(_SILENCE)


def test_without_a_model_it_says_where_to_put_one(tmp_path: Path) -> None:
    assert find_transcriber() is None
    with pytest.raises(TranscriberError, match=r"CTranslate2.*Nothing is downloaded") as refusal:
        write_down(_SILENCE)
    assert str(tmp_path / "own") in refusal.value.public_message


def test_a_folder_without_its_tokenizer_is_no_model(tmp_path: Path) -> None:
    """faster-whisper would fetch the tokenizer from the hub."""
    _write(tmp_path / "own", ("model.bin", "config.json"))
    assert find_transcriber() is None


def test_a_named_folder_comes_before_the_own_one_and_is_not_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = _write(tmp_path / "own", _FILES)
    assert find_transcriber() == own
    named = _write(tmp_path / "named", _FILES)
    monkeypatch.setenv(transcribe.FOLDER_VARIABLE, str(named))
    assert find_transcriber() == named
    monkeypatch.setenv(transcribe.FOLDER_VARIABLE, str(tmp_path / "nowhere"))
    assert find_transcriber() is None


@pytest.mark.skipif(
    importlib.util.find_spec("faster_whisper") is None, reason="faster-whisper is not installed"
)
def test_a_damaged_model_is_told(tmp_path: Path) -> None:
    _write(tmp_path / "own", _FILES)
    with pytest.raises(TranscriberError, match="can't be opened"):
        write_down(_SILENCE)


def test_words_come_with_their_times_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[bool] = []

    class Listening:
        def transcribe(self, samples: object, *, word_timestamps: bool, **_: object) -> object:
            asked.append(word_timestamps)
            words = [SimpleNamespace(word=" I", start=0.1, end=0.3)] if word_timestamps else None
            return [SimpleNamespace(text=" I", words=words)], SimpleNamespace(language="en")

    _write(tmp_path / "own", _FILES)
    monkeypatch.setattr(transcribe, "_open", lambda folder: Listening())
    assert write_down(_SILENCE).words == ()
    assert write_down(_SILENCE, timed=True).words == (SpokenWord("I", 0.1, 0.3),)
    assert asked == [False, True]


@pytest.mark.skipif(_GIVEN is None, reason="MHKD_TRANSCRIBER names no Whisper model")
def test_a_spoken_post_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(transcribe.FOLDER_VARIABLE, str(_GIVEN))
    text = "I go for a walk in the evening, and my sister calls me after work."
    spoken = speak_post(text, open_voice("joe"))
    assert spoken is not None
    heard = write_down(spoken)
    assert heard.language == "en" and heard.whole
    assert measure_matched_share(text, heard.text) > 0.8
    timed = write_down(spoken, timed=True)
    assert [word.start_s for word in timed.words] == sorted(word.start_s for word in timed.words)
    assert len(timed.words) == len(timed.text.split())
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        write_down(spoken, cancelled)
