"""Words as the emotion lexicon and the graph count them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mhkd.text.normalise import replace_unreadable

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


@dataclass(frozen=True)
class Word:
    """A word in lower case and where it stands in the post."""

    text: str
    start: int
    end: int


def split_words(text: str) -> list[Word]:
    """All words of a post: letters of any script, apostrophes inside."""
    readable = replace_unreadable(text)
    return [
        Word(match.group().lower().replace("’", "'"), match.start(), match.end())
        for match in _WORD.finditer(readable)
    ]
