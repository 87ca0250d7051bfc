"""A sound that is said otherwise, and what the audio teacher makes of it → plain words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.asked_work import HeardOtherwise
from app.wording import say_points, say_probability, signed, source_of
from mhkd.analysis import Analysis
from mhkd.answers import SoundAnswer
from mhkd.audio.manner import Manner

INTRO: Final = (
    "Choose how the sound is changed, hear it, and see what the audio teacher makes of it. A "
    "machine makes the change and leaves traces that no recording has: read the answer with care."
)
NEUTRAL: Final = "Nothing is changed, so there is nothing to ask."
NOT_KEPT: Final = (
    "This is not kept anywhere: it is in no record, report or kept case, and is gone when the "
    "case is cleared."
)
HEADER: Final = ("Sound", "Length heard", "Probability", "Difference")

_LITTLE = 0.02  # of a probability, as for the fixed changes
_UNHEARD_S = 0.05
_AUDIBLE_DB = 0.05


def name_manner(manner: Manner) -> str:
    """What is changed: ``pitch +2 semitones, tempo × 0.90``."""
    parts = []
    if manner.semitones:
        unit = "semitone" if abs(manner.semitones) == 1 else "semitones"
        parts.append(f"pitch {signed(manner.semitones, 0)} {unit}")
    if manner.tempo != 1:
        parts.append(f"tempo × {manner.tempo:.2f}")
    if manner.gain_db:
        parts.append(f"loudness {signed(manner.gain_db, 0)} dB")
    return ", ".join(parts) or "nothing changed"


def tabulate_otherwise(
    analysis: Analysis, answer: SoundAnswer, target: str
) -> list[tuple[str, ...]]:
    """Rows: the sound as it is and changed, seconds heard, probability, difference."""
    before, after = _probabilities(analysis, answer, target)
    return [
        ("as it is", f"{analysis.given.audio.seconds_heard:.1f} s", say_probability(before), "–"),
        (
            "changed",
            f"{answer.heard.seconds_heard:.1f} s",
            say_probability(after),
            say_points(after - before),
        ),
    ]


def say_moved(
    analysis: Analysis,
    found: HeardOtherwise,
    answer: SoundAnswer,
    target: str,
    sources: Mapping[str, str],
) -> str:
    """How far the audio teacher's answer went with the way of saying alone."""
    before, after = _probabilities(analysis, answer, target)
    of = f"the audio teacher’s probability of posts from {source_of(target, sources)}"
    told = f"from {say_probability(before)} to {say_probability(after)}"
    way = "hardly moves" if abs(after - before) < _LITTLE else "goes"
    comma = "," if way == "hardly moves" else ""
    moved = f"With {name_manner(found.manner)}, {of} {way}{comma} {told}."
    unheard_s = answer.heard.seconds - answer.heard.seconds_heard
    if unheard_s > _UNHEARD_S:
        return (
            f"{moved} So slow, the last {unheard_s:.1f} s are not heard any more: besides the way "
            "of saying, some words may be missing."
        )
    return f"{moved} The words are the same; only the way of saying them changed."


def say_limited(found: HeardOtherwise) -> str | None:
    """That the sound could not be made as loud as was asked for; None where it could."""
    if found.said.gain_db > found.manner.gain_db - _AUDIBLE_DB:
        return None
    return f"Its loudness was limited to {signed(found.said.gain_db, 1)} dB, so that nothing clips."


def list_remarks(analysis: Analysis, answer: SoundAnswer) -> list[str]:
    """What is found in the changed sound and was not found in the sound as it is."""
    known = {finding.code for finding in analysis.quality} | {"teachers_disagree"}
    return [finding.message for finding in answer.findings if finding.code not in known]


def _probabilities(analysis: Analysis, answer: SoundAnswer, target: str) -> tuple[float, float]:
    before = analysis.predictions["audio"]
    if before is None or answer.probabilities is None:
        raise ValueError("Only what was answered twice can be compared.")
    return before.probabilities[target], answer.probabilities[target]
