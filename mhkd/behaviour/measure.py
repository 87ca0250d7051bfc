"""Answers to pairs of posts → how often and how far they change. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mhkd.behaviour.cases import Pair
from mhkd.metrics import wilson

MARGIN = 0.05  # of probability; a smaller move in the wrong direction is let pass
_WORST = 3
_UNMOVED = 1e-6

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rate:
    """A share of pairs with Wilson's 95 % interval."""

    count: int
    n: int
    share: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class WorstPair:
    """A pair whose answer changed most.

    Attributes:
        plain, changed: the posts, invented ones.
        label: the one whose probability stands here.
        before, after: its calibrated probability.
        flipped: another label is the most probable one.
    """

    plain: str
    changed: str
    label: str
    before: float
    after: float
    flipped: bool


@dataclass(frozen=True)
class Direction:
    """What became of the label that should get no more probable.

    Attributes:
        label: that label.
        mean_before, mean_after: its mean probability.
        rises: it gained more than ``MARGIN``.
        falls: it lost more than that.
    """

    label: str
    mean_before: float
    mean_after: float
    rises: Rate
    falls: Rate


@dataclass(frozen=True)
class Measured:
    """How one model answered the pairs of one kind.

    Attributes:
        flips: pairs whose most probable label is another one.
        unmoved: pairs with one answer to the last digit; the model cannot see the change.
        mean_change, max_change: of the probability that changes most, absolute.
        direction: null for kinds whose answer should stay the same.
        worst: none of them moved the right way.
    """

    pairs: int
    flips: Rate
    unmoved: int
    mean_change: float
    max_change: float
    direction: Direction | None
    worst: tuple[WorstPair, ...]


def measure_pairs(
    pairs: Sequence[Pair],
    before: Floats,
    after: Floats,
    labels: Sequence[str],
    label: str | None = None,
) -> Measured:
    """Measures one model on one kind of pairs.

    Args:
        pairs: at least one.
        before, after: calibrated probabilities of both posts, shape (pairs, classes).
        labels: in the order of the classes.
        label: the one that should get no more probable; None where all should stay.
    """
    moves = after - before  # (pairs, classes)
    most = np.abs(moves).argmax(1) if label is None else None
    watched = most if most is not None else np.full(len(pairs), labels.index(str(label)))
    rows = np.arange(len(pairs))
    moved = moves[rows, watched]
    flipped = before.argmax(1) != after.argmax(1)
    badness = np.abs(moved) if label is None else moved
    order = sorted(rows.tolist(), key=lambda row: (-badness[row], row))
    return Measured(
        pairs=len(pairs),
        flips=rate(int(flipped.sum()), len(pairs)),
        unmoved=int((np.abs(moves).max(1) < _UNMOVED).sum()),
        mean_change=float(np.abs(moved).mean()),
        max_change=float(np.abs(moved).max()),
        direction=None if label is None else _direct(label, before, after, labels),
        worst=tuple(
            WorstPair(
                pairs[row].plain,
                pairs[row].changed,
                labels[int(watched[row])],
                float(before[row, watched[row]]),
                float(after[row, watched[row]]),
                bool(flipped[row]),
            )
            for row in order[:_WORST]
            if badness[row] > _UNMOVED
        ),
    )


def rate(count: int, n: int) -> Rate:
    """A share with its interval."""
    low, high = wilson(count, n)
    return Rate(count, n, count / n, (low, high))


def _direct(label: str, before: Floats, after: Floats, labels: Sequence[str]) -> Direction:
    column = list(labels).index(label)
    moved = after[:, column] - before[:, column]
    return Direction(
        label=label,
        mean_before=float(before[:, column].mean()),
        mean_after=float(after[:, column].mean()),
        rises=rate(int((moved > MARGIN).sum()), len(moved)),
        falls=rate(int((moved < -MARGIN).sum()), len(moved)),
    )
