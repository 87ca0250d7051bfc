"""Two measures of an explanation: does it foresee changes, does it hold under a small shake?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from captum.metrics import infidelity, sensitivity_max

from mhkd.analysis import Fidelity
from mhkd.explain.orders import Present

SETS = 20
READINGS = 3
REMOVED_SHARE = 0.2
RADIUS = 0.05  # of the inputs' standard deviation
_SEED = 0
_AT_ONCE = 8

Explain = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Infidelity:
    """Mean squared miss of the scores, at their best scale, and that of scores of zero."""

    value: float
    of_none: float


class Shaken(Protocol):
    """An input that can be changed a little and explained again."""

    @property
    def given(self) -> torch.Tensor:
        """The input, shape (1, *shape)."""

    def explain(self, given: torch.Tensor) -> torch.Tensor:
        """The scores for an input near it, shape (1, parts)."""


def measure_fidelity(
    function: Present, scores: Sequence[float], shaken: Shaken | None = None
) -> Fidelity:
    """Both measures of one explanation; see ``measure_infidelity``, ``measure_sensitivity``.

    Args:
        function: the logit explained, of which parts are present.
        scores: one for each part.
        shaken: what is explained again; None where scores are not gradients.
    """
    missed = measure_infidelity(function, scores)
    return Fidelity(
        infidelity=missed.value,
        infidelity_of_none=missed.of_none,
        sets=SETS,
        sensitivity=None if shaken is None else measure_sensitivity(shaken.explain, shaken.given),
        readings=0 if shaken is None else READINGS,
        radius=0.0 if shaken is None else RADIUS,
    )


def measure_infidelity(function: Present, scores: Sequence[float], sets: int = SETS) -> Infidelity:
    """How far the scores miss the fall of the logit when random parts are taken away.

    Source: Yeh et al., On the (In)fidelity and Sensitivity of Explanations, NeurIPS 2019,
    equations 1 and 2 with the optimal scale; captum's ``infidelity``.

    Args:
        function: the logit explained, of which parts are present.
        scores: one for each part.
        sets: random sets of parts, a fifth of them each, at least one.
    """
    count = len(scores)
    remembered = _Remembered(function)
    size = max(1, round(REMOVED_SHARE * count))

    def miss(values: torch.Tensor, *, scaled: bool) -> float:
        generator = torch.Generator().manual_seed(_SEED)

        def take_away(inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            absent = torch.zeros_like(inputs)
            for row in absent:
                row[torch.randperm(count, generator=generator)[:size]] = 1
            return absent, inputs - absent

        found = infidelity(
            remembered,
            take_away,
            torch.ones(1, count, dtype=torch.float64),
            values,
            n_perturb_samples=sets,
            max_examples_per_batch=_AT_ONCE,
            normalize=scaled,
        )
        return float(found[0])

    given = torch.tensor([list(scores)], dtype=torch.float64)
    of_none = miss(torch.zeros_like(given), scaled=False)
    return Infidelity(miss(given, scaled=True) if given.any() else of_none, of_none)


def measure_sensitivity(explain: Explain, inputs: torch.Tensor, readings: int = READINGS) -> float:
    """The largest change of the scores, in their own size, under small changes of the input.

    Source: Yeh et al., NeurIPS 2019, definition 3; captum's ``sensitivity_max``.

    Args:
        explain: (1, *shape) → scores, shape (1, parts).
        inputs: one input, shape (1, *shape).
        readings: changed inputs that are explained, each moved everywhere by up to 5 % of the
            standard deviation of ``inputs``.
    """
    generator = torch.Generator().manual_seed(_SEED)

    def shake(given: torch.Tensor, perturb_radius: float) -> tuple[torch.Tensor]:
        noise = torch.rand(given.shape, generator=generator, dtype=given.dtype) * 2 - 1
        return (given + perturb_radius * noise.to(given.device),)

    found = sensitivity_max(
        # captum takes the first explanation for a tuple, whatever it is
        lambda given: (explain(given[0] if isinstance(given, tuple) else given),),
        inputs,
        perturb_func=shake,
        perturb_radius=RADIUS * float(inputs.std()),
        n_perturb_samples=readings,
        max_examples_per_batch=1,
    )
    return float(found[0])


class _Remembered:
    """The function, which answers nothing twice; one row at a time is looked up."""

    def __init__(self, function: Present) -> None:
        self._function = function
        self._known: dict[bytes, float] = {}

    def __call__(self, present: torch.Tensor) -> torch.Tensor:
        keys = [row.to(torch.bool).numpy().tobytes() for row in present]
        places = {key: place for place, key in enumerate(keys) if key not in self._known}
        if places:
            outputs = self._function(present[list(places.values())].float()).tolist()
            self._known |= dict(zip(places, outputs, strict=True))
        return torch.tensor([self._known[key] for key in keys], dtype=torch.float64)
