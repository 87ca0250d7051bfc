"""Records as JSON and back, the same for the server and its callers."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping
from typing import Any, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from mhkd.analysis import (
    ATTRIBUTIONS,
    Analysis,
    Attribution,
    Familiarity,
    Prediction,
    Progress,
)
from mhkd.answers import Ints
from mhkd.errors import MhkdError
from mhkd.limits import (
    MAX_AUDIO_S,
    MAX_CHARS,
    MAX_RATE_HZ,
    MAX_SERVED_TEXTS,
    MAX_SPOKEN_WORDS,
    MIN_RATE_HZ,
)
from mhkd.post import Origin, Post, Recording, SpokenWord

COMPARES: Final = "compares_recordings"  # of the reports; a service that has it takes the fields
_MAX_SOUND_CHARS = int(MAX_AUDIO_S * 48_000 * 4 * 4 / 3)


class Sound(BaseModel):
    """A recording: mono float32 in [-1, 1], little-endian, in base64."""

    model_config = ConfigDict(extra="forbid")

    samples_base64: str = Field(max_length=_MAX_SOUND_CHARS)
    rate_hz: int = Field(ge=MIN_RATE_HZ, le=MAX_RATE_HZ)
    origin: Origin = "recorded"
    findings: tuple[str, ...] = ()
    words: tuple[SpokenWord, ...] = Field((), max_length=MAX_SPOKEN_WORDS)


class _Post(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=MAX_CHARS)
    recording: Sound | None = None
    recording_of_other_text: bool = Field(False, description="It came with another text.")

    def post(self) -> Post:
        """The post itself."""
        recording = None if self.recording is None else read_sound(self.recording)
        return Post(self.text, recording, recording_of_other_text=self.recording_of_other_text)


class PostRequest(_Post):
    """A post, and what is asked about it."""

    explain: Literal["none", "words", "all"] = "none"
    target: str | None = Field(None, description="Label explained; else the student's answer.")
    speak: bool = Field(True, description="Speak a post that has no recording.")
    compare_recording: bool | None = Field(
        None, description="Compare a recording with the text; null: with all explanations."
    )


class ExplainRequest(_Post):
    """One explanation of a post."""

    model: Literal["student", "text", "emotion", "audio"]
    target: str


class TextsRequest(BaseModel):
    """Posts to be answered without explanations."""

    model_config = ConfigDict(extra="forbid")

    texts: list[str] = Field(min_length=1, max_length=MAX_SERVED_TEXTS)
    models: list[Literal["student", "text", "emotion", "audio", "teachers"]] = ["student"]


def write_sound(recording: Recording | None) -> dict[str, Any] | None:
    """A recording as JSON values."""
    if recording is None:
        return None
    content = recording.samples.astype("<f4").tobytes()
    return {
        "samples_base64": base64.b64encode(content).decode("ascii"),
        "rate_hz": recording.rate_hz,
        "origin": recording.origin,
        "findings": list(recording.findings),
        "words": [dataclasses.asdict(word) for word in recording.words],
    }


def read_sound(sound: Sound) -> Recording:
    """The recording that was sent.

    Raises:
        MhkdError: it isn't one.
    """
    try:
        content = base64.b64decode(sound.samples_base64, validate=True)
        samples = np.frombuffer(content, "<f4").astype(np.float32)
    except ValueError as fault:
        raise MhkdError(
            "The recording can't be read: expected float32 samples in base64.", code="audio"
        ) from fault
    if not len(samples) or not np.isfinite(samples).all() or np.abs(samples).max() > 1:
        raise MhkdError(
            "The recording can't be used: expected finite samples between -1 and 1.", code="audio"
        )
    if len(samples) > MAX_AUDIO_S * sound.rate_hz:
        raise MhkdError(f"The recording is longer than {MAX_AUDIO_S:g} s. Cut it.", code="audio")
    times = [time for word in sound.words for time in (word.start_s, word.end_s)]
    if not np.isfinite(times).all() or times != sorted(times) or min(times, default=0) < 0:
        raise MhkdError(
            "The words of the recording can't be used: expected seconds that never fall.",
            code="audio",
        )
    return Recording(samples, sound.rate_hz, sound.origin, sound.findings, sound.words)


def read_analysis(plain: dict[str, Any]) -> Analysis:
    """The analysis whose ``to_json`` this is."""
    inner = dict(plain)
    inner.pop("schema_version")
    contributions = inner.pop("contributions")
    return TypeAdapter(Analysis).validate_python(
        inner
        | {
            "given": inner.pop("input"),
            "teacher_contributions": contributions["teachers"],
            "student_contributions": contributions["student"],
        }
    )


def read_attribution(model: str, plain: dict[str, Any] | None) -> Attribution | None:
    """An explanation of ``model``."""
    if plain is None:
        return None
    found: Attribution = TypeAdapter(ATTRIBUTIONS[model]).validate_python(plain)
    return found


def write_progress(progress: Progress, *, with_sound: bool) -> dict[str, Any]:
    """A stage as JSON values.

    Args:
        progress: the stage.
        with_sound: whether the recording goes with it; once is enough.
    """
    partial = progress.partial
    return {
        "stage": progress.stage,
        "fraction": progress.fraction,
        "partial": None if partial is None else partial.to_json(),
        "student": _plain(progress.student),
        "familiarity": _plain(progress.familiarity),
        "recording": write_sound(progress.recording) if with_sound else None,
        "share": progress.share,
    }


def read_progress(plain: dict[str, Any]) -> Progress:
    """The stage that was told."""
    partial, sound = plain["partial"], plain["recording"]
    student, familiarity = plain["student"], plain["familiarity"]
    return Progress(
        plain["stage"],
        plain["fraction"],
        None if partial is None else read_analysis(partial),
        None if student is None else TypeAdapter(Prediction).validate_python(student),
        None if familiarity is None else TypeAdapter(Familiarity).validate_python(familiarity),
        None if sound is None else read_sound(Sound.model_validate(sound)),
        plain.get("share"),
    )


def write_tokens(tokens: Mapping[str, Ints]) -> dict[str, Any]:
    """``TextAnswers.tokens`` as JSON values: model → pairs of sub-words read and in all."""
    return {model: counts.tolist() for model, counts in tokens.items()}


def read_tokens(plain: Mapping[str, Any]) -> dict[str, Ints]:
    """The counts that were told, model → int64, shape (posts, 2).

    Raises:
        MhkdError: these are no counts.
    """
    refused = MhkdError("The service told counts of tokens that can't be read.", code="service")
    try:
        found = {model: np.array(pairs, np.int64) for model, pairs in plain.items()}
    except (ValueError, TypeError, AttributeError, OverflowError) as fault:
        raise refused from fault
    if any(counts.ndim != 2 or counts.shape[1] != 2 for counts in found.values()):
        raise refused
    return found


def describe_fault(fault: ValidationError | Any) -> str:
    """What is wrong with a request; never what it holds."""
    first = fault.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body")
    return f"The request can't be used: {place or 'body'}: {first['msg']}."


def _plain(record: Any) -> dict[str, Any] | None:
    return None if record is None else dataclasses.asdict(record)
