"""The speech corpus: every training post spoken once, by one of several voices."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from mhkd.audio.features import resample
from mhkd.audio.speak import Voice, open_voice, speak_post
from mhkd.errors import RecipeError
from mhkd.limits import HEARD_RATE_HZ
from mhkd.training.stages import Pace, Say


@dataclass(frozen=True)
class SpokenPost:
    """One job of the corpus: a post, the voice that speaks it and its file."""

    id: str
    text: str
    voice: str
    file: Path
    max_words: int


def assign_voices(ids: Iterable[str], shares: Mapping[str, float], seed: int) -> dict[str, str]:
    """Gives every post a voice, at random but always the same one.

    Args:
        ids: the posts.
        shares: voice name → share of the corpus; the shares add up to 1.
        seed: another seed gives another assignment.

    Returns:
        Post id → voice name. Each voice gets at least its share, rounded down.
    """
    if abs(sum(shares.values()) - 1.0) > 1e-9:
        raise RecipeError(f"The shares of the voices add up to {sum(shares.values()):g}, not to 1.")
    order = sorted(ids, key=lambda id_: hashlib.sha256(f"{seed}:{id_}".encode()).digest())
    bounds = np.cumsum([0.0, *shares.values()])
    voices: dict[str, str] = {}
    for voice, low, high in zip(shares, bounds[:-1], bounds[1:], strict=True):
        for id_ in order[round(low * len(order)) : round(high * len(order))]:
            voices[id_] = voice
    return voices


def plan_corpus(
    texts: Mapping[str, str], voices: Mapping[str, str], folder: Path, max_words: int
) -> list[SpokenPost]:
    """One job for each post; the file name is a hash of voice, length and text."""
    jobs = []
    for id_, text in texts.items():
        key = f"{voices[id_]}:{max_words}:{text}".encode("utf-8", "replace")
        file = folder / f"{hashlib.sha256(key).hexdigest()[:32]}.flac"
        jobs.append(SpokenPost(id_, text, voices[id_], file, max_words))
    return jobs


def speak_corpus(
    jobs: list[SpokenPost], workers: int | None = None, say: Say = lambda _: None
) -> None:
    """Speaks what is not spoken yet; may be stopped and started again at any time."""
    missing = [job for job in jobs if not job.file.exists()]
    missing.sort(key=lambda job: job.voice == "joe")  # the slow voices first
    if not missing:
        return
    jobs[0].file.parent.mkdir(parents=True, exist_ok=True)
    pace = Pace(say, "speech", len(missing))
    if workers == 1:
        for done, job in enumerate(missing, start=1):
            _speak(job)
            pace.tell(done)
        return
    spawn = multiprocessing.get_context("spawn")  # a fork would copy locks that threads hold
    with ProcessPoolExecutor(workers or os.cpu_count(), mp_context=spawn) as pool:
        try:
            for done, _ in enumerate(pool.map(_speak, missing, chunksize=4), start=1):
                pace.tell(done)
        except BrokenProcessPool as fault:
            raise RecipeError(
                "A process that spoke posts was killed, perhaps for want of memory. What is spoken "
                "is kept: start the same command again, with fewer --workers than there are cores."
            ) from fault


def load_spoken(job: SpokenPost) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """The spoken post at 16 kHz, float32, shape (samples,); empty if nothing could be said."""
    samples, _ = soundfile.read(job.file, dtype="float32")
    return np.asarray(samples, np.float32)


def _speak(job: SpokenPost) -> None:
    speak_with(job, open_voice(job.voice, threads=1))


def speak_with(job: SpokenPost, voice: Voice) -> None:
    """Speaks one post with a voice and writes its file, by way of a temporary name."""
    recording = speak_post(job.text, voice, max_words=job.max_words)
    samples = np.zeros(160, np.float32) if recording is None else resample(recording)
    partial = job.file.with_suffix(f".{os.getpid()}.part")
    with partial.open("wb") as stream:
        soundfile.write(stream, samples, HEARD_RATE_HZ, format="FLAC", subtype="PCM_16")
    partial.replace(job.file)
