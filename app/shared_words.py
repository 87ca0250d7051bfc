"""Which evidence the student kept of its text teacher: strongest words in common. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mhkd.analysis import WordAttribution, WordScore

_STRONGEST: Final = 10
_LEAST_WORDS: Final = 2 * _STRONGEST  # in a shorter post most words are among the strongest
_EDGES: Final = ' \t\n.,;:!?…"“”()[]'


@dataclass(frozen=True)
class SharedWords:
    """The strongest words of both models, strongest of the student first.

    Attributes:
        both: among the strongest of both, with the same sign.
        opposed: among the strongest of both, for the label in one and against it in the other.
        student, teacher: among the strongest of one alone.
        of: words that were taken of each model.
        by_chance: how many of them two random choices would have in common.
    """

    both: tuple[str, ...]
    opposed: tuple[str, ...]
    student: tuple[str, ...]
    teacher: tuple[str, ...]
    of: int
    by_chance: float


def compare_evidence(student: WordAttribution, teacher: WordAttribution) -> SharedWords | None:
    """The strongest words of both explanations of one post.

    Returns:
        None where they explain different labels, are not both of words, or the post is short.
    """
    comparable = student.target == teacher.target and student.unit == teacher.unit == "word"
    if not comparable or min(len(student.words), len(teacher.words)) < _LEAST_WORDS:
        return None
    mine, theirs = _find_strongest(student), _find_strongest(teacher)
    common = [place for place in mine if place in theirs]
    agreed = [place for place in common if mine[place].score * theirs[place].score > 0]
    return SharedWords(
        both=_names(mine[place] for place in agreed),
        opposed=_names(mine[place] for place in common if place not in agreed),
        student=_names(word for place, word in mine.items() if place not in theirs),
        teacher=_names(word for place, word in theirs.items() if place not in mine),
        of=_STRONGEST,
        by_chance=_STRONGEST**2 / max(len(student.words), len(teacher.words)),
    )


def say_shared(found: SharedWords) -> str:
    """How much they have in common, beside chance."""
    common = len(found.both) + len(found.opposed)
    return (
        f"Of the {found.of} strongest words of each, {common} {'is' if common == 1 else 'are'} the "
        f"same; two random choices would share {found.by_chance:.1f}. Sharing words is no proof "
        "that both read them for the same reason."
    )


def list_shared(found: SharedWords) -> list[tuple[str, tuple[str, ...], str]]:
    """Rows: title, words, and what is said where there is none."""
    rows = [
        ("Both rest on", found.both),
        ("With opposite signs", found.opposed),
        ("The student alone", found.student),
        ("The text teacher alone", found.teacher),
    ]
    return [(title, words, "" if words else "None.") for title, words in rows]


def _find_strongest(found: WordAttribution) -> dict[tuple[int, int], WordScore]:
    ranked = sorted(found.words, key=lambda word: -abs(word.score))[:_STRONGEST]
    return {(word.start, word.end): word for word in ranked}


def _names(words: Iterable[WordScore]) -> tuple[str, ...]:
    return tuple(word.text.strip(_EDGES) or word.text for word in words)
