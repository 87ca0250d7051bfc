"""What is noted of an analysis or a batch, in the page and on the command line alike."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from mhkd.analysis import Analysis, BundleReference
from mhkd.cases.audit import AuditLog, Event
from mhkd.errors import Cancelled, MhkdError


class Noting:
    """An analysis that is being noted; ``analysis`` is set once it is there."""

    analysis: Analysis | None = None


@contextmanager
def noting_analysis(text: str, pseudonym: str, settings: Mapping[str, Any]) -> Iterator[Noting]:
    """Notes the analysis made within, or the fault that ended it, if a log is configured.

    Raises:
        CaseError: before anything is done, if it could not be noted.
    """
    log, noting = AuditLog.configured(), Noting()
    if log is None:
        yield noting
        return
    log.check()
    try:
        yield noting
    except MhkdError as fault:
        action = "cancelled" if isinstance(fault, Cancelled) else "refused"
        log.note(Event(action, pseudonym, settings, {"fault": fault.code}, text=text))
        raise
    if noting.analysis is not None:
        found = noting.analysis
        log.note(Event("analysed", pseudonym, settings, _outcome(found), found.bundle, text))


@contextmanager
def noting_action(action: str, pseudonym: str, outcome: Mapping[str, Any]) -> Iterator[None]:
    """Notes what a reader does within with cases, once it is done, if a log is configured.

    Raises:
        CaseError: before anything is done, if it could not be noted.
    """
    log = AuditLog.configured()
    if log is not None:
        log.check()
    yield
    if log is not None:
        log.note(Event(action, pseudonym, {}, outcome))


@contextmanager
def noting_batch(
    texts: Sequence[str],
    bundle: BundleReference,
    pseudonym: str,
    settings: Mapping[str, Any],
    count: Callable[[], Mapping[str, Any]],
) -> Iterator[None]:
    """Notes the batch answered within, or how far it came, if a log is configured.

    Args:
        texts: of all rows; one keyed hash of them together reaches the log.
        bundle: that answers.
        pseudonym: of the one who asked.
        settings: what was chosen.
        count: rows answered and left, called at the end.

    Raises:
        CaseError: before anything is done, if it could not be noted.
    """
    log = AuditLog.configured()
    if log is None:
        yield
        return
    log.check()
    action = "batch stopped"
    try:
        yield
        action = "batch answered"
    finally:
        log.note(Event(action, pseudonym, settings, count(), bundle, _identify(texts)))


def _identify(texts: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        content = text.encode("utf-8", "surrogatepass")
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def _outcome(analysis: Analysis) -> dict[str, Any]:
    student = analysis.predictions.get("student")
    return {
        "probabilities": None if student is None else dict(student.probabilities),
        "outside": analysis.familiarity is not None and analysis.familiarity.outside,
        "findings": [finding.code for finding in analysis.quality],
        "sound": analysis.given.audio.origin,
    }
