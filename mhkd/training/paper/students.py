"""The paper's student: the loss, and what is measured over its runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score
from torch.nn import functional

from mhkd.training.paper.loop import fit_model, predict
from mhkd.training.paper.models import build_text_model
from mhkd.training.paper.parts import Part
from mhkd.training.paper.recipe import PaperStudentRecipe
from mhkd.training.paper.teachers import Floats, Material, label_loss

LOGITS = "test_logits"


def distillation_term(
    logits: torch.Tensor, soft: torch.Tensor, recipe: PaperStudentRecipe
) -> torch.Tensor:
    """``T²·KL(soft target ‖ student)``; fault 1 divides it by the number of classes."""
    t = recipe.temperature
    teacher = soft
    if t != 1.0:
        teacher = functional.softmax(soft.clamp(min=1e-8).log() / t, -1)
    student = functional.log_softmax(logits / t, -1)
    divergence = t * t * functional.kl_div(student, teacher, reduction="batchmean")
    return divergence / soft.shape[1] if recipe.kl == "mean" else divergence


def train_student(
    material: Material, part: Part, soft: Floats | None, seed: int, *, keep_weights: bool
) -> dict[str, torch.Tensor]:
    """Trains a student on a part: its logits of the test posts and, if wanted, its weights."""
    recipe = material.recipe.student
    model = build_text_model(
        recipe,
        material.reader.tokenizer,
        len(material.recipe.labels),
        allow_hub=material.allow_hub,
        seed=seed,
    )
    hard = label_loss(material, part.train, recipe.fit)
    targets = None if soft is None else torch.from_numpy(soft).float()

    def loss(logits: torch.Tensor, rows: Sequence[int]) -> torch.Tensor:
        total: torch.Tensor = recipe.weight_ce * hard(logits, rows)
        if targets is not None:
            wanted = targets[list(rows)].to(logits.device)
            total = total + recipe.weight_kl * distillation_term(logits, wanted, recipe)
        return total

    read = material.reader.pad
    fit_model(model, part.train, part.validation, read, loss, recipe.fit, seed)
    found = {LOGITS: torch.from_numpy(predict(model, part.test, read))}
    if keep_weights:
        found |= {k: v.detach().cpu().clone() for k, v in model.state_dict().items()}
    return found


def measure_run(probabilities: Floats, truth: npt.NDArray[np.int64]) -> dict[str, Any]:
    """The paper's metrics of one run, on all its test posts together."""
    guess, classes = probabilities.argmax(1), probabilities.shape[1]
    every = list(range(classes))
    one_hot = np.eye(classes)[truth]
    areas = [
        float(roc_auc_score(one_hot[:, label], probabilities[:, label]))
        for label in every
        if 0 < one_hot[:, label].sum() < len(truth)
    ]
    return {
        "accuracy": float(accuracy_score(truth, guess)),
        "f1_macro": float(f1_score(truth, guess, average="macro", labels=every, zero_division=0)),
        "f1_weighted": float(
            f1_score(truth, guess, average="weighted", labels=every, zero_division=0)
        ),
        "f1_of_classes": [
            float(v) for v in f1_score(truth, guess, average=None, labels=every, zero_division=0)
        ],
        "auc": float(np.mean(areas)) if areas else None,
    }


def summarise(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Mean and standard deviation (of the population, as in the notebooks) over runs.

    ``best_by_test`` is what the paper's tables print: the run whose test weighted F1 is highest.
    It is chosen by looking at the test part and flatters the method.
    """
    names = ("accuracy", "f1_macro", "f1_weighted")
    best = max(range(len(runs)), key=lambda run: runs[run]["f1_weighted"])
    return {
        "runs": len(runs),
        "mean": {name: float(np.mean([run[name] for run in runs])) for name in names},
        "sd": {name: float(np.std([run[name] for run in runs])) for name in names},
        "best_by_test": {"run": best, **runs[best]},
        "single_runs": list(runs),
    }
