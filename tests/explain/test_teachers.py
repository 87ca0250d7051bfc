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


NEUTRAL = {"text": 0.7, "audio": 0.5, "emotion": 0.2}
GIVEN = {"text": 0.91, "audio": 0.37, "emotion": 0.66}


def _log_odds(p: float) -> float:
    return float(np.log(p / (1 - p)))


def test_neutral_inputs_are_the_other_stand_in() -> None:
    found = contribute(GIVEN, MEANS, "suicide", NEUTRAL)
    assert found is not None and found.neutral is not None
    assert found.neutral.outputs == NEUTRAL
    assert found.neutral.empty == pytest.approx(1.4 / 3)
    for name, probability in GIVEN.items():
        assert found.neutral.shapley[name] == pytest.approx((probability - NEUTRAL[name]) / 3)
    assert found.neutral.residual < 1e-12
    assert found.neutral.empty + sum(found.neutral.shapley.values()) == pytest.approx(found.full)


def test_log_odds_of_two_teachers_by_hand() -> None:
    found = contribute({"text": 0.9, "emotion": 0.7}, {"text": 0.5, "emotion": 0.5}, "suicide")
    assert found is not None and found.interactions is not None
    game = found.interactions
    text, emotion, both = _log_odds(0.7), _log_odds(0.6), _log_odds(0.8)
    assert (game.empty, game.full) == (0.0, pytest.approx(both))
    assert game.alone["text"] == pytest.approx(text)
    assert game.last["text"] == pytest.approx(both - emotion)
    assert game.shapley["text"] == pytest.approx((text + both - emotion) / 2)
    assert game.shapley["audio"] is None
    (pair,) = game.pairs
    assert (pair.first, pair.second) == ("text", "emotion")
    assert pair.interaction == pytest.approx(both - text - emotion)
    assert pair.interaction > 0


def test_log_odds_agree_with_captum_and_interactions_with_their_definition() -> None:
    found = contribute(GIVEN, MEANS, "suicide")
    assert found is not None and found.interactions is not None
    game = found.interactions
    inputs = torch.tensor([list(GIVEN.values())], dtype=torch.float64)
    means = torch.tensor([list(MEANS.values())], dtype=torch.float64)
    captum = ShapleyValues(lambda outputs: torch.logit(outputs.mean(1)))
    expected = captum.attribute(inputs, baselines=means)[0]
    assert list(game.shapley.values()) == pytest.approx(expected.tolist())
    assert game.residual < 1e-12
    # An index is the Shapley value of the pair as one player, less each one's without the other.
    names = list(GIVEN)
    for pair in game.pairs:
        first, second = names.index(pair.first), names.index(pair.second)
        merged = torch.tensor([[0, 1, 2]]).where(torch.arange(3) != second, first)
        merged = torch.unique(merged, return_inverse=True)[1]
        together = captum.attribute(inputs, baselines=means, feature_mask=merged)[0][first]
        apart = 0.0
        for one, other in ((first, second), (second, first)):
            rest = inputs.clone()
            rest[0, other] = means[0, other]
            apart += float(captum.attribute(rest, baselines=means)[0][one])
        assert pair.interaction == pytest.approx(float(together) - apart, abs=1e-6)


def test_a_teacher_that_says_nothing_new_interacts_with_none() -> None:
    found = contribute({**GIVEN, "audio": MEANS["audio"]}, MEANS, "suicide")
    assert found is not None and found.interactions is not None
    for pair in found.interactions.pairs:
        if "audio" in (pair.first, pair.second):
            assert pair.interaction == pytest.approx(0.0, abs=1e-12)


def test_certain_teachers_keep_log_odds_finite() -> None:
    found = contribute(dict.fromkeys(MEANS, 1.0), MEANS, "suicide")
    assert found is not None and found.interactions is not None
    assert np.isfinite(found.interactions.full)
    assert found.interactions.residual < 1e-6
