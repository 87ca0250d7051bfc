"""Fits a tiny student and writes its weights; torchrun starts it for test_processes.py."""

import os
import signal
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import distributed

from mhkd.manifest import TextSettings
from mhkd.models.members import trained_weights
from mhkd.training.distil import distillation_loss
from mhkd.training.fit import Targets
from mhkd.training.processes import first_alone, is_first, join_processes, leave_processes
from mhkd.training.recipe import FitRecipe, StudentRecipe
from mhkd.training.stages import RunFolder
from mhkd.training.texts import fit_text_classifier, keep_states

TEXTS = [
    f"i feel {'so ' * (i % 7)}tired" if i % 2 else f"good {'walk ' * (i % 5)}" for i in range(16)
]


def fit(backbone: Path, folder: Path, batch: int) -> None:
    """Writes ``<batch>.safetensors`` and the loss of every step, over all processes."""
    part = FitRecipe(
        epochs=25, batch=batch, dropout=0.0, learning_rate=1e-3, head_learning_rate=1e-2
    )
    recipe = StudentRecipe(candidates=[{"backbone": "b", "layers": 2}], alpha=0.3, fit=part)
    labels = torch.tensor([i % 2 for i in range(16)])
    soft = torch.nn.functional.one_hot(labels, 2) * 0.6 + 0.2
    settings = TextSettings(
        backbone=str(backbone), layers=2, frozen_layers=1, lora_rank=0, temperature=1.0
    )
    kept = keep_states(str(backbone), 1, TEXTS, RunFolder(folder, print))
    losses: list[torch.Tensor] = []
    distil = distillation_loss(recipe)

    def loss(logits: torch.Tensor, targets: dict[str, torch.Tensor]) -> torch.Tensor:
        found = distil(logits, targets)
        losses.append(found.detach().clone())
        if len(losses) == 20 and not is_first():
            die_once()
        return found

    model, _ = fit_text_classifier(
        settings, kept, np.arange(16), Targets(labels, soft), loss, part, seed=3, classes=2
    )
    steps = torch.stack(losses)
    if distributed.is_initialized():
        distributed.all_reduce(steps)
        steps /= distributed.get_world_size()
    if is_first():
        weights = {k: v.contiguous() for k, v in trained_weights(model, settings).items()}
        save_file({**weights, "losses": steps}, folder / f"{batch}.safetensors")


def die_once() -> None:
    """Kills this process where a file is named that is not there yet."""
    mark = Path(os.environ.get("DIE_ONCE", os.devnull))
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    torch.set_num_threads(1)
    join_processes()
    with first_alone():
        pass
    fit(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
    leave_processes()
