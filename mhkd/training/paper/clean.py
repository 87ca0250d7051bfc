"""The paper's cleaning of a post: reserved words for addresses, emoticons apart, lower case.

Source: 3M-Health's notebooks, with de-identification and emoticons preserved.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

RESERVED = ("_URL_", "_EMAIL_", "_USER_")
_ADDRESSES = (
    (re.compile(r"https?://\S+"), "_URL_"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "_EMAIL_"),
    (re.compile(r"@[A-Za-z0-9_]{2,}"), "_USER_"),
)
_EMOJI = "[\U0001f300-\U0001faff\u2600-\u27bf\U0001f1e6-\U0001f1ff]"


def clean_post(text: str, emoticons: Sequence[str] = ()) -> str:
    """Cleans a post.

    Args:
        emoticons: kept as they are, apart from other words; the longest first (the notebooks
            take the list's order and cut long faces by short ones). Those of letters alone
            need white space around them.
    """
    for pattern, word in _ADDRESSES:
        text = pattern.sub(word, text)
    kept = _pattern(tuple(emoticons))
    pieces = []
    start = 0
    for match in kept.finditer(text):
        pieces += [text[start : match.start()].lower(), match.group()]
        start = match.end()
    pieces.append(text[start:].lower())
    return " ".join(piece.strip() for piece in pieces if piece.strip())


@lru_cache(maxsize=8)
def _pattern(emoticons: tuple[str, ...]) -> re.Pattern[str]:
    faces = sorted({face for face in emoticons if len(face) > 1}, key=len, reverse=True)
    letters = [re.escape(face) for face in faces if face.isalpha()]
    others = [re.escape(face) for face in faces if not face.isalpha()]
    alone = [rf"(?<!\S)(?:{'|'.join(letters)})(?!\S)"] if letters else []
    return re.compile("|".join([*RESERVED, *alone, *others, _EMOJI]))


def added_tokens(texts: Sequence[str], emoticons: Sequence[str]) -> list[str]:
    """Reserved words, emoticons and emojis that become tokens of their own."""
    emojis = sorted({match for text in texts for match in re.findall(_EMOJI, text)})
    return [*RESERVED, *sorted({face for face in emoticons if len(face) > 1}), *emojis]
