"""Text as models and voices read it. Offsets into the original text stay true."""

from __future__ import annotations

import re
import unicodedata

_URL = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_USER = re.compile(r"(?<!\w)(?:/?u/|@)\w{2,}")
_MARKUP = re.compile(r"[*_~`#>|^]+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_KEPT_CONTROLS = "\n\t\r"


def replace_unreadable(text: str) -> str:
    """Replaces code points that no model can read, one for one.

    Controls (NUL and others) become a space, lone surrogates U+FFFD. The result
    has as many characters as ``text``, so offsets into it are offsets into the
    original.
    """
    return "".join(_readable(char) for char in text)


def _readable(char: str) -> str:
    if char in _KEPT_CONTROLS:
        return char
    category = unicodedata.category(char)
    if category == "Cs":
        return "\ufffd"
    return " " if category == "Cc" else char


def count_letters(text: str) -> int:
    """Number of letters of any script."""
    return sum(char.isalpha() for char in text)


def write_for_voice(text: str) -> str:
    """The post as a voice should read it: addresses named, mark-up left out."""
    spoken = replace_unreadable(text)
    spoken = _URL.sub("link", spoken)
    spoken = _EMAIL.sub("e-mail address", spoken)
    spoken = _USER.sub("user", spoken)
    return _MARKUP.sub(" ", spoken)


def split_for_voice(text: str, *, max_words: int, chunk_words: int) -> list[str]:
    """Cuts the first ``max_words`` words into sentences of at most ``chunk_words``.

    Source: 3M-Health, audio generation (sentences, cut in chunks of 45 words).
    """
    chunks: list[str] = []
    left = max_words
    for sentence in _SENTENCE_END.split(write_for_voice(text)):
        words = sentence.split()[:left]
        left -= len(words)
        chunks += [
            " ".join(words[start : start + chunk_words])
            for start in range(0, len(words), chunk_words)
        ]
        if left <= 0:
            break
    return [chunk for chunk in chunks if any(char.isalnum() for char in chunk)]
