"""The paper's student and its loss."""

from __future__ import annotations

from collections.abc import Sequence

import torch
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
