"""What a recording says, written down on this machine by a Whisper model in CTranslate2 form.

faster-whisper is an extra (``transcribe``), imported here alone. The model comes from a
folder: nothing is ever downloaded, and a folder without its own tokenizer is refused, because
faster-whisper would fetch one.
"""

from __future__ import annotations

import importlib.util
import os
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from platformdirs import user_data_path

from mhkd import limits
from mhkd.audio.features import resample
from mhkd.errors import Cancelled, TranscriberError
from mhkd.post import Recording, SpokenWord

FOLDER_VARIABLE: Final = "MHKD_TRANSCRIBER"
_FILES: Final = ("model.bin", "config.json", "tokenizer.json")
_CACHED: Final = ("small.en", "small", "base.en", "base", "tiny.en", "tiny")  # the best one first


@dataclass(frozen=True)
class Transcript:
    """A recording in words.

    Attributes:
        text: the words, empty where none was understood.
        language: the model's guess, such as ``en``.
        seconds: of the recording that were listened to.
        whole: nothing of the recording was left out.
        model: name of the folder that the model lies in.
        words: when each word is spoken, in order; empty where that was not asked for.
    """

    text: str
    language: str
    seconds: float
    whole: bool
    model: str
    words: tuple[SpokenWord, ...] = ()


def is_installed() -> bool:
    """faster-whisper is there."""
    return importlib.util.find_spec("faster_whisper") is not None


def find_transcriber() -> Path | None:
    """The folder of the model; None where there is none, or no extra.

    It is the one that ``MHKD_TRANSCRIBER`` names, else one in the user's data folder, else one
    in the Hugging Face cache.
    """
    if not is_installed():
        return None
    named = os.environ.get(FOLDER_VARIABLE)
    folders = [Path(named)] if named else [own_folder(), *_list_cached()]
    return next((folder for folder in folders if _is_whole(folder)), None)


def own_folder() -> Path:
    """Where a model is looked for if nothing else is said."""
    return user_data_path("mhkd", appauthor=False) / "transcriber"


def say_how_to_get_it() -> str:
    """What is missing for transcripts, and how to get it."""
    if not is_installed():
        return (
            "Recordings are written down by faster-whisper, which is not installed: "
            "pip install -c constraints.txt -e '.[transcribe]' in a checkout. It also needs a "
            f"Whisper model in CTranslate2 form in {own_folder()}, or in the folder that "
            f"{FOLDER_VARIABLE} names."
        )
    place = os.environ.get(FOLDER_VARIABLE) or own_folder()
    return (
        f"There is no Whisper model in {place}. Put one in CTranslate2 form there, with "
        f"{', '.join(_FILES)}, such as Systran/faster-whisper-base, or name its folder in "
        f"{FOLDER_VARIABLE}. Nothing is downloaded by itself."
    )


def write_down(
    recording: Recording, cancel: threading.Event | None = None, *, timed: bool = False
) -> Transcript:
    """Writes down what a recording says, up to ``limits.TRANSCRIBED_S`` seconds of it.

    Args:
        recording: what is listened to.
        cancel: see below.
        timed: also tell when each word is spoken, which Whisper's attention to the sound gives.

    Raises:
        TranscriberError: there is no model, or it can't be opened.
        Cancelled: ``cancel`` was set; looked at after each stretch of at most 30 s.
    """
    folder = find_transcriber()
    if folder is None:
        raise TranscriberError(say_how_to_get_it())
    model = _open(folder)
    limit = int(limits.TRANSCRIBED_S * recording.rate_hz)
    start = Recording(recording.samples[:limit], recording.rate_hz, recording.origin)
    segments, told = model.transcribe(
        resample(start),
        beam_size=1,
        temperature=0.0,  # no second try by chance
        condition_on_previous_text=False,
        without_timestamps=False,
        word_timestamps=timed,
    )
    parts: list[str] = []
    words: list[SpokenWord] = []
    for segment in segments:
        if cancel is not None and cancel.is_set():
            raise Cancelled
        parts.append(segment.text.strip())
        words += [
            SpokenWord(word.word.strip(), float(word.start), float(word.end))
            for word in segment.words or ()
            if word.word.strip()
        ]
    if cancel is not None and cancel.is_set():
        raise Cancelled
    return Transcript(
        " ".join(part for part in parts if part),
        str(told.language),
        start.duration_s,
        len(recording.samples) <= limit,
        folder.name,
        tuple(words),
    )


@lru_cache(maxsize=1)
def _open(folder: Path) -> Any:
    from faster_whisper import WhisperModel

    try:
        return WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=_count_threads()
        )
    except (RuntimeError, ValueError, OSError) as fault:
        raise TranscriberError(
            f"The Whisper model in {folder} can't be opened ({type(fault).__name__}). Expected "
            f"one in CTranslate2 form with {', '.join(_FILES)}; put it there again."
        ) from fault


def _count_threads() -> int:
    import torch

    return torch.get_num_threads()


def _list_cached() -> list[Path]:
    """Folders of models that faster-whisper itself would find in the Hugging Face cache."""
    from huggingface_hub import try_to_load_from_cache

    found = (
        try_to_load_from_cache(f"Systran/faster-whisper-{size}", "model.bin") for size in _CACHED
    )
    return [Path(file).parent for file in found if isinstance(file, str)]


def _is_whole(folder: Path) -> bool:
    return all((folder / name).is_file() for name in _FILES)
