"""Is an explanation of words worth showing? Removal tests and a second method."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Sequence

import torch
from scipy.stats import spearmanr

from mhkd.analysis import WordAttribution, WordScore, WordTrust
from mhkd.explain.occlude import Occluder, Occlusion, Span
from mhkd.limits import FEW_WORDS

FRACTIONS = (0.01, 0.05, 0.1, 0.2, 0.5)
MIN_RANK_CORRELATION = 0.3  # below it the two methods tell different stories
RANDOM_ORDERS = 3
_SEED = 0
_OVERLAP_SHARE = 0.2
_AT_ONCE = 8


def judge_words(found: WordAttribution, occluder: Occluder) -> WordTrust | None:
    """Checks an explanation of words against the model itself.

    Words are taken away in the order of the explanation, strongest for the label first, and
    in seeded random orders of the same post. Posts over 150 words are judged by sentences.
    An explanation fails if its order is no better than a random one. Masked posts are unlike
    any post the model learned from, which bounds what such tests can show.
    Source: DeYoung et al., ERASER, ACL 2020 (comprehensiveness, sufficiency, here as falls of
    the logit explained, meaned over 1, 5, 10, 20 and 50 % of the words).

    Returns:
        None for fewer than 5 words or sentences.

    Raises:
        Cancelled: the occluder was told to stop.
    """
    count = len(occluder.spans)
    if count < FEW_WORDS:
        return None
    scores = sum_to_spans(found.words, occluder.spans)
    order = sorted(range(count), key=lambda place: -scores[place])
    generator = random.Random(_SEED)
    shuffled = [generator.sample(range(count), count) for _ in range(RANDOM_ORDERS)]
    comprehensiveness, sufficiency = _fall(occluder, order)
    by_chance = [_fall(occluder, other) for other in shuffled]
    random_comprehensiveness = sum(pair[0] for pair in by_chance) / RANDOM_ORDERS
    random_sufficiency = sum(pair[1] for pair in by_chance) / RANDOM_ORDERS
    second = None if found.fallback else occluder.occlude()
    correlation = (
        None if second is None else correlate_ranks(scores, [part.score for part in second.scores])
    )
    reasons = []
    if comprehensiveness <= random_comprehensiveness:
        reasons.append("no_better_than_random")
    if sufficiency >= random_sufficiency:
        reasons.append("strongest_do_not_suffice")
    if correlation is not None and correlation < MIN_RANK_CORRELATION:
        reasons.append("methods_disagree")
    if found.fallback:
        reasons.append("not_converged")
    return WordTrust(
        unit=occluder.unit,
        comprehensiveness=comprehensiveness,
        random_comprehensiveness=random_comprehensiveness,
        sufficiency=sufficiency,
        random_sufficiency=random_sufficiency,
        second_method=None if second is None else f"occlusion of {second.unit}s",
        rank_correlation=correlation,
        overlap=None if second is None else _overlap(scores, second),
        mark="fails" if "no_better_than_random" in reasons else "caution" if reasons else "holds",
        reasons=tuple(reasons),
    )


def sum_to_spans(words: Sequence[WordScore], spans: Sequence[Span]) -> list[float]:
    """Scores added up over longer stretches, in which each of them begins."""
    starts, totals = [span.start for span in spans], [0.0] * len(spans)
    for word in words:
        totals[max(0, bisect_right(starts, word.start) - 1)] += word.score
    return totals


def _fall(occluder: Occluder, order: Sequence[int]) -> list[float]:
    """Mean fall of the logit without the first of an order, and with them alone."""
    count = len(order)
    sizes = [max(1, round(share * count)) for share in FRACTIONS]
    without = torch.ones(len(sizes), count)
    for row, size in enumerate(sizes):
        without[row, list(order[:size])] = 0
    rows = torch.cat([torch.ones(1, count), without, 1 - without])
    whole, *outputs = torch.cat([occluder(part) for part in rows.split(_AT_ONCE)]).tolist()
    falls = [whole - output for output in outputs]
    return [sum(part) / len(sizes) for part in (falls[: len(sizes)], falls[len(sizes) :])]


def correlate_ranks(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's rank correlation; None where one of them does not vary."""
    if len(set(first)) < 2 or len(set(second)) < 2:
        return None
    found = float(spearmanr(first, second).statistic)
    return found if math.isfinite(found) else None


def _overlap(scores: Sequence[float], second: Occlusion) -> float:
    count = max(1, round(_OVERLAP_SHARE * len(scores)))
    others = [part.score for part in second.scores]
    return len(_strongest(scores, count) & _strongest(others, count)) / count


def _strongest(scores: Sequence[float], count: int) -> set[int]:
    return set(sorted(range(len(scores)), key=lambda place: -abs(scores[place]))[:count])
