import numpy as np
import pytest
import torch
from sklearn.model_selection import train_test_split
from sklearn.utils.class_weight import compute_class_weight
from torch import nn

from mhkd.training.fit import Targets, cross_entropy, fit_classifier
from mhkd.training.recipe import FitRecipe

LABELS = torch.tensor([0] * 30 + [1] * 10)


def train(settings, seen=None, labels=LABELS):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 2))
    points = torch.randn(len(labels), 5, generator=torch.Generator().manual_seed(1))
    inner = cross_entropy(0.0)

    def loss(logits, targets):
        if seen is not None:
            weights = targets.get("class_weights")
            seen.append((len(logits), weights, model.training, inner(logits, targets).item()))
        return inner(logits, targets)

    rows = list(range(len(labels)))
    fit_classifier(
        model, rows, lambda p: {"input": points[p]}, Targets(labels), loss, settings, seed=0
    )
    return model, points


def test_class_weights_are_those_of_scikit_learn():
    seen = []
    train(FitRecipe(epochs=1, batch=8, class_weights=True), seen)
    expected = compute_class_weight("balanced", classes=np.array([0, 1]), y=LABELS.numpy())
    assert seen[0][1].tolist() == pytest.approx(expected.tolist())
    seen = []
    train(FitRecipe(epochs=1, batch=8), seen)
    assert all(weights is None for _, weights, _, _ in seen)


def test_patience_holds_out_a_tenth_stops_early_and_keeps_the_best_weights():
    # Nothing can be learned of random labels: the loss held out soon rises.
    labels = torch.randint(0, 2, (40,), generator=torch.Generator().manual_seed(4))
    settings = FitRecipe(epochs=60, batch=4, learning_rate=0.3, patience=2, warmup=0.0)
    seen = []
    model, points = train(settings, seen, labels)
    held_out = [loss for size, _, training, loss in seen if not training]
    trained = sum(size for size, _, training, _ in seen if training)
    assert trained == 36 * len(held_out) < 36 * 60
    assert held_out.index(min(held_out)) == len(held_out) - 1 - settings.patience
    _, rows = train_test_split(range(40), test_size=0.1, random_state=0, stratify=labels.numpy())
    with torch.inference_mode():
        left = nn.functional.cross_entropy(model(points[rows]), labels[rows])
    assert left.item() == pytest.approx(min(held_out), abs=1e-5)
    assert not model.training
