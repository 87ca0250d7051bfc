"""Encoders that stay as their backbones have them: one in memory for all bundles that use it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import cast
from weakref import WeakValueDictionary

import torch
from torch import nn
from transformers import PreTrainedModel

_lock = threading.Lock()
_encoders: WeakValueDictionary[tuple[Path, int | None, str], nn.Module] = WeakValueDictionary()


def share_encoder(
    folder: Path, layers: int | None, device: torch.device, load: Callable[[], nn.Module]
) -> PreTrainedModel:
    """An encoder in eval mode that nobody trains or changes, loaded by the first who asks.

    It leaves memory with the last bundle that holds it. Several threads may pass through it at
    once: a forward pass leaves nothing behind in it.

    Args:
        folder: of its backbone.
        layers: that it has, None for all; with folder and device this decides which one is meant.
        device: where it is.
        load: makes it.
    """
    key = (folder.resolve(), layers, str(device))
    with _lock:
        encoder = _encoders.get(key)
        if encoder is None:
            encoder = load().eval().requires_grad_(False).to(device)
            _encoders[key] = encoder
    return cast(PreTrainedModel, encoder)
