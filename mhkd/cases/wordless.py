"""An analysis without the words of its post, or with those of a de-identified text only."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, Final

from mhkd.analysis import Analysis, WordScore

# Strings that the system writes itself; any other in an attribution may come from the post.
_OWN_STRINGS: Final = frozenset(
    {"target", "method", "baseline", "fill", "rule", "reason", "unit", "band", "change"}
    | {"label_before", "label_after"}
)
_OWN_KEYS: Final = frozenset({"emotions"})  # names of the lexicon's emotions, not words
_WORD: Final = re.compile(r"\w+")
HIDDEN: Final = "…"


def keep_words_of(analysis: Analysis, text: str | None) -> dict[str, Any]:
    """The analysis as JSON, with no word that ``text`` does not hold.

    Without a text, lists of words are null. With one, a word that is not in it reads ``…``.
    Places in the original post are left out in either case.
    """
    known = None if text is None else frozenset(_WORD.findall(text.casefold()))
    plain = analysis.to_json()
    plain["attributions"] = _strip(analysis.attributions, known)
    return plain


def _strip(value: Any, known: frozenset[str] | None, name: str = "") -> Any:
    if isinstance(value, bool | int | float | None):
        return value
    if isinstance(value, str):
        return value if name in _OWN_STRINGS else _show(value, known)
    if isinstance(value, WordScore):
        return {"text": _show(value.text, known), "start": None, "end": None, "score": value.score}
    if dataclasses.is_dataclass(value):
        return {
            field.name: _strip(getattr(value, field.name), known, field.name)
            for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return _strip_mapping(value, known, name)
    if isinstance(value, list | tuple):
        if known is None and any(isinstance(part, WordScore | str) for part in value):
            return None
        return [_strip(part, known, name) for part in value]
    return None


def _strip_mapping(
    value: Mapping[str, Any], known: frozenset[str] | None, name: str
) -> dict[str, Any] | None:
    if name in _OWN_KEYS:
        return {key: _strip(part, known, name) for key, part in value.items()}
    if known is None:
        return None
    kept = {key: part for key, part in value.items() if _show(key, known) != HIDDEN}
    return {
        # what stands beside a word are names of the lexicon, or numbers
        key: list(part) if isinstance(part, tuple) else _strip(part, known)
        for key, part in kept.items()
    }


def _show(word: str, known: frozenset[str] | None) -> str | None:
    """The word if each part of it stands in the text that is kept."""
    if known is None:
        return None
    parts = _WORD.findall(word.casefold())
    return word if all(part in known for part in parts) else HIDDEN
