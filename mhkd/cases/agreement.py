"""How far the readers' judgements and the model's answers agree beyond chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mhkd.cases.records import Case

_RESAMPLES = 2000


@dataclass(frozen=True)
class Agreement:
    """Cohen's kappa (1960) with a bootstrap 95 % interval over cases.

    Attributes:
        n: cases with one of the labels as judgement, where an answer was given.
        left_out: cases judged otherwise (neither, can't tell), or whose answer was withheld.
        agreed: of ``n``, those where both chose the same label.
        kappa: None where it is not defined: no case, or both always chose one label.
        low, high: the interval; None where fewer than two cases are there.
    """

    n: int
    left_out: int
    agreed: int
    kappa: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Changes:
    """Judgements made twice, before the answers and after them.

    Attributes:
        n: cases judged twice, where an answer was given.
        toward, away: those whose second judgement, unlike the first, is the student's label, and
            those whose first was.
        otherwise: changed, neither from nor to the student's label.
    """

    n: int
    toward: int
    away: int
    otherwise: int


def measure_agreement(
    cases: Sequence[Case], labels: Sequence[str], *, last: bool = True, seed: int = 0
) -> Agreement:
    """Compares judgements with the student's answers, over cases of one bundle.

    Args:
        cases: the cases.
        labels: of the bundle.
        last: the readers' last judgements; False takes the first of those that judged twice.
        seed: of the bootstrap.
    """
    judged = [(case.judgement.last if last else case.judgement.label, case) for case in cases]
    pairs = [
        (label, case.model_label) for label, case in judged if label in labels and not case.withheld
    ]
    counts = np.zeros((len(labels), len(labels)))
    for human, model in pairs:
        counts[labels.index(human), labels.index(model)] += 1
    drawn: npt.NDArray[np.float64] = np.array([])
    if len(pairs) > 1:
        generator = np.random.default_rng(seed)
        shares = counts.ravel() / counts.sum()
        tables = generator.multinomial(len(pairs), shares, _RESAMPLES)  # (resamples, cells)
        drawn = kappa_of(tables.reshape(-1, *counts.shape).astype(np.float64))
        drawn = drawn[~np.isnan(drawn)]
    low, high = np.percentile(drawn, (2.5, 97.5)) if len(drawn) else (None, None)
    kappa = float(kappa_of(counts[None])[0])
    return Agreement(
        n=len(pairs),
        left_out=len(cases) - len(pairs),
        agreed=int(np.trace(counts)),
        kappa=None if np.isnan(kappa) else kappa,
        low=None if low is None else float(low),
        high=None if high is None else float(high),
    )


def count_changes(cases: Sequence[Case]) -> Changes:
    """How often readers changed their judgement once they had seen the answers."""
    twice = [c for c in cases if c.judgement.after is not None and not c.withheld]
    changed = [case for case in twice if case.judgement.after != case.judgement.label]
    toward = sum(case.judgement.after == case.model_label for case in changed)
    away = sum(case.judgement.label == case.model_label for case in changed)
    return Changes(len(twice), toward, away, len(changed) - toward - away)


def kappa_of(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Kappa of tables of counts, shape (tables, labels, labels); NaN where not defined."""
    n = counts.sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = np.trace(counts, axis1=1, axis2=2) / n
        expected = (counts.sum(axis=1) * counts.sum(axis=2)).sum(axis=1) / n**2
        return np.asarray((observed - expected) / (1 - expected))
