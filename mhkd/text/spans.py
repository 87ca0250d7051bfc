"""Where the words and the sentences of a post lie. Light: needs no model."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from mhkd.analysis import WordScore
from mhkd.limits import MAX_OCCLUDED_SENTENCES
from mhkd.text.normalise import replace_unreadable

_WORD = re.compile(r"\S+")
_SENTENCE = re.compile(r"\S(?:.*?(?:[.!?…]+(?=\s)|\n|\Z))", re.DOTALL)


@dataclass(frozen=True)
class Span:
    """A stretch of the post, ``text[start:end]``."""

    start: int
    end: int


def word_spans(text: str) -> list[Span]:
    """Every run of characters without white space; punctuation belongs to its word."""
    return [Span(*match.span()) for match in _WORD.finditer(replace_unreadable(text))]


def sentence_spans(text: str) -> list[Span]:
    """Sentences and lines; neighbours are joined where there are more than 60."""
    readable = replace_unreadable(text)
    found = [
        Span(match.start(), match.start() + len(match.group().rstrip()))
        for match in _SENTENCE.finditer(readable)
    ]
    together = -(-len(found) // MAX_OCCLUDED_SENTENCES) or 1
    groups = [found[start : start + together] for start in range(0, len(found), together)]
    return [Span(group[0].start, group[-1].end) for group in groups]


def sum_to_spans(words: Sequence[WordScore], spans: Sequence[Span]) -> list[float]:
    """Scores added up over longer stretches, in which each of them begins."""
    starts, totals = [span.start for span in spans], [0.0] * len(spans)
    for word in words:
        totals[max(0, bisect_right(starts, word.start) - 1)] += word.score
    return totals


def sum_to_sentences(words: Sequence[WordScore], text: str) -> tuple[WordScore, ...]:
    """The scores of words added up to sentences, as far as the words reach.

    Args:
        words: at least one, in order, with places in ``text``.
    """
    spans = [span for span in sentence_spans(text) if span.start < words[-1].end]
    return tuple(
        WordScore(text[span.start : span.end], span.start, span.end, score)
        for span, score in zip(spans, sum_to_spans(words, spans), strict=True)
    )
