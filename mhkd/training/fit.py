"""One training loop for every model of the method, by ``transformers.Trainer``."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils.data import Dataset
from transformers import (
    PrinterCallback,
    Trainer,
    TrainingArguments,
    get_linear_schedule_with_warmup,
)

from mhkd.training.recipe import FitRecipe

Loss = Callable[[torch.Tensor, dict[str, torch.Tensor]], torch.Tensor]
Collate = Callable[[Sequence[int]], dict[str, Any]]


@dataclass(frozen=True, eq=False)
class Targets:
    """What a model learns from.

    Attributes:
        labels: int64, shape (posts,).
        soft: float32, shape (posts, classes), soft targets, or None.
    """

    labels: torch.Tensor
    soft: torch.Tensor | None = None


def fit_classifier(
    model: nn.Module,
    rows: Sequence[int],
    collate: Collate,
    targets: Targets,
    loss: Loss,
    settings: FitRecipe,
    seed: int,
    lengths: Sequence[int] | None = None,
) -> None:
    """Trains ``model`` in place on the posts ``rows`` and leaves it in eval mode.

    AdamW, linear warm-up and decay, gradients clipped at 1.

    Args:
        model: called as ``model(**collate(rows))``; gives logits. Parameters whose
            name starts with ``head`` take the head's learning rate.
        collate: rows → keyword arguments of the model.
        targets: for all posts, indexed by row.
        loss: ``loss(logits, {"labels", "soft"})``, a scalar.
        lengths: of all posts; batches are made of posts of like length.
        seed: order of the batches and dropout.
    """
    torch.manual_seed(seed)
    wrapped = _WithLoss(model, loss)
    steps = -(-len(rows) // settings.batch) * settings.epochs
    optimizer = torch.optim.AdamW(_parameter_groups(model, settings))
    schedule = get_linear_schedule_with_warmup(optimizer, int(settings.warmup * steps), steps)

    def to_batch(chosen: list[dict[str, Any]]) -> dict[str, Any]:
        places = [item["row"] for item in chosen]
        wanted = {"labels": targets.labels[places]}
        if targets.soft is not None:
            wanted["soft"] = targets.soft[places]
        return {"inputs": collate(places), "targets": wanted}

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            num_train_epochs=settings.epochs,
            per_device_train_batch_size=settings.batch,
            max_grad_norm=1.0,
            train_sampling_strategy="random" if lengths is None else "group_by_length",
            remove_unused_columns=False,
            save_strategy="no",
            logging_strategy="no",
            report_to=[],
            disable_tqdm=True,
            seed=seed,
            data_seed=seed,
            dataloader_pin_memory=False,
            use_cpu=not torch.cuda.is_available(),
        )
        trainer = Trainer(
            model=wrapped,
            args=arguments,
            train_dataset=_Rows(rows, lengths),
            data_collator=to_batch,
            optimizers=(optimizer, schedule),
        )
        trainer.remove_callback(PrinterCallback)  # progress is told stage by stage
        trainer.train()
    model.eval()


def cross_entropy(smoothing: float) -> Loss:
    """Cross-entropy against the labels."""

    def loss(logits: torch.Tensor, targets: dict[str, torch.Tensor]) -> torch.Tensor:
        return nn.functional.cross_entropy(logits, targets["labels"], label_smoothing=smoothing)

    return loss


class _Rows(Dataset[dict[str, Any]]):
    def __init__(self, rows: Sequence[int], lengths: Sequence[int] | None) -> None:
        self._rows = list(rows)
        self._lengths = lengths

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: int) -> dict[str, Any]:
        row = int(self._rows[place])
        length = 1 if self._lengths is None else int(self._lengths[row])
        return {"row": row, "input_ids": range(length)}  # the sampler takes its length


class _WithLoss(nn.Module):
    def __init__(self, model: nn.Module, loss: Loss) -> None:
        super().__init__()
        self.model = model
        self._loss = loss

    def forward(
        self, inputs: dict[str, Any], targets: dict[str, torch.Tensor]
    ) -> dict[str, torch.Tensor]:
        logits = self.model(**inputs)
        return {"loss": self._loss(logits, targets), "logits": logits}


def _parameter_groups(model: nn.Module, settings: FitRecipe) -> list[dict[str, Any]]:
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        head = name.startswith(("head", "network.classifier", "network.projector", "mlp"))
        rate = settings.head_learning_rate if head else settings.learning_rate
        decay = settings.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    return [
        {"params": parameters, "lr": rate, "weight_decay": decay}
        for (rate, decay), parameters in groups.items()
    ]
