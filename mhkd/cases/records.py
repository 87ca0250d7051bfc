"""A case as it is kept: judgement, note, numbers; its text only where the reader agreed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from mhkd.analysis import Analysis
from mhkd.cases.wordless import keep_words_of
from mhkd.errors import CaseError
from mhkd.limits import MAX_CHARS, MAX_NOTE_CHARS, RETENTION_DAYS
from mhkd.text.deidentify import Deidentified, deidentify

__all__ = [
    "NEITHER",
    "UNSURE",
    "Case",
    "Deidentified",
    "Judgement",
    "NewCase",
    "deidentify",
    "make_case",
]

NEITHER: Final = "neither"
UNSURE: Final = "can't tell"


@dataclass(frozen=True)
class Judgement:
    """What the reader makes of a post.

    Attributes:
        label: a label of the bundle, ``NEITHER`` or ``UNSURE``.
        first: it was noted before the models' answers were shown.
        note: free text; marks that the patterns find are replaced when it is kept.
        after: where ``first``, what the reader judged once the answers were there; None where
            nobody asked.
    """

    label: str
    first: bool = False
    note: str = ""
    after: str | None = None

    @property
    def last(self) -> str:
        """The reader's last word."""
        return self.label if self.after is None else self.after


@dataclass(frozen=True)
class Case:
    """A kept case without its analysis, which is read for one case at a time.

    Attributes:
        kept_at: UTC. expires_on: it is deleted on this day.
        model_label, model_probability: the student's answer.
        outside: the post was outside what the model knows.
        withheld: no answer was given, because of that or of another finding; the model's label is
            a forced choice then.
        text: the de-identified text; None where only numbers were kept.
    """

    id: str
    kept_at: datetime
    expires_on: date
    bundle_name: str
    bundle_version: str
    bundle_sha256: str
    labels: tuple[str, ...]
    model_label: str
    model_probability: float
    outside: bool
    withheld: bool
    judgement: Judgement
    text: str | None


@dataclass(frozen=True)
class NewCase:
    """What is about to be kept."""

    case: Case
    analysis: Mapping[str, Any]


def make_case(
    analysis: Analysis,
    judgement: Judgement,
    *,
    id: str,  # noqa: A002
    text: str | None = None,
    post: str | None = None,
    retention_days: int = RETENTION_DAYS[0],
    now: datetime | None = None,
) -> NewCase:
    """Puts a case together; nothing is stored yet.

    Args:
        analysis: the finished analysis.
        judgement: the reader's.
        id: new, unlike any other.
        text: the de-identified text that the reader confirmed; None keeps no word.
        post: what was analysed. Nothing of it is kept; it tells where its words stand in ``text``.
        retention_days: until the case is deleted.
        now: the moment of keeping.

    Raises:
        CaseError: there is no answer, or judgement, text or note can't be kept.
    """
    student = analysis.predictions.get("student")
    if student is None:
        raise CaseError("The student did not answer, so there is no case to keep.")
    if {judgement.label, judgement.last} - {*analysis.labels, NEITHER, UNSURE}:
        raise CaseError("Choose a judgement: one of the labels, neither, or can’t tell.")
    if len(judgement.note) > MAX_NOTE_CHARS or len(text or "") > MAX_CHARS:
        raise CaseError(
            f"The note holds up to {MAX_NOTE_CHARS:,} characters, the text up to {MAX_CHARS:,}. "
            "Shorten them."
        )
    moment = now or datetime.now(UTC)
    outside = analysis.familiarity is not None and analysis.familiarity.outside
    label, probability = max(student.probabilities.items(), key=lambda item: item[1])
    case = Case(
        id=id,
        kept_at=moment,
        expires_on=moment.date() + timedelta(days=retention_days),
        bundle_name=analysis.bundle.name,
        bundle_version=analysis.bundle.version,
        bundle_sha256=analysis.bundle.sha256,
        labels=tuple(analysis.labels),
        model_label=label,
        model_probability=float(probability),
        outside=outside,
        withheld=outside or any(finding.effect == "abstains" for finding in analysis.quality),
        judgement=replace(judgement, note=deidentify(_storable(judgement.note)).text),
        text=None if text is None else _storable(text),
    )
    return NewCase(case, keep_words_of(analysis, case.text, post=post))


def _storable(text: str) -> str:
    """Without NUL and lone surrogates, which databases refuse."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
