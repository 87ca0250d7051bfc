"""A table that stays is pooled once for each post: the same fit, sooner."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mhkd.training import emotions
from mhkd.training.emotions import EmotionTable, fit_emotion_classifier
from mhkd.training.fit import Targets
from mhkd.training.recipe import EmotionRecipe, FitRecipe

_WORDS = ("alone", "tired", "glad", "bread", "rain", "help")


def _table() -> EmotionTable:
    drawn = torch.randn(len(_WORDS) + 1, 8, generator=torch.Generator().manual_seed(1))
    return EmotionTable(drawn, _WORDS, {})


def _posts() -> tuple[list[str], Targets]:
    drawn = np.random.default_rng(2)
    texts = [" ".join(drawn.choice(_WORDS, drawn.integers(1, 9))) for _ in range(40)]
    texts[3] = "nothing that the table knows"
    return texts, Targets(torch.tensor([int("glad" in text) for text in texts]))


def _fit(recipe: EmotionRecipe) -> torch.Tensor:
    texts, targets = _posts()
    rows = np.arange(30)
    model = fit_emotion_classifier(recipe, _table(), texts, rows, targets, 2, seed=5)
    assert not model.training
    return torch.from_numpy(emotions.predict_emotions(model, _table(), texts[30:]))


def test_pooled_once_or_at_every_step_the_fit_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    fit = FitRecipe(epochs=3, batch=8, head_learning_rate=1e-2, dropout=0.5)
    recipe = EmotionRecipe(
        lexicon="goemotions", features="none", tune_embeddings=False, hidden=4, fit=fit
    )
    once = _fit(recipe)
    choose = emotions._what_learns
    monkeypatch.setattr(
        emotions, "_what_learns", lambda model, encoded, tuned: choose(model, encoded, tuned=True)
    )
    torch.testing.assert_close(once, _fit(recipe), rtol=1e-4, atol=1e-5)
    assert once.std() > 0
