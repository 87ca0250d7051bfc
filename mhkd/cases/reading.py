"""A kept analysis as a record again, as far as it was kept; nothing is computed anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import TypeAdapter, ValidationError

from mhkd.analysis import (
    Analysis,
    Counterfactual,
    EmotionAttribution,
    Familiarity,
    PredictionSet,
    SoundAttribution,
    StudentContributions,
    TeacherContributions,
    VoiceComparison,
    VoiceMeasures,
    WordAttribution,
)
from mhkd.cases.wordless import HIDDEN
from mhkd.errors import CaseError
from mhkd.remote.wire import read_analysis

_WORDED: Final = {
    "student": WordAttribution,
    "text": WordAttribution,
    "emotion": EmotionAttribution,
}
_PARTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "": {
        "familiarity": Familiarity,
        "sound_familiarity": Familiarity,
        "prediction_set": PredictionSet,
        "voice": VoiceMeasures,
        "voices": VoiceComparison,
    },
    "contributions": {"teachers": TeacherContributions, "student": StudentContributions},
    "attributions": {
        **_WORDED,
        "audio": SoundAttribution,
        "counterfactual": Counterfactual,
    },
}
_MARKS: Final = ("holds", "caution", "fails")

WhyLost = Literal["not_kept", "no_places", "unfit", "taken_out"]


@dataclass(frozen=True)
class LostWords:
    """Words of an explanation that have no place in the text that was kept.

    Attributes:
        why: ``not_kept``: no word was; ``no_places``: words without their places; ``unfit``:
            the places don't hold these words, so that none can be trusted; ``taken_out``: these
            words were replaced or taken out before the text was kept.
        count: of them. of: words, or sentences, that were explained; both 0 where not known.
        share: of the sum of absolute scores that falls on them, 0 to 1.
    """

    why: WhyLost
    count: int
    of: int
    share: float


@dataclass(frozen=True)
class KeptAnalysis:
    """What was kept of an analysis.

    Attributes:
        analysis: its words are those that have a place in the kept text, with that place.
        lost: explanation → its words that have none; only where there are such words.
        absent: parts that were not stored, or not in a form that can be read, such as
            ``contributions.teachers`` or ``attributions.text.trust``.
    """

    analysis: Analysis
    lost: Mapping[str, LostWords]
    absent: tuple[str, ...]


def read_kept(stored: Mapping[str, Any], text: str | None) -> KeptAnalysis:
    """Reads what ``keep_words_of`` wrote, also by an earlier version.

    Args:
        stored: the analysis of a case.
        text: the text that was kept with it.

    Raises:
        CaseError: there are no predictions in it that can be read.
    """
    plain: dict[str, Any] = deepcopy(dict(stored))
    absent = _fill_parts(plain)
    attributions, lost = plain["attributions"], {}
    for name in (*_WORDED, "counterfactual"):
        found = attributions[name]
        gone = None if found is None else _place_words(found, _words_of(name), text)
        if gone is not None:
            lost[name] = gone
        if found is not None and name in ("student", "text"):
            _place_words(found, "masked", text)
    absent += [f"attributions.{name}.trust" for name in _drop_trust(attributions)]
    absent += _drop_unreadable(plain)
    try:
        analysis = read_analysis(plain)
    except (ValidationError, KeyError) as fault:
        raise CaseError(
            "The numbers of this case were kept in a form that this version can’t read. They are "
            "whole in the JSON; the version that kept them can show them."
        ) from fault
    return KeptAnalysis(analysis, lost, tuple(absent))


def _fill_parts(plain: dict[str, Any]) -> list[str]:
    """Puts null where a part was not stored; returns the names of those."""
    absent = []
    for group, parts in _PARTS.items():
        if group and not isinstance(plain.get(group), dict):
            plain[group] = {}
        holder = plain[group] if group else plain
        for name in parts:
            if name not in holder:
                holder[name] = None
                absent.append(_name(group, name))
    return absent


def _drop_unreadable(plain: dict[str, Any]) -> list[str]:
    """Puts null in place of parts that can't be read; returns the names of those."""
    dropped = []
    for group, parts in _PARTS.items():
        holder = plain[group] if group else plain
        for name, kind in parts.items():
            try:
                TypeAdapter(kind | None).validate_python(holder[name])
            except ValidationError:
                holder[name] = None
                dropped.append(_name(group, name))
    return dropped


def _name(group: str, name: str) -> str:
    return f"{group}.{name}" if group else name


def _words_of(explanation: str) -> str:
    return "removed" if explanation == "counterfactual" else "words"


def _place_words(found: dict[str, Any], field: str, text: str | None) -> LostWords | None:
    """Leaves the words that have a place in ``text``; tells of the others."""
    if field == "words" and "word_emotions" in found:
        found["word_emotions"] = found["word_emotions"] or {}
    words: list[dict[str, Any]] | None = found.get(field)
    if words is None or text is None:
        found[field] = []
        return None if words == [] else LostWords("not_kept", 0, 0, 1.0)
    placed = [word for word in words if word["start"] is not None]
    if len(placed) == len(words) and _fit(placed, text):
        return None
    whole = sum(abs(word["score"]) for word in words)
    gone = sum(abs(word["score"]) for word in words if word["start"] is None)
    lost = LostWords("taken_out", len(words) - len(placed), len(words), gone / (whole or 1.0))
    if not placed and any(word["text"] != HIDDEN for word in words):
        lost = LostWords("no_places", len(words), len(words), 1.0)
    elif not _fit(placed, text):
        lost = LostWords("unfit", len(words), len(words), 1.0)
    # a part of what was removed together would be another counterfactual
    found[field] = placed if lost.why == "taken_out" and field != "removed" else []
    return lost


def _fit(placed: Sequence[Mapping[str, Any]], text: str) -> bool:
    """Whether every place holds its word, one after the other."""
    reached = 0
    for word in placed:
        start, end = word["start"], word["end"]
        if start < reached or text[start:end] != word["text"]:
            return False
        reached = end
    return True


def _drop_trust(attributions: dict[str, Any]) -> list[str]:
    """Puts null in place of tests whose mark was not stored; returns the explanations' names."""
    dropped = []
    for name in (*_WORDED, "audio"):
        holder = attributions[name]
        if name == "audio" and holder is not None:
            holder = holder.get("checks")
        trust = None if holder is None else holder.get("trust")
        if trust is None:
            continue
        trust["reasons"] = trust.get("reasons") or []
        if trust.get("mark") not in _MARKS:
            holder["trust"] = None
            dropped.append(name)
    return dropped
