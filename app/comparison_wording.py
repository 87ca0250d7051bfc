"""What differs between two analyses → plain words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from app.comparison import Change, Mode, TextDifference
from app.withheld import say_withheld
from app.wording import (
    MODEL_NAMES,
    say_answer,
    say_finding,
    say_points,
    say_probability,
    source_of,
)
from mhkd.analysis import Analysis

_HARDLY: Final = 0.01
MISMATCH: Final = (
    "The recording no longer matches the text.",
    "The text was edited, the recording was not: the audio teacher still hears the words as they "
    "were. Record or upload the edited text, let both texts be spoken, or leave the sound out.",
)
WHAT_IF: Final = (
    "This shows how the models react to the words, not what a person would write or feel. A small "
    "difference can be chance: models of the same kind, trained anew, differ, too."
)
SCORES_APART: Final = (
    "The two bundles choose between different labels. Each side has a scale of colours of its own, "
    "and its scores are not subtracted from those of the other."
)
OTHER_LABELS: Final = (
    "The two bundles choose between different labels. Each probability is shared out over its own "
    "labels, so the numbers stand side by side and are not subtracted."
)


def say_headline(
    changes: Sequence[Change], target: str, mode: Mode, sources: Mapping[str, str]
) -> str:
    """What the student says of the second side against the first, in one sentence."""
    student = next(change for change in changes if change.model == "student")
    difference = student.difference
    if difference is None:
        return "The student did not answer on both sides."
    if abs(difference) < _HARDLY:
        return {
            "edit": "The edit hardly moves the student.",
            "posts": "The student answers both posts alike.",
            "bundles": "The students of both bundles answer alike.",
        }[mode]
    here, way = source_of(target, sources), "toward" if difference > 0 else "away from"
    points = say_points(abs(difference)).lstrip("+")
    if mode == "edit":
        return f"The edit moves the student {points} {way} {here}."
    more = "more" if difference > 0 else "less"
    which = (
        "second post resembles"
        if mode == "posts"
        else "second bundle finds that the post resembles"
    )
    return f"The {which} posts from {here} {more}: by {points}."


def say_student(changes: Sequence[Change], target: str, sources: Mapping[str, str]) -> str:
    """The student's two probabilities, their difference and whether it changed sides."""
    student = next(change for change in changes if change.model == "student")
    if student.first is None or student.second is None or student.difference is None:
        return ""
    told = (
        f"Its probability of {source_of(target, sources)}: {say_probability(student.first)} → "
        f"{say_probability(student.second)} ({say_points(student.difference)}). "
    )
    first, second = (say_side(side, sources) for side in student.sides)
    if student.changed_side:
        return f"{told}It changes sides: {first} → {second}."
    return f"{told}Its side stays the same: {first}."


def say_side(side: str | None, sources: Mapping[str, str]) -> str:
    """The label that a model is clearly for, or that it is not decided."""
    return "not decided" if side is None else source_of(side, sources)


def say_sides_changed(changes: Sequence[Change], sources: Mapping[str, str]) -> str | None:
    """Which teachers changed sides, None where none did."""
    told = [
        f"{MODEL_NAMES[change.model].lower()}: {say_side(change.sides[0], sources)} → "
        f"{say_side(change.sides[1], sources)}"
        for change in changes
        if change.changed_side and change.model != "student"
    ]
    if not told:
        return None
    sentence = "; ".join(told)
    return f"{sentence[:1].upper()}{sentence[1:]}."


def say_only_on_one_side(changes: Sequence[Change], names: Sequence[str]) -> str | None:
    """Which models answered on one side only."""
    told = [
        f"The {MODEL_NAMES[change.model].lower()} answered only on one side: "
        f"{names[1 if change.first is None else 0].lower()}."
        for change in changes
        if (change.first is None) != (change.second is None)
    ]
    return " ".join(told) or None


def say_texts(difference: TextDifference) -> str:
    """How much of a text was changed."""
    if not difference.removed and not difference.added:
        return "The words are the same on both sides."
    return (
        f"{_count(difference.removed_words)} taken out, {_count(difference.added_words)} put in, "
        f"{_count(len(difference.common))} the same."
    )


def say_without_answer(first: Analysis, second: Analysis, names: Sequence[str]) -> str | None:
    """Which side gets no answer, and why."""
    told = [
        f"{name}: {' '.join(withheld.reasons)}"
        for name, analysis in zip(names, (first, second), strict=True)
        if (withheld := say_withheld(analysis)) is not None
    ]
    if not told:
        return None
    return f"{' '.join(told)} The difference means as little as the number."


def list_other_recordings(
    pair: tuple[Analysis, Analysis], names: Sequence[str], *, mismatch: bool
) -> list[tuple[str, str]]:
    """Title and sentence of what is found of a recording that says another text than its side.

    Args:
        pair: both analyses.
        names: of the sides.
        mismatch: the second side's recording came with another text; said once.
    """
    codes = ("text_differs",) if mismatch else ("text_differs", "recording_of_other_text")
    found = [MISMATCH] if mismatch else []
    for name, analysis in zip(names, pair, strict=True):
        found += [
            (f"{name}: {say_finding(finding.code)}", finding.message)
            for finding in analysis.quality
            if finding.code in codes
        ]
    return found


def say_no_comparison(first: Analysis, second: Analysis, names: Sequence[str]) -> str:
    """The headline where at least one side gets no answer."""
    sides = zip(names, (first, second), strict=True)
    without = [name.lower() for name, analysis in sides if say_withheld(analysis) is not None]
    where = "on either side" if len(without) == 2 else f"for one side: {without[0]}"
    return f"Not compared: there is no answer {where}."


def say_alone(analysis: Analysis, sources: Mapping[str, str]) -> str:
    """What the student says of a side that stands for itself."""
    prediction = analysis.predictions["student"]
    if prediction is None:
        return "The student did not answer."
    answer = say_answer(prediction, sources, analysis.prediction_set)
    told = f"{answer.headline.removesuffix('.')} ({say_probability(answer.probability)})."
    withheld = say_withheld(analysis)
    if withheld is None:
        return told
    return f"{withheld.title} {' '.join(withheld.reasons)} Its forced choice: {told}"


def say_change(change: Change) -> str:
    """A model's difference in signed points, or a dash."""
    return "–" if change.difference is None else say_points(change.difference)


def _count(words: int) -> str:
    return f"{words:,} word{'' if words == 1 else 's'}"
