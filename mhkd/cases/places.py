"""Where the words of a post stand in a text that was made from it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

_PIECE: Final = re.compile(r"\w+|[^\w\s]")
_MOST_PAIRS: Final = 30_000_000  # two posts of 5,400 words; beyond, only both ends are compared


@dataclass(frozen=True)
class Place:
    """A stretch ``text[start:end]``."""

    start: int
    end: int


class Places:
    """The way from a post to a text in which some of it was replaced or taken out.

    Both are cut into words and marks, and the longest runs in common are laid over each other
    (Ratcliff and Metzener's matching, as in ``difflib``). Of a word that stands several times,
    those left in the text keep their neighbours; nothing else tells them apart.

    Args:
        post: the post.
        text: what was made of it.
    """

    def __init__(self, post: str, text: str) -> None:
        self._post, self._text = post, text
        self._old = [Place(*found.span()) for found in _PIECE.finditer(post)]
        self._new = [Place(*found.span()) for found in _PIECE.finditer(text)]
        self._starts = [piece.start for piece in self._old]
        self._ends = [piece.end for piece in self._old]
        self._matched = _match(_cut(post, self._old), _cut(text, self._new))

    def find(self, start: int, end: int) -> Place | None:
        """Where ``post[start:end]`` stands in the text; None where it does no longer, or not whole.

        White space within it may differ.
        """
        first, last = bisect_right(self._ends, start), bisect_left(self._starts, end) - 1
        matched = [self._matched.get(piece) for piece in range(first, last + 1)]
        if not matched or matched[0] is None or matched[-1] is None:
            return None
        if matched != list(range(matched[0], matched[0] + len(matched))):
            return None
        # a word may begin or end within a piece, which is the same in both
        before = max(start - self._old[first].start, 0)
        after = max(self._old[last].end - end, 0)
        place = Place(self._new[matched[0]].start + before, self._new[matched[-1]].end - after)
        same = self._text[place.start : place.end].split() == self._post[start:end].split()
        return place if same else None


def _cut(text: str, pieces: Sequence[Place]) -> list[str]:
    return [text[piece.start : piece.end] for piece in pieces]


def _match(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """Piece of the post → the same piece of the text."""
    shorter = min(len(old), len(new))
    head = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    left = shorter - head
    tail = next((i for i in range(left) if old[-1 - i] != new[-1 - i]), left)
    matched = {i: i for i in range(head)}
    matched |= {len(old) - 1 - i: len(new) - 1 - i for i in range(tail)}
    inner, other = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(inner) * len(other) > _MOST_PAIRS:
        return matched
    # frequent words begin no run in a long text, which bounds the time
    for block in SequenceMatcher(None, inner, other).get_matching_blocks():
        matched |= {head + block.a + i: head + block.b + i for i in range(block.size)}
    return matched
