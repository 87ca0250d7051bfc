"""Mistakes of spelling and other punctuation, the same at every call."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_LONG_WORD = re.compile(r"[A-Za-z]{5,}")
_EVERY = 4  # of the long words, so that a post has some mistakes and stays readable
_SENTENCE_END = re.compile(r"([.?!]) ")

CHANGES = (
    "swapped letters",
    "left-out letters",
    "doubled letters",
    "misspelt words",
    "no commas",
    "no apostrophes",
    "a line for each sentence",
    "dots after sentences",
)


def change_post(text: str, change: str, misspelt: Mapping[str, str]) -> str:
    """A post with one of ``CHANGES`` made to it.

    Args:
        text: the post.
        change: among ``CHANGES``.
        misspelt: word → how it is often written.
    """
    if change in _LETTERS:
        return _mistype(text, _LETTERS[change])
    if change == "misspelt words":
        return re.sub(r"[A-Za-z]+", lambda found: misspelt.get(found[0], found[0]), text)
    if change == "no commas":
        return text.replace(",", "")
    if change == "no apostrophes":
        return text.replace("'", "")
    if change == "a line for each sentence":
        return _SENTENCE_END.sub("\n", text)
    return _SENTENCE_END.sub("... ", text)


def _mistype(text: str, mistake: Callable[[str, int], str]) -> str:
    """Every fourth word of at least five letters gets a mistake in its middle."""
    seen = 0

    def change(found: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        word = found[0]
        return mistake(word, len(word) // 2) if seen % _EVERY == 1 else word

    return _LONG_WORD.sub(change, text)


def _swap(word: str, middle: int) -> str:
    return word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :]


_LETTERS: Mapping[str, Callable[[str, int], str]] = {
    "swapped letters": _swap,
    "left-out letters": lambda word, middle: word[:middle] + word[middle + 1 :],
    "doubled letters": lambda word, middle: word[:middle] + word[middle] + word[middle:],
}
