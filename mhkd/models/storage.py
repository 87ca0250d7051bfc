"""Weights on disk: safetensors, matrices in 8 bit with one scale for each row.

A matrix ``name`` stands as int8 values beside ``name.scale`` (float16, one for
each row); everything else as float16. Loading gives float32. The backbones are
rounded once, before any training, so that training, evaluation and the app all
use the very same numbers.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from mhkd.errors import BundleError

SCALE = ".scale"
_SMALLEST_MATRIX = 4096


def save_weights(
    weights: Mapping[str, torch.Tensor], file: Path, *, eight_bit: bool = False
) -> None:
    """Writes weights to ``file`` by way of a temporary name.

    Args:
        weights: float tensors of any shape.
        file: the safetensors file.
        eight_bit: store matrices of 4096 values or more as int8, else float16.

    Raises:
        BundleError: it can't be written; an earlier file is left as it was.
    """
    stored: dict[str, torch.Tensor] = {}
    for name, tensor in weights.items():
        tensor = tensor.detach().cpu().float().contiguous()
        if eight_bit and tensor.ndim == 2 and tensor.numel() >= _SMALLEST_MATRIX:
            scale = (tensor.abs().amax(1) / 127).clamp(min=1e-7).half()
            rows = tensor / scale.float()[:, None]
            stored[name] = rows.round().clamp(-127, 127).to(torch.int8)
            stored[name + SCALE] = scale
        else:
            stored[name] = tensor.half()
    partial = file.with_suffix(f".{os.getpid()}.part")
    try:
        save_file(stored, partial)
        partial.chmod(0o644)  # safetensors writes for the owner alone
        partial.replace(file)
    except (OSError, SafetensorError) as fault:
        raise BundleError(
            f"{file} can't be written. Make room, or choose another folder. What was there is left."
        ) from fault
    finally:
        partial.unlink(missing_ok=True)


def load_weights(file: Path) -> dict[str, torch.Tensor]:
    """Reads weights as float32.

    Raises:
        BundleError: the file is missing, is not safetensors, or holds a value
            that is not finite.
    """
    if not file.is_file():
        raise BundleError(f"The weights file {file} is missing. Restore it from the repository.")
    try:
        stored = load_file(file)
    except (SafetensorError, OSError, ValueError) as fault:
        raise BundleError(
            f"{file} is not a safetensors file{_looks_like(file)}. Restore it from the repository."
        ) from fault
    weights = {}
    for name, tensor in stored.items():
        if name.endswith(SCALE):
            continue
        full = tensor.float()
        if tensor.dtype == torch.int8:
            full *= stored[name + SCALE].float()[:, None]
        if not torch.isfinite(full).all():
            raise BundleError(
                f"{file} holds values that are not finite, in '{name}'. "
                "Restore it from the repository."
            )
        weights[name] = full
    return weights


def _looks_like(file: Path) -> str:
    start = file.open("rb").read(64)
    kinds = {
        b"version https://git-lfs": " but a Git LFS pointer",
        b"PK\x03\x04": " but a zip archive, perhaps of torch.save",
        b"\x80": " but a pickle",
        b"<": " but a web page",
    }
    for prefix, kind in kinds.items():
        if start.lstrip().startswith(prefix):
            return kind
    return ""
