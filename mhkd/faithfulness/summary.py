"""Rows → what a reader needs to see which explanation of which model deserves belief."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mhkd.analysis import TrustThresholds
from mhkd.explain.trust import USUAL
from mhkd.faithfulness.rows import Row
from mhkd.metrics import wilson

_RESAMPLES = 2000
_SEED = 0
_LEAST_FOR_THRESHOLDS = 20
_BY_THRESHOLDS = {"little_better_than_random", "methods_disagree", "agreement_by_chance"}

Floats = npt.NDArray[np.float64]


def summarise(rows: Sequence[Row], of_thresholds: Sequence[Row] | None = None) -> dict[str, Any]:
    """One model's rows: by method, and the thresholds of its marks.

    Args:
        rows: at least one, of one model.
        of_thresholds: rows of other posts, which give the thresholds; None takes ``rows``.
    """
    methods = sorted({row.method for row in rows})
    limits = find_thresholds(rows if of_thresholds is None else of_thresholds)
    others = sorted({second.method for row in rows for second in row.seconds})
    return {
        "posts": len(rows),
        "converged": _converge(rows),
        "all": _measure(rows),
        "methods": {
            method: _measure([row for row in rows if row.method == method]) for method in methods
        },
        "units": {
            unit: _measure([row for row in rows if row.unit == unit])
            for unit in sorted({row.unit for row in rows if row.unit is not None})
        },
        "targets": dict(Counter(row.target for row in rows if row.target is not None)),
        "seconds": {
            method: _measure(_as_rows(rows, method))
            | {"converged": _converge(_as_rows(rows, method)), "more": _pair(rows, method)}
            for method in others
        },
        "marks": dict(Counter(_mark(row, limits or USUAL) for row in rows if row.mark is not None)),
        "thresholds": _plain(limits),
    }


def find_thresholds(rows: Sequence[Row]) -> TrustThresholds | None:
    """What random orders reach in 5 %, and what 90 % of the explanations reach.

    Returns:
        None for fewer than 20 posts that were tested.
    """
    chance = [value for row in rows for value in row.random_advantages]
    agreement = [row.rank_correlation for row in rows if row.rank_correlation is not None]
    if len(agreement) < _LEAST_FOR_THRESHOLDS:
        return None
    least = max(0.0, float(np.percentile(agreement, 10)))
    return TrustThresholds(
        min_advantage=max(0.0, float(np.percentile(chance, 95))),
        min_rank_correlation=least,
        posts=len(agreement),
        reached=float(np.mean([value >= least for value in agreement])),
    )


def _mark(row: Row, limits: TrustThresholds) -> str:
    """The mark by these thresholds; the row's own is by those of the bundle that was measured."""
    if "no_better_than_random" in row.reasons:
        return "fails"
    lead = (row.comprehensiveness or 0.0) - (row.random_comprehensiveness or 0.0)
    least = max(limits.min_rank_correlation, row.chance_correlation or 0.0)
    agrees = row.rank_correlation is None or row.rank_correlation >= least
    lasting = set(row.reasons) - _BY_THRESHOLDS
    return "holds" if agrees and not lasting and lead >= limits.min_advantage else "caution"


def _as_rows(rows: Sequence[Row], method: str) -> list[Row]:
    """The rows of a method that stands beside the explanations, against the same random orders."""
    return [
        replace(
            row,
            method=method,
            converged=second.converged,
            relative_gap=None,
            steps=None,
            comprehensiveness=second.comprehensiveness,
            sufficiency=second.sufficiency,
            rank_correlation=second.rank_correlation,
            overlap=None,
            other_baseline=None,
            explain_s=None,
            check_s=None,
        )
        for row in rows
        for second in row.seconds
        if second.method == method
    ]


def _pair(rows: Sequence[Row], method: str) -> dict[str, Any] | None:
    """How much more of the logit the other method's strongest take away, post by post."""
    return _mean(
        np.array(
            [
                second.comprehensiveness - row.comprehensiveness
                for row in rows
                for second in row.seconds
                if second.method == method
                and second.comprehensiveness is not None
                and row.comprehensiveness is not None
            ],
            np.float64,
        )
    )


def _converge(rows: Sequence[Row]) -> dict[str, Any] | None:
    converged = [row.converged for row in rows if row.converged is not None]
    return _share(sum(converged), len(converged))


def _measure(rows: Sequence[Row]) -> dict[str, Any]:
    tested = [row for row in rows if row.comprehensiveness is not None]
    without = _column(tested, "comprehensiveness")
    chance = _column(tested, "random_comprehensiveness")
    return {
        "posts": len(rows),
        "tested": len(tested),
        "comprehensiveness": _mean(without),
        "random_comprehensiveness": _mean(chance),
        "advantage": _mean(without - chance),
        "ratio_of_means": _interval(np.stack([without, chance], 1), _ratio),
        "sufficiency": _mean(_column(tested, "sufficiency")),
        "random_sufficiency": _mean(_column(tested, "random_sufficiency")),
        "rank_correlation": _mean(_column(rows, "rank_correlation")),
        "overlap": _mean(_column(rows, "overlap")),
        "other_baseline": _mean(_column(rows, "other_baseline")),
        "relative_gap_median": _median(_column(rows, "relative_gap")),
        "steps_median": _median(_column(rows, "steps")),
        "timed": len(_column(rows, "explain_s")),
        "explain_s_median": _median(_column(rows, "explain_s")),
        "check_s_median": _median(_column(rows, "check_s")),
    }


def _column(rows: Sequence[Row], name: str) -> Floats:
    return np.array([v for row in rows if (v := getattr(row, name)) is not None], np.float64)


def _mean(values: Floats) -> dict[str, Any] | None:
    return _interval(values[:, None], lambda rows: float(rows[:, 0].mean()))


def _ratio(rows: Floats) -> float:
    without, chance = rows.mean(0)
    return float(without / chance) if chance > 0 else float("nan")


def _interval(values: Floats, statistic: Callable[[Floats], float]) -> dict[str, Any] | None:
    """A statistic with its bootstrap 95 % interval; None where it is not defined."""
    if not len(values) or not np.isfinite(found := statistic(values)):
        return None
    generator = np.random.default_rng(_SEED)
    drawn = [
        statistic(values[generator.integers(0, len(values), len(values))])
        for _ in range(_RESAMPLES)
    ]
    finite = [value for value in drawn if np.isfinite(value)]
    low, high = (float(value) for value in np.percentile(finite, (2.5, 97.5)))
    return {"mean": found, "interval": [low, high], "n": len(values)}


def _median(values: Floats) -> float | None:
    return float(np.median(values)) if len(values) else None


def _share(count: int, total: int) -> dict[str, Any] | None:
    if not total:
        return None
    return {"share": count / total, "interval": wilson(count, total), "n": total}


def _plain(thresholds: TrustThresholds | None) -> dict[str, Any] | None:
    return None if thresholds is None else asdict(thresholds)
