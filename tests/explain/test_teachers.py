"""Contributions against a hand-worked case, the closed form, captum and scipy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from captum.attr import ShapleyValues
from scipy.spatial.distance import jensenshannon

from mhkd.explain.teachers import contribute, divergence_bits

MEANS = {"text": 0.5, "audio": 0.4, "emotion": 0.6}


def test_hand_worked_case() -> None:
    found = contribute({"text": 0.8, "audio": 0.4, "emotion": 0.3}, MEANS, "suicide")
    assert found is not None
    assert found.empty == pytest.approx(0.5)
    assert found.full == pytest.approx(0.5)
    # 0.3 / 3, 0 / 3 and −0.3 / 3 points
    assert found.shapley["text"] == pytest.approx(0.1)
    assert found.shapley["audio"] == pytest.approx(0.0)
    assert found.shapley["emotion"] == pytest.approx(-0.1)
    assert found.target == "suicide"
    assert found.residual < 1e-12


@pytest.mark.parametrize("absent", [(), ("audio",), ("text",), ("audio", "emotion")])
def test_closed_form_of_the_mean(absent: tuple[str, ...]) -> None:
    given = {"text": 0.91, "audio": 0.37, "emotion": 0.66}
    probabilities = {name: None if name in absent else p for name, p in given.items()}
    found = contribute(probabilities, MEANS, "suicide")
    assert found is not None
    count = len(given) - len(absent)
    for name, probability in probabilities.items():
        if probability is None:
            assert found.shapley[name] is None
        else:
            assert found.shapley[name] == pytest.approx((probability - MEANS[name]) / count)
    assert found.residual < 1e-6


def test_agrees_with_captum() -> None:
    probabilities = {"text": 0.91, "audio": 0.37, "emotion": 0.66}
    found = contribute(probabilities, MEANS, "suicide")
    assert found is not None
    captum = ShapleyValues(lambda outputs: outputs.mean(1)).attribute(
        torch.tensor([list(probabilities.values())], dtype=torch.float64),
        baselines=torch.tensor([list(MEANS.values())], dtype=torch.float64),
    )
    assert list(found.shapley.values()) == pytest.approx(captum[0].tolist())


def test_a_teacher_at_its_mean_output_contributes_nothing() -> None:
    found = contribute({"text": 0.9, "audio": MEANS["audio"], "emotion": 0.2}, MEANS, "suicide")
    assert found is not None
    assert found.shapley["audio"] == 0.0


def test_no_teacher() -> None:
    assert contribute(dict.fromkeys(MEANS), MEANS, "suicide") is None


def test_divergence_agrees_with_scipy() -> None:
    generator = np.random.default_rng(0)
    for _ in range(20):
        p, q = generator.dirichlet(np.ones(3), 2)
        expected = jensenshannon(p, q, base=2) ** 2
        assert divergence_bits(list(p), list(q)) == pytest.approx(expected, abs=1e-12)


def test_divergence_is_symmetric_and_between_0_and_1_bit() -> None:
    assert divergence_bits([1.0, 0.0], [0.0, 1.0]) == pytest.approx(1.0)
    pairs = itertools.combinations([[0.5, 0.5], [0.2, 0.8], [0.0, 1.0]], 2)
    for p, q in pairs:
        assert divergence_bits(p, p) == 0.0
        assert 0 < divergence_bits(p, q) == pytest.approx(divergence_bits(q, p))
