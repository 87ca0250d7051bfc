"""Two analyses → what differs between them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

from app.wording import UNDECIDED_TO, top_label
from mhkd.analysis import Analysis, Prediction, WordAttribution

Mode = Literal["edit", "posts", "bundles"]
NAMES: Final[Mapping[Mode, tuple[str, str]]] = {
    "edit": ("Before", "After"),
    "posts": ("First post", "Second post"),
    "bundles": ("First bundle", "Second bundle"),
}
ORDER: Final = ("student", "teachers", "text", "audio", "emotion")
_WORD: Final = re.compile(r"\S+")
_EXACT_PAIRS: Final = 4_000_000  # words before times words after; beyond, common words anchor less

Span = tuple[int, int]


@dataclass(frozen=True)
class Change:
    """What one model says of either side.

    Attributes:
        model: among ``ORDER``.
        first, second: probability of the label compared; None where the model is absent.
        sides: the label that the model is clearly for (above 0.6), or None, of either side.
    """

    model: str
    first: float | None
    second: float | None
    sides: tuple[str | None, str | None]

    @property
    def difference(self) -> float | None:
        """Second minus first, in probability."""
        if self.first is None or self.second is None:
            return None
        return self.second - self.first

    @property
    def changed_side(self) -> bool:
        """Both answered, and they are not for the same label."""
        return self.difference is not None and self.sides[0] != self.sides[1]


@dataclass(frozen=True)
class TextDifference:
    """Which words of two texts are in one of them only.

    Attributes:
        removed: stretches of the first text, neighbours joined; added: of the second.
        removed_words, added_words: how many words these are.
        common: pairs of words that correspond, as their places in either text.
    """

    removed: tuple[Span, ...]
    added: tuple[Span, ...]
    removed_words: int
    added_words: int
    common: tuple[tuple[Span, Span], ...]


@dataclass(frozen=True)
class ScoreChange:
    """A word and what it scores on either side; None where it is not there."""

    word: str
    first: float | None
    second: float | None

    @property
    def difference(self) -> float:
        """Second minus first; a word that is not there scores nothing."""
        return (self.second or 0.0) - (self.first or 0.0)


def list_shared_labels(first: Analysis, second: Analysis) -> tuple[str, ...]:
    """The labels whose probabilities can be subtracted: all, or none.

    A probability means something only among the labels that it was shared out over.
    """
    return first.labels if set(first.labels) == set(second.labels) else ()


def compare_models(first: Analysis, second: Analysis, target: str) -> tuple[Change, ...]:
    """What each model says of either side, in ``ORDER``."""
    return tuple(
        Change(
            model,
            _probability(first.predictions.get(model), target),
            _probability(second.predictions.get(model), target),
            (_side(first.predictions.get(model)), _side(second.predictions.get(model))),
        )
        for model in ORDER
    )


def compare_texts(before: str, after: str) -> TextDifference:
    """Which words were taken out and which were put in, word by word."""
    old, new = list(_WORD.finditer(before)), list(_WORD.finditer(after))
    a, b = [word.group() for word in old], [word.group() for word in new]
    matcher = SequenceMatcher(None, a, b, autojunk=len(a) * len(b) > _EXACT_PAIRS)
    removed: list[Span] = []
    added: list[Span] = []
    common: list[tuple[Span, Span]] = []
    counts = [0, 0]
    for kind, a0, a1, b0, b1 in matcher.get_opcodes():
        if kind == "equal":
            pairs = zip(old[a0:a1], new[b0:b1], strict=True)
            common += [(one.span(), other.span()) for one, other in pairs]
            continue
        if a1 > a0:
            removed.append((old[a0].start(), old[a1 - 1].end()))
        if b1 > b0:
            added.append((new[b0].start(), new[b1 - 1].end()))
        counts[0] += a1 - a0
        counts[1] += b1 - b0
    return TextDifference(tuple(removed), tuple(added), counts[0], counts[1], tuple(common))


def compare_scores(
    first: WordAttribution, second: WordAttribution, difference: TextDifference
) -> tuple[ScoreChange, ...]:
    """The words whose scores differ, the largest difference first.

    Several explained words within one written word, such as parts around a hyphen, are
    summed. Words that correspond in both texts are compared with each other.
    """
    old, new = _score_by_place(first), _score_by_place(second)
    rows = []
    for one, other in difference.common:
        here, there = _take(old, one), _take(new, other)
        if here is not None and there is not None:
            rows.append(ScoreChange(here[0], here[1], there[1]))
    for spans, scores, is_first in (
        (difference.removed, old, True),
        (difference.added, new, False),
    ):
        for place in [place for place in scores if _lies_in(place, spans)]:
            word, score = scores[place]
            rows.append(
                ScoreChange(word, score, None) if is_first else ScoreChange(word, None, score)
            )
    return tuple(sorted(rows, key=lambda row: -abs(row.difference)))


def find_new_findings(first: Analysis, second: Analysis) -> tuple[str, ...]:
    """Codes of what holds of the second side and not of the first."""
    known = {finding.code for finding in first.quality}
    return tuple(finding.code for finding in second.quality if finding.code not in known)


def _probability(prediction: Prediction | None, target: str) -> float | None:
    return None if prediction is None else prediction.probabilities.get(target)


def _side(prediction: Prediction | None) -> str | None:
    if prediction is None:
        return None
    label, probability = top_label(prediction)
    return label if probability > UNDECIDED_TO else None


def _score_by_place(found: WordAttribution) -> dict[Span, tuple[str, float]]:
    return {(word.start, word.end): (word.text, word.score) for word in found.words}


def _lies_in(place: Span, spans: Sequence[Span]) -> bool:
    return any(start <= place[0] < end for start, end in spans)


def _take(scores: Mapping[Span, tuple[str, float]], span: Span) -> tuple[str, float] | None:
    inside = [scored for place, scored in scores.items() if _lies_in(place, (span,))]
    if not inside:
        return None
    return " ".join(word for word, _ in inside), sum(score for _, score in inside)
