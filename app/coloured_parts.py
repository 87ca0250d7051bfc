"""What can be coloured of an explanation of words, and its strongest parts as a table. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.wording import signed
from app.words_wording import is_long
from mhkd.analysis import WordAttribution, WordScore
from mhkd.text.spans import Span, sum_to_sentences, sum_to_spans

STRONGEST: Final = 10
_MASKING: Final = (
    "Each score is how far the logit falls when that {unit} alone is masked. These falls need not "
    "add up: what two {unit}s say alike hardly shows in either. The mark is that of the gradients."
)
_MASKING_FAILS: Final = "Taken away in this order, the strongest do no better than random ones."


@dataclass(frozen=True)
class Parts:
    """What is coloured of an explanation.

    Attributes:
        unit: ``word`` or ``sentence``.
        scores: one for each of them.
        masked: they are the second method's, occlusion.
    """

    unit: str
    scores: tuple[WordScore, ...]
    masked: bool = False


def list_parts(found: WordAttribution, text: str) -> Mapping[str, Parts]:
    """Choice → what is coloured; the first is the one to begin with.

    A post over 150 words has its sentences first. Each of them, or each word, masked alone comes
    last, where the explanation was tested by that.
    """
    if is_long(found):
        parts = {
            "Sentences": Parts("sentence", sum_to_sentences(found.words, text)),
            "Words": Parts("word", found.words),
        }
    else:
        parts = {"Gradients": Parts(found.unit, found.words)}
    if found.masked and found.trust is not None:
        unit = found.trust.unit
        parts[f"One {unit} masked at a time"] = Parts(unit, found.masked, masked=True)
    return parts


def find_strongest(scores: tuple[WordScore, ...]) -> list[WordScore]:
    """The words or sentences with the largest scores, by size."""
    return sorted(scores, key=lambda part: -abs(part.score))[:STRONGEST]


def tabulate_strongest(
    found: WordAttribution, parts: Parts
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows: the strongest, their score, and where there is one the other method's."""
    own = "Fall of the logit" if found.fallback else "Share of the logit"
    fall = "Fall when masked"
    beside = _find_beside(found, parts)
    header = (parts.unit.capitalize(), fall if parts.masked else own)
    strongest = find_strongest(parts.scores)
    if not beside:
        return header, [(part.text, signed(part.score, 3)) for part in strongest]
    rows = []
    for part in strongest:
        other = beside.get((part.start, part.end))
        rows.append((part.text, signed(part.score, 3), "–" if other is None else signed(other, 3)))
    return (*header, own if parts.masked else fall), rows


def say_masking(found: WordAttribution, parts: Parts) -> str:
    """What scores of masking are, and whether their order stood its test."""
    told = _MASKING.format(unit=parts.unit)
    return f"{told} {_MASKING_FAILS}" if is_masking_shaky(found) else told


def is_masking_shaky(found: WordAttribution) -> bool:
    """Whether the order of masking did no better than random ones."""
    trust = found.trust
    return (
        trust is not None
        and trust.second_comprehensiveness is not None
        and trust.second_comprehensiveness <= trust.random_comprehensiveness
    )


def _find_beside(found: WordAttribution, parts: Parts) -> Mapping[tuple[int, int], float]:
    """Place → the other method's score, where it speaks of the same units."""
    if not found.masked or found.trust is None or found.trust.unit != parts.unit:
        return {}
    if not parts.masked:
        return {(part.start, part.end): part.score for part in found.masked}
    places = [(part.start, part.end) for part in parts.scores]
    sums = sum_to_spans(found.words, [Span(*place) for place in places])
    return dict(zip(places, sums, strict=True))
