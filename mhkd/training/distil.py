"""The loss that distils the teachers into the student."""

from __future__ import annotations

import torch
from torch.nn import functional

from mhkd.training.fit import Loss, cross_entropy
from mhkd.training.recipe import StudentRecipe


def distillation_loss(recipe: StudentRecipe) -> Loss:
    """``α·CE + (1 − α)·T²·KL(soft target ‖ student)``, KL as the mean over posts.

    With ``paper_loss`` it is the released code's ``CE + KL/C`` at T = 1 (its
    KLDivLoss averages over posts and classes). The soft target is a
    probability; at a temperature T it is sharpened or softened as ``p^(1/T)``, normalised.
    Source: Hinton et al. 2015; 3M-Health section 3.4.
    """

    def loss(logits: torch.Tensor, targets: dict[str, torch.Tensor]) -> torch.Tensor:
        soft = targets["soft"]
        hard = cross_entropy(recipe.fit.label_smoothing)(logits, targets)
        if recipe.paper_loss:
            student = functional.log_softmax(logits, -1)
            return hard + functional.kl_div(student, soft, reduction="batchmean") / soft.shape[1]
        t = recipe.temperature
        student = functional.log_softmax(logits / t, -1)
        teacher = functional.softmax(soft.clamp(min=1e-8).log() / t, -1)
        kl = functional.kl_div(student, teacher, reduction="batchmean")
        return recipe.alpha * hard + (1 - recipe.alpha) * t * t * kl

    return loss
