"""Integrated gradients of functions whose integral is known."""

from __future__ import annotations

import pytest
import torch

from mhkd.explain.contrast import contrast
from mhkd.explain.integrate import integrate_gradients
from mhkd.limits import FIRST_PARTS, MAX_STEPS, PART_STEPS

FIRST_STEPS = FIRST_PARTS * PART_STEPS


def test_a_linear_function_gets_its_own_terms() -> None:
    weights = torch.tensor([[1.0, 2.0], [0.0, 0.0], [-3.0, 0.5]])
    inputs, baseline = torch.rand(1, 3, 2), torch.rand(1, 3, 2)
    found = integrate_gradients(
        lambda x: (x * weights).sum((1, 2)), inputs, baseline, steps_at_once=5
    )
    expected = ((inputs - baseline)[0] * weights).sum(-1)
    assert found.scores.tolist() == pytest.approx(expected.tolist(), abs=1e-5)
    assert found.scores[1] == 0.0
    assert found.converged and found.steps == FIRST_STEPS
    assert FIRST_STEPS * 3 + FIRST_PARTS + 1 <= 60  # passes, a gradient as two of them


def test_a_product_is_shared_equally() -> None:
    found = integrate_gradients(
        lambda x: x[:, 0, 0] * x[:, 1, 0],
        torch.tensor([[[2.0], [3.0]]]),
        torch.zeros(1, 2, 1),
        steps_at_once=7,
    )
    assert found.scores.tolist() == pytest.approx([3.0, 3.0], abs=1e-4)
    assert (found.output, found.baseline_output) == (6.0, 0.0)


def test_steps_are_bounded_and_the_gap_is_told() -> None:
    """A step that no quadrature resolves: the gradient is 0 nearly everywhere."""
    found = integrate_gradients(
        lambda x: torch.sigmoid(1e6 * (x[:, 0, 0] - 0.377)),
        torch.ones(1, 1, 1),
        torch.zeros(1, 1, 1),
        steps_at_once=64,
    )
    assert not found.converged
    assert found.relative_gap == pytest.approx(1.0, abs=0.01)
    assert FIRST_STEPS <= found.steps <= MAX_STEPS


def test_more_steps_are_taken_where_they_help() -> None:
    found = integrate_gradients(
        lambda x: torch.sigmoid(120 * (x[:, 0, 0] - 0.377)),
        torch.ones(1, 1, 1),
        torch.zeros(1, 1, 1),
        steps_at_once=64,
    )
    assert found.converged
    assert FIRST_STEPS < found.steps <= MAX_STEPS


def test_the_path_is_halved_only_where_it_bends() -> None:
    """The same bend by even steps spends as many where nothing happens."""
    seen: list[float] = []

    def function(x: torch.Tensor) -> torch.Tensor:
        seen.extend(x[:, 0, 0].tolist())
        return torch.sigmoid(120 * (x[:, 0, 0] - 0.377))

    found = integrate_gradients(
        function, torch.ones(1, 1, 1), torch.zeros(1, 1, 1), steps_at_once=64
    )
    assert found.converged
    near = [place for place in seen if 0.25 <= place <= 0.5]
    assert len(near) > len(seen) / 2


def test_a_hopeless_path_is_left_early() -> None:
    found = integrate_gradients(
        lambda x: torch.sin(300 * x[:, 0, 0]) + 0.1 * x[:, 0, 0],
        torch.ones(1, 1, 1),
        torch.zeros(1, 1, 1),
        steps_at_once=64,
    )
    assert found.steps == FIRST_STEPS
    assert not found.converged


def test_gaps_of_parts_cannot_hide_each_other() -> None:
    """Even by symmetry: the whole adds up by chance, its parts do not."""
    found = integrate_gradients(
        lambda x: (
            torch.sigmoid(1e6 * (x[:, 0, 0] - 0.377)) - torch.sigmoid(1e6 * (x[:, 0, 0] - 0.623))
        ),
        torch.ones(1, 1, 1),
        torch.zeros(1, 1, 1),
        steps_at_once=64,
    )
    assert found.relative_gap < 0.05
    assert not found.converged


def test_contrast_is_the_logit_less_the_mean_of_the_others() -> None:
    logits = torch.tensor([[1.0, 4.0, 10.0]])
    assert contrast(logits, 1).tolist() == [4.0 - 5.5]
    assert contrast(logits[:, :2], 0).tolist() == [-3.0]
