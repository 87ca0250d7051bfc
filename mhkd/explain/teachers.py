"""What each teacher contributes to their mean: exact Shapley values."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import combinations

import numpy as np
from scipy.special import rel_entr

from mhkd.analysis import (
    TEACHERS,
    NeutralContributions,
    TeacherContributions,
    TeacherInteractions,
    TeacherPair,
)

RULE = (
    "Exact Shapley values over the teachers whose input is present. The value of a set of "
    "teachers is the probability of the label under the mean over all of them, with each "
    "teacher outside the set replaced by its mean output on training posts."
)

_LEAST = 1e-12  # log-odds of 0 and 1 are infinite


def mean_of_teachers(present: Sequence[float]) -> float:
    """The teachers' probability: the plain mean over those present."""
    return sum(present) / len(present)


def contribute(
    probabilities: Mapping[str, float | None],
    absent_outputs: Mapping[str, float],
    target: str,
    neutral_outputs: Mapping[str, float] | None = None,
) -> TeacherContributions | None:
    """Exact Shapley values by enumeration of all sets of teachers.

    Source: Shapley, A Value for n-Person Games, 1953.

    Args:
        probabilities: teacher → calibrated probability of ``target``, None where its
            input is absent.
        absent_outputs: teacher → mean probability of ``target`` on training posts.
        target: the label explained.
        neutral_outputs: teacher → probability of ``target`` for a neutral input, the other
            stand-in for an absent teacher.

    Returns:
        None where no teacher answered.
    """
    present = {name: p for name in TEACHERS if (p := probabilities.get(name)) is not None}
    if not present:
        return None
    usual = _Game(present, _Mean(present, absent_outputs))
    neutral = None
    if neutral_outputs is not None:
        game = _Game(present, _Mean(present, neutral_outputs))
        neutral = NeutralContributions(
            outputs={name: neutral_outputs[name] for name in present},
            empty=game.empty,
            shapley=_for_all(game.shapley),
            residual=game.residual,
        )
    return TeacherContributions(
        target=target,
        empty=usual.empty,
        full=usual.full,
        shapley=_for_all(usual.shapley),
        residual=usual.residual,
        rule=RULE,
        neutral=neutral,
        interactions=_interact(present, absent_outputs),
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


def _interact(
    present: Mapping[str, float], absent_outputs: Mapping[str, float]
) -> TeacherInteractions:
    mean = _Mean(present, absent_outputs)
    game = _Game(present, lambda chosen: _log_odds(mean(chosen)))
    return TeacherInteractions(
        empty=game.empty,
        full=game.full,
        shapley=_for_all(game.shapley),
        alone=_for_all({name: game.value({name}) - game.empty for name in present}),
        last=_for_all({name: game.full - game.value(set(present) - {name}) for name in present}),
        residual=game.residual,
        pairs=tuple(
            TeacherPair(*pair, game.interaction(*pair)) for pair in combinations(present, 2)
        ),
    )


class _Mean:
    """The value of a set: the mean with a stand-in for every teacher outside it."""

    def __init__(self, present: Mapping[str, float], stand_ins: Mapping[str, float]) -> None:
        self._present, self._stand_ins = present, stand_ins

    def __call__(self, chosen: Collection[str]) -> float:
        return mean_of_teachers(
            [p if name in chosen else self._stand_ins[name] for name, p in self._present.items()]
        )


class _Game:
    """Players and the value of each set of them, enumerated once."""

    def __init__(self, players: Collection[str], value: Callable[[Collection[str]], float]) -> None:
        self._players = tuple(players)
        self._values = {chosen: value(chosen) for chosen in _subsets(self._players)}
        self.shapley = {name: shapley_value(name, players, self.value) for name in players}

    @property
    def empty(self) -> float:
        return self._values[frozenset()]

    @property
    def full(self) -> float:
        return self._values[frozenset(self._players)]

    @property
    def residual(self) -> float:
        return abs(math.fsum(self.shapley.values()) - (self.full - self.empty))

    def value(self, chosen: Collection[str]) -> float:
        return self._values[frozenset(chosen)]

    def interaction(self, first: str, second: str) -> float:
        """The Shapley interaction index of a pair.

        Source: Grabisch and Roubens, An Axiomatic Approach to the Concept of Interaction
        Among Players in Cooperative Games, 1999.
        """
        others = [name for name in self._players if name not in (first, second)]
        total = 0.0
        for chosen in _subsets(others):
            weight = 1 / ((len(others) + 1) * math.comb(len(others), len(chosen)))
            both, neither = self._values[chosen | {first, second}], self._values[chosen]
            apart = self._values[chosen | {first}] + self._values[chosen | {second}]
            total += weight * (both + neither - apart)
        return total


def _subsets(players: Sequence[str]) -> list[frozenset[str]]:
    return [
        frozenset(chosen)
        for size in range(len(players) + 1)
        for chosen in combinations(players, size)
    ]


def _for_all(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: values.get(name) for name in TEACHERS}


def _log_odds(probability: float) -> float:
    clipped = min(max(probability, _LEAST), 1 - _LEAST)
    return math.log(clipped / (1 - clipped))
