"""Integrated gradients with as many steps as the integral needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from captum.attr import IntegratedGradients

from mhkd.limits import FIRST_STEPS, MAX_RELATIVE_GAP, MAX_STEPS

METHOD = "integrated gradients (Gauss–Legendre)"
_SMALLEST_CHANGE = 0.1  # below this change of the logit a gap is not told from noise


@dataclass(frozen=True, eq=False)
class Integral:
    """Attributions of one input and how well they add up.

    Attributes:
        scores: the shape of the input without its last axis, which is summed.
        output, baseline_output: the function at the input and at the baseline.
        relative_gap: ``|sum(scores) − change| / max(|change|, 0.1)``.
        steps: integration steps of these scores.
    """

    scores: torch.Tensor
    output: float
    baseline_output: float
    relative_gap: float
    steps: int

    @property
    def converged(self) -> bool:
        """The gap is below 0.05."""
        return self.relative_gap < MAX_RELATIVE_GAP


def integrate_gradients(
    function: Callable[[torch.Tensor], torch.Tensor],
    inputs: torch.Tensor,
    baseline: torch.Tensor,
    *,
    steps_at_once: int,
    max_steps: int = MAX_STEPS,
) -> Integral:
    """Integrated gradients from ``baseline`` to ``inputs``, which is one input.

    The steps are doubled from 32 to ``max_steps`` until the relative gap is below 0.05. The gap
    need not shrink with the steps, so the scores with the smallest gap are kept.
    Source: Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks,
    ICML 2017; captum's implementation.

    Args:
        function: (steps, *shape) → (steps,), differentiable.
        inputs: shape (1, *shape, width).
        baseline: the same shape.
        steps_at_once: steps in one call of ``function``.
        max_steps: bounds the time.
    """
    with torch.no_grad():
        output, baseline_output = float(function(inputs)), float(function(baseline))
    change = output - baseline_output
    method = IntegratedGradients(function)

    def attempt(steps: int) -> Integral:
        with torch.enable_grad():
            attributions = method.attribute(
                inputs, baseline, n_steps=steps, internal_batch_size=steps_at_once
            )
        scores = attributions.detach()[0].sum(-1)
        gap = abs(float(scores.sum()) - change) / max(abs(change), _SMALLEST_CHANGE)
        return Integral(scores, output, baseline_output, gap, steps)

    best, steps = attempt(FIRST_STEPS), 2 * FIRST_STEPS
    while not best.converged and steps <= max_steps:
        best = min(best, attempt(steps), key=lambda integral: integral.relative_gap)
        steps *= 2
    return best
