"""What each teacher contributes to their mean: exact Shapley values."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import combinations

import numpy as np
from scipy.special import rel_entr

from mhkd.analysis import TEACHERS, TeacherContributions

RULE = (
    "Exact Shapley values over the teachers whose input is present. The value of a set of "
    "teachers is the probability of the label under the mean over all of them, with each "
    "teacher outside the set replaced by its mean output on training posts."
)


def mean_of_teachers(present: Sequence[float]) -> float:
    """The teachers' probability: the plain mean over those present."""
    return sum(present) / len(present)


def contribute(
    probabilities: Mapping[str, float | None], absent_outputs: Mapping[str, float], target: str
) -> TeacherContributions | None:
    """Exact Shapley values by enumeration of all sets of teachers.

    Source: Shapley, A Value for n-Person Games, 1953.

    Args:
        probabilities: teacher → calibrated probability of ``target``, None where its
            input is absent.
        absent_outputs: teacher → mean probability of ``target`` on training posts.
        target: the label explained.

    Returns:
        None where no teacher answered.
    """
    present = {name: p for name in TEACHERS if (p := probabilities.get(name)) is not None}
    if not present:
        return None

    def value(chosen: Collection[str]) -> float:
        return mean_of_teachers(
            [p if name in chosen else absent_outputs[name] for name, p in present.items()]
        )

    shapley = {name: shapley_value(name, present, value) for name in present}
    empty, full = value(()), value(present)
    return TeacherContributions(
        target=target,
        empty=empty,
        full=full,
        shapley={name: shapley.get(name) for name in TEACHERS},
        residual=abs(math.fsum(shapley.values()) - (full - empty)),
        rule=RULE,
    )


def divergence_bits(first: Sequence[float], second: Sequence[float]) -> float:
    """Jensen–Shannon divergence of two distributions, 0 to 1 bit.

    Source: Lin, Divergence Measures Based on the Shannon Entropy, 1991.
    """
    p, q = np.asarray(first, np.float64), np.asarray(second, np.float64)
    middle = (p + q) / 2
    nats = (rel_entr(p, middle).sum() + rel_entr(q, middle).sum()) / 2
    return max(0.0, float(nats / math.log(2)))


def shapley_value(
    player: str, players: Collection[str], value: Callable[[Collection[str]], float]
) -> float:
    """The Shapley value of ``player``, by enumeration of all sets of the others."""
    others = [name for name in players if name != player]
    total = 0.0
    for size in range(len(others) + 1):
        weight = 1 / (len(players) * math.comb(len(others), size))
        for chosen in combinations(others, size):
            total += weight * (value((*chosen, player)) - value(chosen))
    return total
