"""One post in several voices → rows and plain words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.wording import say_points, say_probability, source_of
from mhkd.analysis import Analysis, VoiceComparison

VOICE_NAMES: Final[Mapping[str, str]] = {
    "joe": "joe (Piper, the app’s own)",
    "heart": "heart (Kokoro)",
    "michael": "michael (Kokoro)",
}
HEADER: Final = ("Voice", "Sound", "Probability")


def tabulate_voices(
    analysis: Analysis, found: VoiceComparison, target: str
) -> list[tuple[str, ...]]:
    """Rows: voice, length of its sound, probability; a person's recording first."""
    rows, own = [], analysis.predictions["audio"]
    if analysis.given.audio.origin == "recorded" and own is not None:
        seconds = f"{analysis.given.audio.seconds:.1f} s"
        rows.append(("the recording", seconds, say_probability(own.probabilities[target])))
    for answer in found.answers:
        name, p = VOICE_NAMES.get(answer.voice, answer.voice), answer.probabilities
        told = "–" if p is None else say_probability(p[target])
        rows.append((name, f"{answer.seconds:.1f} s" if answer.seconds else "–", told))
    return rows


def list_lacking(found: VoiceComparison) -> list[str]:
    """A sentence for each voice that gave no answer: why, and how to get it."""
    return [
        f"{VOICE_NAMES.get(answer.voice, answer.voice)}: {answer.reason}"
        for answer in found.answers
        if answer.reason is not None
    ]


def say_spread(
    analysis: Analysis, found: VoiceComparison, target: str, sources: Mapping[str, str]
) -> str:
    """How much of the audio teacher's answer is the voice and not the words."""
    heard = sum(answer.probabilities is not None for answer in found.answers)
    if found.spread is None:
        return (
            "Only one voice gave an answer, so there is no spread to tell."
            if heard
            else "No voice gave an answer, so there is nothing to compare."
        )
    spread = found.spread[target]
    return (
        f"With the same words, the voice alone moves the audio teacher’s probability of posts "
        f"from {source_of(target, sources)} by {_points(spread.range)} over {heard} voices "
        f"(standard deviation {_points(spread.sd)}), from {spread.lowest} to {spread.highest}: "
        f"that much of its answer is the voice and not the words.{_beside(analysis, found, target)}"
    )


def _beside(analysis: Analysis, found: VoiceComparison, target: str) -> str:
    """The same spread as it reaches the audio teacher's contribution."""
    shared = analysis.teacher_contributions
    if shared is None or found.spread is None:
        return ""
    own = shared.shapley.get("audio")
    if own is None or shared.target != target:
        return ""
    # the teachers' mean is a plain one, so a teacher's contribution moves by its share of it
    present = sum(value is not None for value in shared.shapley.values())
    spread = found.spread[target]
    reached = spread.range / present
    way = (
        "As much as the contribution itself or more: it says as much about the voice as about "
        "the words."
        if reached >= abs(own)
        else "Less than the contribution itself."
    )
    return (
        f" Its contribution to the teachers’ mean is {say_points(own)}; as one of {present} "
        f"teachers it moves with the voice by {_points(reached)} (standard deviation "
        f"{_points(spread.sd / present)}). {way}"
    )


def _points(value: float) -> str:
    return f"{100 * value:.1f} points"
