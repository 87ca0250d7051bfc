"""Integrated gradients with steps where the path bends, and no more than are needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from captum.attr import IntegratedGradients

from mhkd.limits import FIRST_PARTS, HOPELESS_GAP, MAX_RELATIVE_GAP, MAX_STEPS, PART_STEPS

METHOD = "integrated gradients (Gauss–Legendre, path halved where it bends)"
_SMALLEST_CHANGE = 0.1  # below this change of the logit a gap is not told from noise

Function = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True, eq=False)
class Integral:
    """Attributions of one input and how well they add up.

    Attributes:
        scores: the shape of the input without its last axis, which is summed.
        output, baseline_output: the function at the input and at the baseline.
        relative_gap: ``|sum(scores) − change| / max(|change|, 0.1)``.
        steps: gradients that were computed, also those of parts that were halved later.
        converged: the gap is below 0.05, of the whole and of every part of the path.
    """

    scores: torch.Tensor
    output: float
    baseline_output: float
    relative_gap: float
    steps: int
    converged: bool


@dataclass(frozen=True, eq=False)
class _Part:
    """A stretch of the path, ends as shares of it; ``gap`` is signed."""

    start: float
    end: float
    start_output: float
    end_output: float
    scores: torch.Tensor
    gap: float


def integrate_gradients(
    function: Function,
    inputs: torch.Tensor,
    baseline: torch.Tensor,
    *,
    steps_at_once: int,
    max_steps: int = MAX_STEPS,
) -> Integral:
    """Integrated gradients from ``baseline`` to ``inputs``, which is one input.

    The path is cut into parts, and each part is integrated with a few Gauss–Legendre
    points. What a part should add up to is known: the change of the function between its
    ends. The part that misses this most is halved, until the whole and every part
    miss less than 5 % of the whole change, or ``max_steps`` gradients are spent. All other
    parts are kept as they are, so that no step is computed twice. Where the first parts
    together miss more than the change itself, the path bends too much for the steps
    allowed, so no more are spent.
    Source: Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks,
    ICML 2017; captum's implementation, part by part.

    Args:
        function: (steps, *shape) → (steps,), differentiable.
        inputs: shape (1, *shape, width).
        baseline: the same shape.
        steps_at_once: steps in one call of ``function``.
        max_steps: bounds the time.
    """
    path = _Path(function, inputs, baseline, steps_at_once)
    edges = [number / FIRST_PARTS for number in range(FIRST_PARTS + 1)]
    outputs = path.outputs(edges)
    parts = [
        path.integrate(*ends) for ends in zip(edges, edges[1:], outputs, outputs[1:], strict=False)
    ]
    steps = FIRST_PARTS * PART_STEPS
    size = max(abs(outputs[-1] - outputs[0]), _SMALLEST_CHANGE)
    best = _add_up(parts, outputs, size, steps)
    if sum(abs(part.gap) for part in parts) / size > HOPELESS_GAP:
        return best
    while not best.converged and steps + 2 * PART_STEPS <= max_steps:
        worst = max(parts, key=lambda part: abs(part.gap))
        parts.remove(worst)
        parts += path.halve(worst)
        steps += 2 * PART_STEPS
        best = _add_up(parts, outputs, size, steps)
    return best


class _Path:
    """The straight line from the baseline to the input."""

    def __init__(
        self,
        function: Function,
        inputs: torch.Tensor,
        baseline: torch.Tensor,
        steps_at_once: int,
    ) -> None:
        self._function, self._steps_at_once = function, steps_at_once
        self._inputs, self._baseline = inputs, baseline
        self._method = IntegratedGradients(function)

    def outputs(self, shares: list[float]) -> list[float]:
        """The function at places of the path."""
        found: list[float] = []
        with torch.no_grad():
            for start in range(0, len(shares), self._steps_at_once):
                places = [self._at(share) for share in shares[start : start + self._steps_at_once]]
                found += self._function(torch.cat(places)).tolist()
        return found

    def integrate(self, start: float, end: float, start_output: float, end_output: float) -> _Part:
        """One part of the path."""
        with torch.enable_grad():
            attributions = self._method.attribute(
                self._at(end),
                self._at(start),
                n_steps=PART_STEPS,
                internal_batch_size=self._steps_at_once,
            )
        scores = attributions.detach()[0].sum(-1)
        gap = float(scores.double().sum()) - (end_output - start_output)
        return _Part(start, end, start_output, end_output, scores, gap)

    def halve(self, part: _Part) -> list[_Part]:
        """Both halves of a part, integrated anew."""
        middle = (part.start + part.end) / 2
        (output,) = self.outputs([middle])
        return [
            self.integrate(part.start, middle, part.start_output, output),
            self.integrate(middle, part.end, output, part.end_output),
        ]

    def _at(self, share: float) -> torch.Tensor:
        if share in (0.0, 1.0):  # exactly the ends, without rounding
            return self._inputs if share else self._baseline
        return self._baseline + share * (self._inputs - self._baseline)


def _add_up(parts: list[_Part], outputs: list[float], size: float, steps: int) -> Integral:
    whole = abs(sum(part.gap for part in parts)) / size
    worst = max(abs(part.gap) for part in parts) / size
    return Integral(
        torch.stack([part.scores for part in parts]).sum(0),
        outputs[-1],
        outputs[0],
        whole,
        steps,
        max(whole, worst) < MAX_RELATIVE_GAP,
    )
