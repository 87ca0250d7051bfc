"""Results of a run, kept under a key made of everything that decided them."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from mhkd.errors import RecipeError
from mhkd.training.processes import agree, is_first, wait_for_others

Say = Callable[[str], None]
_EVERY_S = 30.0


class Pace:
    """Tells how far a long stage is and how long it will take, at most every half minute.

    Args:
        say: is told.
        stage: its name.
        total: pieces of it, all alike.
    """

    def __init__(self, say: Say, stage: str, total: int) -> None:
        self._say, self._stage, self._total = say, stage, total
        self._began = self._told = time.monotonic()

    def tell(self, done: int) -> None:
        """Says it, if the last time is long enough ago."""
        now = time.monotonic()
        if not 0 < done < self._total or now - self._told < _EVERY_S:
            return
        self._told = now
        left_min = (now - self._began) / done * (self._total - done) / 60
        self._say(f"{self._stage}: {done:,} of {self._total:,}, about {left_min:.0f} min left")


@dataclass(frozen=True)
class RunFolder:
    """Where a run keeps its results, and to whom it tells its progress."""

    folder: Path
    say: Say

    def keep(
        self, stage: str, inputs: Mapping[str, Any], make: Callable[[], Mapping[str, torch.Tensor]]
    ) -> dict[str, torch.Tensor]:
        """The tensors of a stage: read if its inputs are unchanged, else made and written.

        All processes make them together, where there are several; the first one writes.

        Args:
            stage: name of the stage, the start of the file name.
            inputs: plain values that decide the result.
            make: computes it.

        Raises:
            RecipeError: the result can't be written.
        """
        file = self.folder / f"{stage}-{make_key(inputs)}.safetensors"
        if agree(file.exists()):
            self.say(f"{stage}: kept from an earlier run")
            return load_file(file)
        self.say(f"{stage} …")
        start = time.monotonic()
        result = {name: tensor.contiguous() for name, tensor in make().items()}
        if is_first():
            write_tensors(result, file)
        wait_for_others()
        self.say(f"{stage}: {time.monotonic() - start:.0f} s")
        return result


def write_tensors(result: Mapping[str, torch.Tensor], file: Path) -> None:
    """Writes a safetensors file by way of a temporary name.

    Raises:
        RecipeError: it can't be written.
    """
    partial = file.with_suffix(".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file(dict(result), partial)
        partial.replace(file)
    except (OSError, SafetensorError) as fault:
        partial.unlink(missing_ok=True)
        raise RecipeError(
            f"{file} can't be written. Make room, or choose another --run-dir; what earlier "
            "stages made is kept, and the same command goes on from there."
        ) from fault


def make_key(inputs: Mapping[str, Any]) -> str:
    """A short hash of plain values."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:16]
