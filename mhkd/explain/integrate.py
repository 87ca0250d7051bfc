"""Integrated gradients with steps where the path bends, and no more than are needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from captum.attr import IntegratedGradients

from mhkd.limits import FIRST_PARTS, MAX_RELATIVE_GAP, MAX_STEPS

METHOD = "integrated gradients (Simpson’s rule, path halved where it bends)"
_SMALLEST_PART = 2.0**-24  # float32 knows no place between
_SMALLEST_CHANGE = 0.1  # below this change of the logit a gap is not told from noise

Function = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True, eq=False)
class Integral:
    """Attributions of one input and how well they add up.

    Attributes:
        scores: the shape of the input without its last axis, which is summed.
        output, baseline_output: the function at the input and at the baseline.
        relative_gap: ``|sum(scores) − change| / max(|change|, 0.1)``.
        steps: gradients that were computed; none is computed twice.
        converged: the gap is below 0.05, and no part of the path misses more than 0.05 of
            the way that the function goes along it, up and down.
    """

    scores: torch.Tensor
    output: float
    baseline_output: float
    relative_gap: float
    steps: int
    converged: bool


@dataclass(frozen=True, eq=False)
class _Place:
    """A place of the path: the function there, and its slope by input."""

    output: float
    slopes: torch.Tensor


@dataclass(frozen=True)
class _Part:
    """A stretch of the path, ends as shares of it; ``gap`` is signed."""

    start: float
    end: float
    gap: float

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


def integrate_gradients(
    function: Function,
    inputs: torch.Tensor,
    baseline: torch.Tensor,
    *,
    steps_at_once: int,
    max_steps: int = MAX_STEPS,
) -> Integral:
    """Integrated gradients from ``baseline`` to ``inputs``, which is one input.

    The path is cut into parts, and each part is integrated by Simpson's rule. What a part
    should add up to is known: the change of the function between its ends. The parts that
    miss this most are halved, until the whole adds up or ``max_steps`` gradients are spent.
    A half takes over its ends and its middle from the part it comes from, and a gradient tells
    the function's value, too, so nothing is computed twice. The gradients are captum's, which
    spaces its own steps beforehand.
    Source: Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks,
    ICML 2017; adaptive Simpson: Lyness, Notes on the Adaptive Simpson Quadrature Routine, 1969.

    Args:
        function: (steps, *shape) → (steps,), differentiable.
        inputs: shape (1, *shape, width).
        baseline: the same shape.
        steps_at_once: steps in one call of ``function``.
        max_steps: bounds the time.
    """
    path = _Path(function, inputs, baseline, steps_at_once)
    edges = [number / FIRST_PARTS for number in range(FIRST_PARTS + 1)]
    parts = path.cut(edges)
    found = path.add_up(parts)
    while not found.converged and found.steps + 2 <= max_steps:
        room = min(max(1, steps_at_once // 2), (max_steps - found.steps) // 2)
        worst = _worst(parts, room)
        if min(part.end - part.start for part in worst) <= _SMALLEST_PART:
            break  # a jump: halving it again would find nothing, for ever
        parts = [part for part in parts if part not in worst]
        parts += path.cut_each([[part.start, part.middle, part.end] for part in worst])
        found = path.add_up(parts)
    return found


class _Path:
    """The straight line from the baseline to the input, with the places known so far."""

    def __init__(
        self,
        function: Function,
        inputs: torch.Tensor,
        baseline: torch.Tensor,
        steps_at_once: int,
    ) -> None:
        self._function, self._steps_at_once = function, steps_at_once
        self._inputs, self._baseline = inputs, baseline
        self._captum = IntegratedGradients(self._noted)
        self._outputs: list[float] = []
        self._known: dict[float, _Place] = {}

    def cut(self, edges: Sequence[float]) -> list[_Part]:
        """The parts between neighbouring edges."""
        return self.cut_each([edges])

    def cut_each(self, cuts: Sequence[Sequence[float]]) -> list[_Part]:
        """The parts of several stretches, their gradients in few calls."""
        ends = [pair for edges in cuts for pair in zip(edges, edges[1:], strict=False)]
        self._visit([share for start, end in ends for share in (start, (start + end) / 2, end)])
        return [
            _Part(start, end, float(self._sum(start, end).double().sum()) - self._rise(start, end))
            for start, end in ends
        ]

    def add_up(self, parts: Sequence[_Part]) -> Integral:
        """The attributions over all parts together."""
        scores = torch.stack([self._sum(part.start, part.end) for part in parts]).sum(0)
        change = self._rise(0.0, 1.0)
        gap = abs(sum(part.gap for part in parts)) / max(abs(change), _SMALLEST_CHANGE)
        shares = sorted(self._known)
        way = sum(abs(self._rise(*ends)) for ends in zip(shares, shares[1:], strict=False))
        worst = max(abs(part.gap) for part in parts) / max(way, _SMALLEST_CHANGE)
        return Integral(
            scores,
            self._known[1.0].output,
            self._known[0.0].output,
            gap,
            len(self._known),
            max(gap, worst) < MAX_RELATIVE_GAP,
        )

    def _sum(self, start: float, end: float) -> torch.Tensor:
        middle = (start + end) / 2
        first, between, last = (self._known[share].slopes for share in (start, middle, end))
        return (end - start) / 6 * (first + 4 * between + last)

    def _rise(self, start: float, end: float) -> float:
        return self._known[end].output - self._known[start].output

    def _visit(self, shares: Sequence[float]) -> None:
        new = [share for share in dict.fromkeys(shares) if share not in self._known]
        for start in range(0, len(new), self._steps_at_once):
            chosen = new[start : start + self._steps_at_once]
            places = torch.cat([self._at(share) for share in chosen]).requires_grad_()
            with torch.enable_grad():
                (gradients,) = self._captum.gradient_func(self._noted, (places,))
            slopes = (gradients * (self._inputs - self._baseline)).sum(-1)
            for share, output, slope in zip(chosen, self._outputs, slopes, strict=True):
                self._known[share] = _Place(output, slope.detach())

    def _noted(self, places: torch.Tensor) -> torch.Tensor:
        """The function, whose values are noted as captum takes its gradients."""
        outputs = self._function(places)
        self._outputs = outputs.detach().tolist()
        return outputs

    def _at(self, share: float) -> torch.Tensor:
        if share in (0.0, 1.0):  # exactly the ends, without rounding
            return self._inputs if share else self._baseline
        return self._baseline + share * (self._inputs - self._baseline)


def _worst(parts: Sequence[_Part], room: int) -> list[_Part]:
    """The part that misses most, and those that miss at least half as much."""
    ranked = sorted(parts, key=lambda part: -abs(part.gap))[:room]
    return [part for part in ranked if abs(part.gap) >= abs(ranked[0].gap) / 2]
