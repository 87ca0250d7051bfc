"""Integrated gradients of functions whose integral is known."""

from __future__ import annotations

import pytest
import torch
from captum.attr import IntegratedGradients

from mhkd.explain.contrast import contrast
from mhkd.explain.integrate import integrate_gradients
from mhkd.limits import FIRST_PARTS, MAX_STEPS

FIRST_STEPS = 2 * FIRST_PARTS + 1


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
    assert FIRST_STEPS * 3 <= 60  # passes, a gradient as three of them


def test_a_product_is_shared_equally() -> None:
    found = integrate_gradients(
        lambda x: x[:, 0, 0] * x[:, 1, 0],
        torch.tensor([[[2.0], [3.0]]]),
        torch.zeros(1, 2, 1),
        steps_at_once=7,
    )
    assert found.scores.tolist() == pytest.approx([3.0, 3.0], abs=1e-4)
    assert (found.output, found.baseline_output) == (6.0, 0.0)


@pytest.mark.parametrize("most", [40, MAX_STEPS, 10_000])
def test_steps_are_bounded_and_the_gap_is_told(most: int) -> None:
    """A step that no quadrature resolves: the gradient is 0 everywhere, and halving has an end."""
    found = integrate_gradients(
        lambda x: _step(x, 0.377),
        torch.ones(1, 1, 1),
        torch.zeros(1, 1, 1),
        steps_at_once=64,
        max_steps=most,
    )
    assert not found.converged
    assert found.relative_gap == pytest.approx(1.0, abs=0.01)
    assert FIRST_STEPS <= found.steps <= min(most, 100)


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


def test_agrees_with_captum() -> None:
    generator = torch.Generator().manual_seed(0)
    first, second = torch.randn(12, 8, generator=generator), torch.randn(8, generator=generator)

    def function(x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(x.flatten(1) @ first) @ second

    inputs = torch.randn(1, 3, 4, generator=generator)
    baseline = 0.2 * torch.randn(1, 3, 4, generator=generator)
    found = integrate_gradients(function, inputs, baseline, steps_at_once=4)
    expected = IntegratedGradients(function).attribute(inputs, baseline, n_steps=200)
    assert found.converged
    assert found.scores.tolist() == pytest.approx(expected[0].sum(-1).tolist(), abs=0.02)


def test_no_place_is_computed_twice() -> None:
    seen: list[float] = []

    def function(x: torch.Tensor) -> torch.Tensor:
        seen.extend(x[:, 0, 0].tolist())
        return torch.sigmoid(120 * (x[:, 0, 0] - 0.377))

    found = integrate_gradients(
        function, torch.ones(1, 1, 1), torch.zeros(1, 1, 1), steps_at_once=3
    )
    assert len(seen) == len(set(seen)) == found.steps


def test_gaps_of_parts_cannot_hide_each_other() -> None:
    """Even by symmetry: the whole adds up by chance, its parts do not."""
    found = integrate_gradients(
        lambda x: _step(x, 0.377) - _step(x, 0.623),
        torch.ones(1, 1, 1),
        torch.zeros(1, 1, 1),
        steps_at_once=64,
    )
    assert found.relative_gap < 0.05
    assert not found.converged


def _step(x: torch.Tensor, place: float) -> torch.Tensor:
    return (x[:, 0, 0] > place).float() + 0 * x[:, 0, 0]


def test_contrast_is_the_logit_less_the_mean_of_the_others() -> None:
    logits = torch.tensor([[1.0, 4.0, 10.0]])
    assert contrast(logits, 1).tolist() == [4.0 - 5.5]
    assert contrast(logits[:, :2], 0).tolist() == [-3.0]
