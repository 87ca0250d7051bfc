"""Is an explanation of words worth showing? Removal tests and a second method."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from scipy.stats import spearmanr

from mhkd.analysis import OtherBaseline, TrustThresholds, WordAttribution, WordTrust
from mhkd.explain.occlude import Occluder, Occlusion
from mhkd.explain.orders import OrderTest, try_order
from mhkd.text.spans import sum_to_spans

# Where the bundle carries none: below this the two methods tell different stories.
USUAL = TrustThresholds(min_advantage=0.0, min_rank_correlation=0.3, posts=0)
_OVERLAP_SHARE = 0.2
_ONE_IN_TWENTY = 1.645  # standard deviations of a normal distribution


def judge_words(
    found: WordAttribution,
    occluder: Occluder,
    thresholds: TrustThresholds = USUAL,
    occlusion: Occlusion | None = None,
    other: OtherBaseline | None = None,
) -> WordTrust:
    """Checks an explanation of words against the model itself.

    Words are taken away in the order of the explanation, strongest for the label first, and
    in seeded random orders of the same post. Posts over 150 words are judged by sentences.
    An explanation fails if its order is no better than a random one. Masked posts are unlike
    any post the model learned from, which bounds what such tests can show.
    Source: see ``try_order``.

    Args:
        found: the explanation, of at least 5 words or sentences.
        occluder: the model, of words present.
        thresholds: from held-out posts, where the bundle carries them.
        occlusion: the second method; None where the first is occlusion itself.
        other: the same gradients from another baseline.

    Raises:
        Cancelled: the occluder was told to stop.
    """
    scores = sum_to_spans(found.words, occluder.spans)
    second: Second | None = None
    if occlusion is not None:
        masked = [part.score for part in occlusion.scores]
        second = Second(f"occlusion of {occlusion.unit}s", masked)
    test = try_order(occluder, scores, [] if second is None else [second.scores])
    doubts = ["not_converged"] if found.fallback else []
    if other is not None and is_chance(other.rank_correlation, len(found.words)):
        doubts.append("baseline_changes_order")
    return judge_order(test, occluder.unit, thresholds, scores, second, doubts)


@dataclass(frozen=True)
class Second:
    """Another method's scores of the same parts; ``tried``: its order was tested as well."""

    method: str
    scores: Sequence[float]
    tried: bool = True


def judge_order(
    test: OrderTest,
    unit: Literal["word", "sentence", "stretch"],
    thresholds: TrustThresholds,
    scores: Sequence[float],
    second: Second | None,
    doubts: Sequence[str] = (),
) -> WordTrust:
    """The mark of an explanation whose order was tried.

    Args:
        test: of its order, of random ones and, where it was tried, first among others of the
            second method's.
        unit: what was taken away.
        thresholds: from held-out posts, where the bundle carries them.
        scores: of the explanation, one for each part.
        second: another method, where there is one.
        doubts: further reasons to read it with care.
    """
    correlation = None if second is None else correlate_ranks(scores, second.scores)
    reasons = [*_doubt(test, thresholds), *_doubt_agreement(correlation, thresholds, len(scores))]
    reasons += doubts
    others: tuple[float | None, float | None] = (None, None)
    if second is not None and second.tried and test.others:
        others = test.others[0]
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
        chance_correlation=None if correlation is None else correlate_by_chance(len(scores)),
        second_comprehensiveness=others[0],
        second_sufficiency=others[1],
    )


def _doubt(test: OrderTest, thresholds: TrustThresholds) -> list[str]:
    reasons = []
    advantage = test.comprehensiveness - fmean(test.random_comprehensiveness)
    if advantage <= 0:
        reasons.append("no_better_than_random")
    elif advantage < thresholds.min_advantage:
        reasons.append("little_better_than_random")
    if test.sufficiency >= fmean(test.random_sufficiency):
        reasons.append("strongest_do_not_suffice")
    return reasons


def _doubt_agreement(
    correlation: float | None, thresholds: TrustThresholds, parts: int
) -> list[str]:
    if correlation is not None and correlation < thresholds.min_rank_correlation:
        return ["methods_disagree"]
    return ["agreement_by_chance"] if is_chance(correlation, parts) else []


def is_chance(correlation: float | None, parts: int) -> bool:
    """Whether two methods agree no more than shuffled scores do in 5 % of cases."""
    return correlation is not None and correlation < correlate_by_chance(parts)


def correlate_by_chance(parts: int) -> float:
    """The rank correlation that shuffled scores of so many parts exceed in 5 % of cases.

    Normal approximation; Source: Kendall and Gibbons, Rank Correlation Methods, 1990.

    Args:
        parts: at least 2.
    """
    return min(1.0, _ONE_IN_TWENTY / math.sqrt(parts - 1))


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
