"""An analysis without the words of its post, or with those of a de-identified text only."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mhkd.analysis import Analysis, WordScore
from mhkd.cases.places import Places

# Strings that the system writes itself; any other in an attribution may come from the post.
_OWN_STRINGS: Final = frozenset(
    {"target", "method", "baseline", "fill", "rule", "reason", "unit", "band", "change"}
    | {"label_before", "label_after", "mark", "reasons", "second_method"}
)
_OWN_KEYS: Final = frozenset({"emotions"})  # names of the lexicon's emotions, not words
_WORD: Final = re.compile(r"\w+")
HIDDEN: Final = "…"


def keep_words_of(
    analysis: Analysis, text: str | None, *, post: str | None = None
) -> dict[str, Any]:
    """The analysis as JSON, with no word that ``text`` does not hold.

    Without a text, lists of words are null. With one, a word that is not in it reads ``…``.

    Args:
        analysis: of ``post``.
        text: the text that is kept; None keeps no word.
        post: the post itself, of which nothing is kept. It tells where in ``text`` each word
            stands: ``start`` and ``end`` are places there. Without it they are null.
    """
    places = None if text is None or post is None else Places(post, text)
    kept = None if text is None else _Kept(text, frozenset(_find_words(text)), places)
    plain = analysis.to_json()
    plain["attributions"] = _strip(analysis.attributions, kept)
    return plain


@dataclass(frozen=True)
class _Kept:
    """The text that is kept, its words, and the way to it from the post."""

    text: str
    words: frozenset[str]
    places: Places | None


def _find_words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _strip(value: Any, kept: _Kept | None, name: str = "") -> Any:
    if isinstance(value, bool | int | float | None):
        return value
    if isinstance(value, str):
        return value if name in _OWN_STRINGS else _show(value, kept)
    if isinstance(value, WordScore):
        return _strip_word(value, kept)
    if dataclasses.is_dataclass(value):
        return {
            field.name: _strip(getattr(value, field.name), kept, field.name)
            for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return _strip_mapping(value, kept, name)
    if isinstance(value, list | tuple):
        nameless = kept is None and name not in _OWN_STRINGS
        if nameless and any(isinstance(part, WordScore | str) for part in value):
            return None
        return [_strip(part, kept, name) for part in value]
    return None


def _strip_word(word: WordScore, kept: _Kept | None) -> dict[str, Any]:
    told, start, end = _show(word.text, kept), None, None
    if kept is not None and kept.places is not None:
        place = kept.places.find(word.start, word.end)
        told = HIDDEN
        if place is not None:
            start, end = place.start, place.end
            told = kept.text[start:end]
    return {"text": told, "start": start, "end": end, "score": word.score}


def _strip_mapping(
    value: Mapping[str, Any], kept: _Kept | None, name: str
) -> dict[str, Any] | None:
    if name in _OWN_KEYS:
        return {key: _strip(part, kept, name) for key, part in value.items()}
    if kept is None:
        return None
    shown = {key: part for key, part in value.items() if _show(key, kept) != HIDDEN}
    return {
        # what stands beside a word are names of the lexicon, or numbers
        key: list(part) if isinstance(part, tuple) else _strip(part, kept)
        for key, part in shown.items()
    }


def _show(word: str, kept: _Kept | None) -> str | None:
    """The word if each part of it stands in the text that is kept."""
    if kept is None:
        return None
    return word if all(part in kept.words for part in _find_words(word)) else HIDDEN
