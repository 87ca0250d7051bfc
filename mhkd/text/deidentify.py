"""Marks that point to a person, replaced by what kind they are.

Own patterns find marks with a form: addresses, numbers, dates, handles. They know no names
and no stories, so a text that went through here is *not* anonymous, and nothing may call it so.
Presidio, where it and a spaCy model are installed, finds many names as well.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY: Final = r"\d{1,2}(?:st|nd|rd|th)?"
# Earlier kinds win where two overlap. Every repetition is bounded or can't be re-split, so
# that the time grows with the length of the text only.
_PATTERNS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("e-mail", r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"),
        ("link", r"(?:https?://|www\.)\S+"),
        (
            "link",
            r"(?<![\w.@])[\w-]{1,63}(?:\.[\w-]{1,63}){0,3}\."
            r"(?:com|org|net|edu|gov|info|io|me|app|gg|ly|co\.uk|org\.uk|ac\.uk)\b(?:/\S*)?",
        ),
        ("user", r"(?<!\w)(?:/?u/|@)[\w-]{2,64}"),
        ("number", r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"),
        ("number", r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])"),
        ("date", r"(?<![\d./-])\d{1,4}([./-])\d{1,2}\1\d{2,4}(?![\d/-])"),
        ("date", rf"\b{_DAY}(?:\s+of)?\s+{_MONTH}(?!\w)(?:,?\s+\d{{4}}\b)?"),
        ("date", rf"\b{_MONTH}\s+(?:{_DAY}(?:,?\s+\d{{4}})?|\d{{4}})\b"),
        ("postcode", r"\b[a-z]{1,2}\d[a-z\d]?\s{0,2}\d[a-z]{2}\b"),
        ("postcode", r"\b[a-z]\d[a-z][ -]?\d[a-z]\d\b"),
        ("postcode", r"\b(?:zip(?:\s?code)?:?\s{1,2}|(?-i:[A-Z]{2})\s{1,2})\d{5}(?:-\d{4})?\b"),
        ("phone", r"(?<![\w.])(?:\+|\(\+?)?\d(?:[\s().-]{0,2}\d){6,14}(?!\w)"),
        (
            "number",
            r"\b(?:mrn|nhs|ssn|id|patient|policy|passport|account|licen[cs]e)"
            r"(?:\s{1,2}(?:number|no\.?))?\s{0,2}[:#]?\s{0,2}[a-z]{0,4}-?\d[\w-]{2,20}",
        ),
        ("number", r"\b[a-z]{1,4}-?\d{4,20}[a-z]?\b"),
        ("number", r"\b\d{5,}\b"),
    )
)
_PRESIDIO_KINDS: Final = {
    "PERSON": "name",
    "LOCATION": "place",
    "NRP": "group",
    "EMAIL_ADDRESS": "e-mail",
    "PHONE_NUMBER": "phone",
    "URL": "link",
    "IP_ADDRESS": "number",
    "IBAN_CODE": "number",
    "CREDIT_CARD": "number",
    "US_SSN": "number",
    "US_DRIVER_LICENSE": "number",
    "US_PASSPORT": "number",
    "UK_NHS": "number",
    "MEDICAL_LICENSE": "number",
}
_MODELS: Final = ("en_core_web_lg", "en_core_web_md", "en_core_web_sm")


@dataclass(frozen=True)
class Mark:
    """A stretch ``text[start:end]`` that points to a person, and what kind it is."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Deidentified:
    """A text with its marks replaced by their kind, ``[phone]``; offsets are the original's."""

    text: str
    marks: tuple[Mark, ...]


FindMarks = Callable[[str], Sequence[Mark]]


def deidentify(text: str, find_names: FindMarks | None = None) -> Deidentified:
    """Replaces what the patterns, and ``find_names`` if given, find in a text."""
    marks = find_marks(text, find_names)
    parts, reached = [], 0
    for mark in marks:
        parts += [text[reached : mark.start], f"[{mark.kind}]"]
        reached = mark.end
    return Deidentified("".join([*parts, text[reached:]]), marks)


def find_marks(text: str, find_names: FindMarks | None = None) -> tuple[Mark, ...]:
    """All marks in their order in the text, without overlap."""
    found: list[Mark] = []
    taken = bytearray(len(text))
    own = (
        Mark(kind, match.start(), match.end())
        for kind, pattern in _PATTERNS
        for match in pattern.finditer(text)
    )
    for mark in (*own, *(find_names(text) if find_names is not None else ())):
        if mark.start < mark.end and not any(taken[mark.start : mark.end]):
            taken[mark.start : mark.end] = b"\x01" * (mark.end - mark.start)
            found.append(mark)
    return tuple(sorted(found, key=lambda mark: mark.start))


def open_presidio() -> FindMarks | None:
    """Presidio with a spaCy model of this machine; None where either is not installed.

    A missing model is never fetched.
    """
    try:
        analyzer = importlib.import_module("presidio_analyzer")
        provider = importlib.import_module("presidio_analyzer.nlp_engine")
        spacy_util = importlib.import_module("spacy.util")
    except ImportError:
        return None
    model = next((name for name in _MODELS if spacy_util.is_package(name)), None)
    if model is None:
        return None
    names = [{"lang_code": "en", "model_name": model}]
    engine = provider.NlpEngineProvider(
        nlp_configuration={"nlp_engine_name": "spacy", "models": names}
    ).create_engine()
    presidio = analyzer.AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
    return lambda text: _ask_presidio(presidio, text)


def _ask_presidio(presidio: Any, text: str) -> list[Mark]:
    found = presidio.analyze(text=text, language="en", entities=list(_PRESIDIO_KINDS))
    return [Mark(_PRESIDIO_KINDS[f.entity_type], f.start, f.end) for f in found]
