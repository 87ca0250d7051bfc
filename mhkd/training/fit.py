"""One training loop for every model of the method, by ``transformers.Trainer``."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import Dataset
from transformers import (
    EarlyStoppingCallback,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerState,
    TrainingArguments,
    get_linear_schedule_with_warmup,
)
from transformers.trainer_pt_utils import LengthGroupedSampler

from mhkd.device import has_fast_bf16
from mhkd.training.processes import count_processes
from mhkd.training.recipe import FitRecipe
from mhkd.training.stages import Pace, Say

_HELD_OUT = 0.1
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
    say: Say = lambda _: None,
) -> None:
    """Trains ``model`` in place on the posts ``rows`` and leaves it in eval mode.

    AdamW, linear warm-up and decay, gradients clipped at 1. With ``settings.patience`` a tenth of
    the posts is held out and the weights with the lowest loss on them are kept. On several
    processes each takes its share of every batch, and all end with the same weights. On CUDA in
    bf16 where the device has it.

    Args:
        model: called as ``model(**collate(rows))``; gives logits. Parameters whose
            name starts with ``head`` take the head's learning rate.
        collate: rows → keyword arguments of the model.
        targets: for all posts, indexed by row.
        loss: ``loss(logits, {"labels", "soft", "class_weights"})``, a scalar; the last two only
            where there are such.
        lengths: of all posts; batches are made of posts of like length.
        seed: order of the batches and dropout.
        say: is told how far it is, where it takes long.
    """
    torch.manual_seed(seed)
    wrapped = _WithLoss(model, loss)
    rows, held_out = _hold_out(list(rows), targets.labels, settings.patience, seed)
    steps = -(-len(rows) // (settings.batch * count_processes())) * settings.epochs
    weights = _weigh_classes(targets.labels, rows) if settings.class_weights else None
    optimizer = torch.optim.AdamW(_parameter_groups(model, settings))
    schedule = get_linear_schedule_with_warmup(optimizer, int(settings.warmup * steps), steps)

    def to_batch(chosen: list[dict[str, Any]]) -> dict[str, Any]:
        places = [item["row"] for item in chosen]
        wanted = {"labels": targets.labels[places]}
        if targets.soft is not None:
            wanted["soft"] = targets.soft[places]
        if weights is not None:
            wanted["class_weights"] = weights
        return {"inputs": collate(places), "targets": wanted}

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            num_train_epochs=settings.epochs,
            per_device_train_batch_size=settings.batch,
            max_grad_norm=1.0,
            remove_unused_columns=False,
            label_names=["targets"],
            logging_strategy="no",
            bf16=has_fast_bf16("cuda"),
            ddp_find_unused_parameters=False,
            **_watch(settings.patience),
            report_to=[],
            disable_tqdm=True,
            seed=seed,
            data_seed=seed,
            dataloader_pin_memory=False,
            use_cpu=not torch.cuda.is_available(),
        )
        trainer = _Trainer(
            model=wrapped,
            args=arguments,
            train_dataset=_Rows(rows, lengths),
            eval_dataset=_Rows(held_out, lengths) if held_out else None,
            data_collator=to_batch,
            optimizers=(optimizer, schedule),
        )
        trainer.remove_callback(PrinterCallback)  # progress is told as in other stages
        trainer.add_callback(_TellPace(Pace(say, "steps", steps)))
        if held_out:
            trainer.add_callback(EarlyStoppingCallback(settings.patience))
        trainer.train()
    model.eval().cpu()


def _watch(patience: int) -> dict[str, Any]:
    """Arguments for the Trainer that keep the weights with the lowest loss held out."""
    if not patience:
        return {"save_strategy": "no"}
    return {
        "eval_strategy": "epoch",
        "save_strategy": "epoch",
        "save_total_limit": 1,
        "save_only_model": True,
        "load_best_model_at_end": True,
        "metric_for_best_model": "eval_loss",
        "prediction_loss_only": True,
    }


def _hold_out(
    rows: list[int], labels: torch.Tensor, patience: int, seed: int
) -> tuple[list[int], list[int]]:
    """The posts to train on and a tenth of each label that is not, or none of them."""
    if not patience:
        return rows, []
    kept, held_out = train_test_split(
        rows,
        test_size=max(_HELD_OUT, labels[rows].unique().numel() / len(rows)),
        random_state=seed,
        stratify=labels[rows].numpy(),
    )
    return sorted(kept), sorted(held_out)


def _weigh_classes(labels: torch.Tensor, rows: Sequence[int]) -> torch.Tensor:
    """Posts ÷ (classes · posts of the class), shape (classes,); 1 where there is no post."""
    counts = torch.bincount(labels[list(rows)], minlength=int(labels.max()) + 1).float()
    return torch.where(counts > 0, len(rows) / (len(counts) * counts.clamp(min=1)), 1.0)


def cross_entropy(smoothing: float) -> Loss:
    """Cross-entropy against the labels."""

    def loss(logits: torch.Tensor, targets: dict[str, torch.Tensor]) -> torch.Tensor:
        return nn.functional.cross_entropy(
            logits,
            targets["labels"],
            weight=targets.get("class_weights"),
            label_smoothing=smoothing,
        )

    return loss


class _Rows(Dataset[dict[str, Any]]):
    def __init__(self, rows: Sequence[int], lengths: Sequence[int] | None) -> None:
        self._rows = list(rows)
        self.lengths = None if lengths is None else [int(lengths[row]) for row in rows]

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: int) -> dict[str, Any]:
        return {"row": int(self._rows[place])}


class _Trainer(Trainer):
    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        """Batches of like length, over all processes as they would be on one."""
        rows = cast(_Rows, train_dataset or self.train_dataset)
        if rows.lengths is None:
            return super()._get_train_sampler(train_dataset)
        whole = self.args.train_batch_size * count_processes()
        generator = torch.Generator().manual_seed(int(self.args.data_seed or 0))
        return LengthGroupedSampler(whole, lengths=rows.lengths, generator=generator)


class _TellPace(TrainerCallback):
    def __init__(self, pace: Pace) -> None:
        self._pace = pace

    def on_step_end(self, args: Any, state: TrainerState, control: Any, **_: Any) -> None:
        self._pace.tell(state.global_step)


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
