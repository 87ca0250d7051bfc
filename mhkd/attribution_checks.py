"""How far an explanation can be trusted, as frozen records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class TrustThresholds:
    """What separates an explanation that holds from one to be read with care.

    Attributes:
        min_advantage: lead of comprehensiveness over the mean random order that only 5 %
            of random orders reach.
        min_rank_correlation: of two methods; what 90 % of held-out posts reach, at least 0.
        posts: held-out posts that both come from; 0 where the bundle carries none.
        reached: share of them that reach ``min_rank_correlation``; null where it was not kept.
    """

    min_advantage: float
    min_rank_correlation: float
    posts: int
    reached: float | None = None


@dataclass(frozen=True)
class WordTrust:
    """How an explanation fares when words, or stretches of sound, are taken away.

    Attributes:
        unit: what was taken away, ``word``, ``sentence`` or ``stretch``.
        comprehensiveness: mean fall of the logit explained without the strongest 1, 5,
            10, 20 and 50 %; the larger, the better.
        sufficiency: the same with nothing but them; the smaller, the better.
        random_comprehensiveness, random_sufficiency: the same in random orders.
        second_method: the other method; null where the first is not gradients.
        rank_correlation: Spearman's, of both methods.
        chance_correlation: what scores put in a random order reach in 5 % of cases.
        overlap: share of the strongest fifth that both have in common.
        mark: ``holds``, ``caution`` or ``fails``.
        reasons: no_better_than_random, little_better_than_random,
            strongest_do_not_suffice, methods_disagree, agreement_by_chance,
            baseline_changes_order, gradients_differ, not_converged.
        random_orders: comprehensiveness of each random order.
        second_comprehensiveness, second_sufficiency: of the second method's order; null where it
            was not tried.
        thresholds: what the mark was set by.
    """

    unit: Literal["word", "sentence", "stretch"]
    comprehensiveness: float
    random_comprehensiveness: float
    sufficiency: float
    random_sufficiency: float
    second_method: str | None
    rank_correlation: float | None
    overlap: float | None
    mark: Literal["holds", "caution", "fails"]
    reasons: tuple[str, ...]
    random_orders: tuple[float, ...] = ()
    thresholds: TrustThresholds | None = None
    chance_correlation: float | None = None
    second_comprehensiveness: float | None = None
    second_sufficiency: float | None = None


@dataclass(frozen=True)
class OtherBaseline:
    """The same gradients from another baseline, and how far the words' order hangs on it.

    Attributes:
        baseline: what stands for an absent word.
        relative_gap, converged, steps: as of the explanation itself.
        rank_correlation: Spearman's, of the words' scores from both; null where all are equal.
    """

    baseline: str
    relative_gap: float
    converged: bool
    steps: int
    rank_correlation: float | None


@dataclass(frozen=True)
class Fidelity:
    """Infidelity and sensitivity of an explanation (Yeh et al., NeurIPS 2019).

    Attributes:
        infidelity: mean squared miss of the scores, at their best scale, of the fall of the logit
            when random sets of words, sentences or stretches of sound are taken away.
        infidelity_of_none: the same for scores of zero, the worst that can be.
        sets: sets that were taken away.
        sensitivity: largest change of the scores, in their own size, when the embeddings are
            moved a little; null where the scores are not gradients.
        readings: moved readings that were explained.
        radius: how far the embeddings were moved at most, in their standard deviation.
    """

    infidelity: float
    infidelity_of_none: float
    sets: int
    sensitivity: float | None
    readings: int
    radius: float
