"""Posts for timing, made up of everyday sentences; only their lengths matter."""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np

_SENTENCES: Final = (
    "Today was long, and I am more tired than I would like to be.",
    "My sister called in the evening and we talked about the garden for a while.",
    "I keep putting off the letter that has been lying on my desk since Monday.",
    "Work has been loud lately and I miss having an hour that belongs to nobody else.",
    "I cooked rice with vegetables, it was fine, and then I sat by the window.",
    "Sometimes I feel that everyone else knows how this is done and I missed that lesson.",
    "The walk along the river helped a little, at least until the rain came.",
    "I don't really know why I am writing this, perhaps because it is quiet here.",
    "Tomorrow I will try to get up earlier and see the light before the others do.",
)
_MEDIAN_WORDS: Final = 110
_SPREAD: Final = 0.7  # of the logarithm, as in posts of forums
_MAX_WORDS: Final = 350  # so that a reference that reads 512 tokens reads everything, too
_MIN_WORDS: Final = 12


def write_post(words: int, first: int = 0) -> str:
    """A post of that many words, beginning with another sentence for another ``first``."""
    endless = itertools.cycle(_SENTENCES[first % len(_SENTENCES) :] + _SENTENCES[: first % 9])
    found: list[str] = []
    while len(found) < words:
        found += next(endless).split()
    return " ".join(found[:words])


def write_posts(count: int, *, max_words: int = _MAX_WORDS) -> list[str]:
    """Posts of log-normally distributed lengths, always the same."""
    generator = np.random.default_rng(0)
    lengths = _MEDIAN_WORDS * np.exp(_SPREAD * generator.standard_normal(count))
    floor = min(_MIN_WORDS, max_words)
    return [
        write_post(int(min(max(length, floor), max_words)), place)
        for place, length in enumerate(lengths)
    ]
