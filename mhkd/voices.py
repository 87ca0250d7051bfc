"""What the audio teacher says of one post in several voices, as frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class VoiceAnswer:
    """One voice's reading of the post and the audio teacher's answer to it.

    Attributes:
        voice: the voice's name.
        seconds: length of what was spoken.
        probabilities: calibrated, by label; null where there is no answer.
        reason: why there is none, and how to get it.
    """

    voice: str
    seconds: float
    probabilities: Mapping[str, float] | None
    reason: str | None


@dataclass(frozen=True)
class VoiceSpread:
    """How far the probability of one label goes with the voice alone.

    Attributes:
        lowest, highest: the voices with the smallest and the largest probability.
        range: their difference.
        sd: standard deviation over the voices, with n − 1.
    """

    mean: float
    sd: float
    range: float
    lowest: str
    highest: str


@dataclass(frozen=True)
class VoiceComparison:
    """The same words in every voice that is installed.

    Attributes:
        answers: one for each voice, also for those that are not installed.
        spread: by label; null for fewer than two answers.
    """

    answers: tuple[VoiceAnswer, ...]
    spread: Mapping[str, VoiceSpread] | None
