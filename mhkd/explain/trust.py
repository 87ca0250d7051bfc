"""Is an explanation of words worth showing? Removal tests and a second method."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from scipy.stats import spearmanr

from mhkd.analysis import TrustThresholds, WordAttribution, WordTrust
from mhkd.explain.occlude import Occluder
from mhkd.explain.orders import OrderTest, try_order
from mhkd.limits import FEW_WORDS
from mhkd.text.spans import sum_to_spans

# Where the bundle carries none: below this the two methods tell different stories.
USUAL = TrustThresholds(min_advantage=0.0, min_rank_correlation=0.3, posts=0)
_OVERLAP_SHARE = 0.2


def judge_words(
    found: WordAttribution, occluder: Occluder, thresholds: TrustThresholds = USUAL
) -> WordTrust | None:
    """Checks an explanation of words against the model itself.

    Words are taken away in the order of the explanation, strongest for the label first, and
    in seeded random orders of the same post. Posts over 150 words are judged by sentences.
    An explanation fails if its order is no better than a random one. Masked posts are unlike
    any post the model learned from, which bounds what such tests can show.
    Source: see ``try_order``.

    Args:
        found: the explanation.
        occluder: the model, of words present.
        thresholds: from held-out posts, where the bundle carries them.

    Returns:
        None for fewer than 5 words or sentences.

    Raises:
        Cancelled: the occluder was told to stop.
    """
    if len(occluder.spans) < FEW_WORDS:
        return None
    scores = sum_to_spans(found.words, occluder.spans)
    test = try_order(occluder, scores)
    second = None if found.fallback else occluder.occlude()
    return judge_order(
        test,
        occluder.unit,
        thresholds,
        scores,
        None
        if second is None
        else Second(f"occlusion of {second.unit}s", [part.score for part in second.scores]),
        converged=not found.fallback,
    )


@dataclass(frozen=True)
class Second:
    """Another method's scores of the same parts."""

    method: str
    scores: Sequence[float]


def judge_order(
    test: OrderTest,
    unit: Literal["word", "sentence", "stretch"],
    thresholds: TrustThresholds,
    scores: Sequence[float],
    second: Second | None,
    *,
    converged: bool = True,
) -> WordTrust:
    """The mark of an explanation whose order was tried.

    Args:
        test: of its order and of random ones.
        unit: what was taken away.
        thresholds: from held-out posts, where the bundle carries them.
        scores: of the explanation, one for each part.
        second: another method, where there is one.
        converged: whether its gradients did.
    """
    correlation = None if second is None else correlate_ranks(scores, second.scores)
    reasons = _doubt(test, correlation, thresholds, converged=converged)
    return WordTrust(
        unit=unit,
        comprehensiveness=test.comprehensiveness,
        random_comprehensiveness=fmean(test.random_comprehensiveness),
        sufficiency=test.sufficiency,
        random_sufficiency=fmean(test.random_sufficiency),
        second_method=None if second is None else second.method,
        rank_correlation=correlation,
        overlap=None if second is None else _overlap(scores, second.scores),
        mark="fails" if "no_better_than_random" in reasons else "caution" if reasons else "holds",
        reasons=tuple(reasons),
        random_orders=test.random_comprehensiveness,
        thresholds=thresholds,
    )


def _doubt(
    test: OrderTest,
    correlation: float | None,
    thresholds: TrustThresholds,
    *,
    converged: bool,
) -> list[str]:
    reasons = []
    advantage = test.comprehensiveness - fmean(test.random_comprehensiveness)
    if advantage <= 0:
        reasons.append("no_better_than_random")
    elif advantage < thresholds.min_advantage:
        reasons.append("little_better_than_random")
    if test.sufficiency >= fmean(test.random_sufficiency):
        reasons.append("strongest_do_not_suffice")
    if correlation is not None and correlation < thresholds.min_rank_correlation:
        reasons.append("methods_disagree")
    if not converged:
        reasons.append("not_converged")
    return reasons


def correlate_ranks(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's rank correlation; None where one of them does not vary."""
    if len(set(first)) < 2 or len(set(second)) < 2:
        return None
    found = float(spearmanr(first, second).statistic)
    return found if math.isfinite(found) else None


def _overlap(scores: Sequence[float], others: Sequence[float]) -> float:
    count = max(1, round(_OVERLAP_SHARE * len(scores)))
    return len(_strongest(scores, count) & _strongest(others, count)) / count


def _strongest(scores: Sequence[float], count: int) -> set[int]:
    return set(sorted(range(len(scores)), key=lambda place: -abs(scores[place]))[:count])
