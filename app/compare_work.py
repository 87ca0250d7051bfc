"""The comparison of one session: two cases, answered one after the other, then explained."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from app.comparison import Mode, list_shared_labels
from app.work import (
    Case,
    ExplainedModel,
    Fault,
    Order,
    analyse_case,
    as_fault,
    explain_case,
)
from mhkd.analysis import Attribution

if TYPE_CHECKING:
    from mhkd.analyser import Analyser

_EXPLAINED: Final[tuple[ExplainedModel, ...]] = ("student", "emotion")


@dataclass(frozen=True)
class Side:
    """What is asked of one side: a post and the models that answer."""

    order: Order
    opening: Future[Analyser]


@dataclass(eq=False)
class Comparison:
    """Two cases on their way; written by its worker, read by the page.

    Attributes:
        mismatch: the second side's recording came with another text, such as the first side's.
    """

    mode: Mode
    sides: tuple[Side, Side]
    cases: tuple[Case, Case]
    mismatch: bool = False
    explaining: Future[None] | None = None
    asked: dict[ExplainedModel, Future[None]] = field(default_factory=dict)

    @property
    def answered(self) -> bool:
        """Both sides have all answers."""
        return all(case.analysis is not None for case in self.cases)

    @property
    def running(self) -> bool:
        """A side has not been answered, and will be."""
        return any(case.running for case in self.cases)

    @property
    def apart(self) -> bool:
        """The sides choose between different labels: nothing of them may be subtracted."""
        first, second = (case.analysis for case in self.cases)
        return first is not None and second is not None and not list_shared_labels(first, second)

    @property
    def busy(self) -> bool:
        """Something more will come."""
        later = [self.explaining, *self.asked.values()]
        return self.running or any(work is not None and not work.done() for work in later)

    @property
    def version(self) -> int:
        """Grows with each result."""
        return sum(case.version for case in self.cases)

    @property
    def state(self) -> tuple[int, bool, bool]:
        """As of a case."""
        return self.version, self.busy, self.fault is None

    @property
    def fault(self) -> tuple[int, Fault] | None:
        """The side that went wrong and why; 0 where an explanation did."""
        for number, case in enumerate(self.cases, 1):
            if case.fault is not None:
                return number, case.fault
        for work in (self.explaining, *self.asked.values()):
            if work is not None and work.done() and not work.cancelled():
                fault = as_fault(work.exception())
                if fault is not None:
                    return 0, fault
        return None

    def find(self, model: ExplainedModel) -> tuple[Attribution, Attribution] | None:
        """The explanations of a model on both sides, for one label; None while one is missing."""
        targets = self.targets
        if targets is None:
            return None
        found = [
            find_attribution(case, model, target)
            for case, target in zip(self.cases, targets, strict=True)
        ]
        return None if found[0] is None or found[1] is None else (found[0], found[1])

    @property
    def targets(self) -> tuple[str, str] | None:
        """The labels explained, the same one on sides that choose between the same labels."""
        first, second = (case.analysis for case in self.cases)
        if first is None or second is None:
            return None
        own = [
            a.teacher_contributions.target if a.teacher_contributions is not None else a.labels[-1]
            for a in (first, second)
        ]
        return (own[0], own[0] if list_shared_labels(first, second) else own[1])


class CompareDesk:
    """The one comparison of a session and the thread that works on it."""

    def __init__(self) -> None:
        self.comparison: Comparison | None = None
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="compare")

    def take(
        self,
        mode: Mode,
        sides: tuple[Side, Side],
        pseudonym: str,
        *,
        known: Case | None = None,
        mismatch: bool = False,
    ) -> Comparison:
        """Starts on a comparison; an earlier one is dropped.

        Args:
            mode: what is compared.
            sides: the two posts and their models.
            pseudonym: of the session, for the audit log.
            known: a case that was answered before; a side that asks the same takes it over.
            mismatch: the second side's recording came with another text, such as the first side's.
        """
        self.drop()
        cases = tuple(_begin(side, pseudonym, known) for side in sides)
        self.comparison = new = Comparison(mode, sides, (cases[0], cases[1]), mismatch)
        for case in new.cases:
            if case.analysis is None:
                target = partial(_shared_target, new, case)
                case.work = self._pool.submit(analyse_case, case, "none", target)
        new.explaining = self._pool.submit(_explain, new, _EXPLAINED)
        return new

    def explain(self, model: ExplainedModel) -> None:
        """Explains one more model on both sides."""
        comparison = self.comparison
        if comparison is not None and model not in comparison.asked:
            comparison.asked[model] = self._pool.submit(_explain, comparison, (model,))

    def drop(self) -> None:
        """Stops the work; the page is free at once."""
        if self.comparison is not None:
            for case in self.comparison.cases:
                case.cancel.set()
        self.comparison = None

    def close(self) -> None:
        """Stops for good."""
        self.drop()
        self._pool.shutdown(wait=False, cancel_futures=True)


def _close(desk: CompareDesk) -> None:
    desk.close()


@st.cache_resource(scope="session", show_spinner=False, on_release=_close)
def open_compare_desk() -> CompareDesk:
    """The session's comparison; its work is stopped when the session ends."""
    return CompareDesk()


def find_attribution(case: Case, model: ExplainedModel, target: str) -> Attribution | None:
    """An explanation that a case holds, made for it or with its analysis."""
    if (found := case.explained.get((model, target))) is not None:
        return found
    given: Attribution | None = (
        None if case.analysis is None else getattr(case.analysis.attributions, model)
    )
    return given if given is not None and given.target == target else None


def _begin(side: Side, pseudonym: str, known: Case | None) -> Case:
    case = Case(side.order, side.opening, pseudonym=pseudonym)
    if known is not None and known.order == side.order and known.opening is side.opening:
        case.analysis, case.recording, case.picture = known.analysis, known.recording, known.picture
        case.explained = dict(known.explained)
    return case


def _shared_target(comparison: Comparison, case: Case) -> str | None:
    """The label that the first side explains, where the second side knows it, too."""
    first = comparison.cases[0].analysis
    if case is comparison.cases[0] or first is None or first.teacher_contributions is None:
        return None
    labels = case.opening.result().labels
    return first.teacher_contributions.target if set(labels) == set(first.labels) else None


def _explain(comparison: Comparison, models: Sequence[ExplainedModel]) -> None:
    targets = comparison.targets
    if targets is None:
        return
    for model in models:
        for case, target in zip(comparison.cases, targets, strict=True):
            if find_attribution(case, model, target) is None:
                case.begin(f"explaining {model}")
                try:
                    explain_case(case, model, target)
                finally:
                    case.end_now()
