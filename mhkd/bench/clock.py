"""Times of several actions, taken in turn, so that all see the same machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

Action = Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """Wall times of one action, in ms.

    Attributes:
        minimum: the least disturbed run. median: of all runs.
        runs: how many, without the first one, which is not counted.
    """

    minimum: float
    median: float
    runs: int


def time_in_turn(
    actions: Mapping[str, Action], rounds: int, *, warm: bool = True
) -> dict[str, Timing]:
    """Runs all actions once in each round, in the order given.

    Args:
        actions: name → what is timed.
        rounds: at least 1.
        warm: run each once before, uncounted.
    """
    if warm:
        for action in actions.values():
            action()
    found: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            found[name].append(_time_ms(action))
    return {
        name: Timing(min(times), statistics.median(times), len(times))
        for name, times in found.items()
    }


def _time_ms(action: Action) -> float:
    _await_device()
    start = time.perf_counter()
    action()
    _await_device()
    return (time.perf_counter() - start) * 1000


def _await_device() -> None:
    """CUDA works on after a call has returned; a time ends when it has finished."""
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.synchronize()
