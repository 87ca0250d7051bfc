"""The paper's training loop, by ``transformers.Trainer``, with every fault of it a switch."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from transformers import (
    EarlyStoppingCallback,
    PrinterCallback,
    Trainer,
    TrainingArguments,
    get_constant_schedule,
    get_linear_schedule_with_warmup,
)

from mhkd.device import has_fast_bf16
from mhkd.training.paper.recipe import PaperFit

Collate = Callable[[Sequence[int]], dict[str, torch.Tensor]]
Loss = Callable[[torch.Tensor, Sequence[int]], torch.Tensor]
Rows = npt.NDArray[np.int64]
_AT_ONCE = 32


def fit_model(
    model: nn.Module,
    rows: Rows,
    validation: Rows,
    collate: Collate,
    loss: Loss,
    settings: PaperFit,
    seed: int,
) -> None:
    """Trains ``model`` in place and leaves it in eval mode.

    Args:
        rows, validation: posts to train on, and those whose loss is watched.
        collate: posts → keyword arguments of the model, which gives logits.
        loss: ``loss(logits, posts)``, a scalar.
    """
    torch.manual_seed(seed)
    falls = settings.plateau_patience is not None
    watched = bool(settings.patience) or settings.keep == "best" or falls
    optimizer = _make_optimizer(model, settings)
    steps = -(-len(rows) // settings.batch) * settings.epochs
    schedule: Any = None
    if settings.warmup:
        schedule = get_linear_schedule_with_warmup(optimizer, int(settings.warmup * steps), steps)
    elif not falls:
        schedule = get_constant_schedule(optimizer)

    def to_batch(chosen: list[int]) -> dict[str, Any]:
        return {"inputs": collate(chosen), "rows": torch.tensor(chosen)}

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            num_train_epochs=settings.epochs,
            per_device_train_batch_size=settings.batch,
            per_device_eval_batch_size=settings.batch,
            max_grad_norm=settings.clip,
            remove_unused_columns=False,
            label_names=["rows"],
            prediction_loss_only=True,
            metric_for_best_model="eval_loss",
            eval_strategy="epoch" if watched else "no",
            save_strategy="epoch" if settings.keep == "best" else "no",
            save_total_limit=1,
            save_only_model=True,
            load_best_model_at_end=settings.keep == "best",
            logging_strategy="no",
            report_to=[],
            disable_tqdm=True,
            seed=seed,
            data_seed=seed,
            dataloader_pin_memory=False,
            bf16=has_fast_bf16("cuda"),
            use_cpu=not torch.cuda.is_available(),
            **_plateau(settings),
        )
        trainer = Trainer(
            model=_WithLoss(model, loss),
            args=arguments,
            train_dataset=rows.tolist(),
            eval_dataset=validation.tolist() if watched else None,
            data_collator=to_batch,
            optimizers=(optimizer, schedule),
        )
        trainer.remove_callback(PrinterCallback)
        if settings.patience:
            trainer.add_callback(EarlyStoppingCallback(settings.patience))
        trainer.train()
    model.eval()


@torch.inference_mode()
def predict(model: nn.Module, rows: Rows, collate: Collate) -> npt.NDArray[np.float64]:
    """Logits of posts, shape (posts, classes)."""
    device = next(model.parameters()).device
    found = []
    for start in range(0, len(rows), _AT_ONCE):
        inputs = collate(rows[start : start + _AT_ONCE].tolist())
        inputs = {name: value.to(device) for name, value in inputs.items()}
        found.append(logits_of(model(**inputs)).double().cpu().numpy())
    return np.concatenate(found)


def logits_of(output: Any) -> torch.Tensor:
    """The logits of what a network gives."""
    logits: torch.Tensor = output if isinstance(output, torch.Tensor) else output.logits
    return logits.float()


class _WithLoss(nn.Module):
    def __init__(self, model: nn.Module, loss: Loss) -> None:
        super().__init__()
        self.model = model
        self._loss = loss

    def forward(
        self, inputs: dict[str, torch.Tensor], rows: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        logits = logits_of(self.model(**inputs))
        return {"loss": self._loss(logits, rows.tolist()), "logits": logits}


def _make_optimizer(model: nn.Module, settings: PaperFit) -> torch.optim.Optimizer:
    kind = torch.optim.Adam if settings.optimizer == "adam" else torch.optim.AdamW
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return kind(trained, lr=settings.learning_rate, weight_decay=settings.weight_decay)


def _plateau(settings: PaperFit) -> dict[str, Any]:
    if settings.plateau_patience is None:
        return {}
    return {
        "lr_scheduler_type": "reduce_lr_on_plateau",
        "lr_scheduler_kwargs": {
            "factor": settings.plateau_factor,
            "patience": settings.plateau_patience,
        },
    }
