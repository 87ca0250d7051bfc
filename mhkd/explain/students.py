"""What the student learned from each teacher: exact Shapley values over eight students."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from mhkd.analysis import TEACHERS, StudentContributions
from mhkd.explain.teachers import shapley_value

RULE = (
    "Exact Shapley values over the teachers. The value of a set of teachers is the probability "
    "of the label by the student that was distilled from that set, with the same initial weights "
    "and the same order of posts; the student of the empty set learned from labels alone."
)
Subset = frozenset[str]


def contribute_student(
    values: Mapping[int, Mapping[Subset, float]], target: str
) -> StudentContributions:
    """Exact Shapley values of the shipped seed, and how they vary over the seeds.

    Source: Shapley, A Value for n-Person Games, 1953.

    Args:
        values: seed → set of teachers → probability of ``target``, or any other value of the
            student of that set, for all eight sets; the first seed is the shipped one.
        target: the label explained.
    """
    shares = [share_out(of_seed) for of_seed in values.values()]
    shipped, first = next(iter(values.values())), shares[0]
    empty, full = shipped[Subset()], shipped[Subset(TEACHERS)]
    deviations = {
        name: float(np.std([of_seed[name] for of_seed in shares], ddof=1))
        if len(shares) > 1
        else None
        for name in TEACHERS
    }
    return StudentContributions(
        target=target,
        empty=empty,
        full=full,
        shapley=first,
        sd=deviations,
        seeds=len(shares),
        residual=abs(math.fsum(first.values()) - (full - empty)),
        rule=RULE,
    )


def share_out(values: Mapping[Subset, float]) -> dict[str, float]:
    """Teacher → exact Shapley value, of one value for each of the eight sets."""
    return {
        name: shapley_value(name, TEACHERS, lambda chosen: values[Subset(chosen)])
        for name in TEACHERS
    }


def whole_seeds(names: Sequence[tuple[Subset, int]]) -> list[int]:
    """The seeds of which all eight students are there, in their order."""
    seeds = dict.fromkeys(seed for _, seed in names)
    every = 2 ** len(TEACHERS)
    return [seed for seed in seeds if sum(other == seed for _, other in names) == every]
