"""What goes in: a post and, perhaps, its recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Origin = Literal["recorded", "synthesised"]


@dataclass(frozen=True)
class SpokenWord:
    """A word and when it is spoken."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, eq=False)
class Recording:
    """Mono sound.

    Attributes:
        samples: float32, shape (samples,), in [-1, 1].
        rate_hz: samples per second.
        origin: ``recorded`` by a person or ``synthesised`` from the text.
        findings: codes that decoding found, such as ``incomplete``.
        words: where each word is, in order; empty where that is not known.
    """

    samples: npt.NDArray[np.float32]
    rate_hz: int
    origin: Origin
    findings: tuple[str, ...] = ()
    words: tuple[SpokenWord, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate_hz


@dataclass(frozen=True, eq=False)
class Post:
    """One social-media post.

    Attributes:
        text: the post as written.
        recording: its sound, or None where there is none.
        id: the caller's own name for it, never shown to a model.
        recording_of_other_text: it is known that the recording came with another text, such as
            the post before an edit.
    """

    text: str
    recording: Recording | None = None
    id: str | None = None
    recording_of_other_text: bool = False
