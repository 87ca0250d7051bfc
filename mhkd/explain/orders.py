"""Does an order of importance hold? Parts are taken away in this order and in random ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

FRACTIONS = (0.01, 0.05, 0.1, 0.2, 0.5)
RANDOM_ORDERS = 3
_SEED = 0
_AT_ONCE = 8

Present = Callable[[torch.Tensor], torch.Tensor]  # (rows, parts), 1 where present → (rows,)


@dataclass(frozen=True)
class OrderTest:
    """Mean falls of the logit over 1, 5, 10, 20 and 50 % of the parts.

    Attributes:
        comprehensiveness: without the strongest. sufficiency: with nothing but them.
        random_comprehensiveness, random_sufficiency: the same, of each random order.
        others: both, of the orders of other methods.
    """

    comprehensiveness: float
    sufficiency: float
    random_comprehensiveness: tuple[float, ...]
    random_sufficiency: tuple[float, ...]
    others: tuple[tuple[float, float], ...] = ()


def try_order(
    function: Present, scores: Sequence[float], others: Sequence[Sequence[float]] = ()
) -> OrderTest:
    """Takes parts away in the order of their scores, and in seeded random orders.

    Source: DeYoung et al., ERASER, ACL 2020.

    Args:
        function: the logit explained, of which parts are present.
        scores: one for each part.
        others: other methods' scores of the same parts.
    """
    count = len(scores)
    orders = [_rank(by) for by in (scores, *others)]
    generator = random.Random(_SEED)
    shuffled = [generator.sample(range(count), count) for _ in range(RANDOM_ORDERS)]
    whole = float(function(torch.ones(1, count))[0])
    first, *rest = [_fall(function, whole, places) for places in (*orders, *shuffled)]
    by_chance = rest[len(others) :]
    return OrderTest(
        first[0],
        first[1],
        tuple(pair[0] for pair in by_chance),
        tuple(pair[1] for pair in by_chance),
        tuple(rest[: len(others)]),
    )


def _rank(scores: Sequence[float]) -> list[int]:
    return sorted(range(len(scores)), key=lambda place: -scores[place])


def _fall(function: Present, whole: float, order: Sequence[int]) -> tuple[float, float]:
    count = len(order)
    sizes = [max(1, round(share * count)) for share in FRACTIONS]
    different = sorted(set(sizes))  # in short posts several shares are the same number of parts
    without = torch.ones(len(different), count)
    for row, size in enumerate(different):
        without[row, list(order[:size])] = 0
    rows = torch.cat([without, 1 - without])
    outputs = torch.cat([function(part) for part in rows.split(_AT_ONCE)]).tolist()
    places = [different.index(size) for size in sizes]
    falls = [whole - outputs[place] for place in places]
    kept = [whole - outputs[len(different) + place] for place in places]
    return sum(falls) / len(sizes), sum(kept) / len(sizes)
