"""Running a text encoder window by window, so that a long call can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable

import torch

from mhkd.errors import Cancelled
from mhkd.limits import WINDOW_TOKENS
from mhkd.models.text import TextClassifier


def stop_if_cancelled(cancel: threading.Event | None) -> None:
    """Raises ``Cancelled`` once ``cancel`` is set."""
    if cancel is not None and cancel.is_set():
        raise Cancelled


def encode_in_parts(
    model: TextClassifier,
    embeddings: torch.Tensor,
    attention_mask: torch.Tensor,
    cancel: threading.Event | None = None,
) -> torch.Tensor:
    """``model.encode`` on at most 256 tokens at a time; also its gradient can be stopped.

    Args:
        model: a text classifier.
        embeddings: shape (windows, tokens, width).
        attention_mask: shape (windows, tokens).
        cancel: looked at before each part, forwards and backwards.

    Returns:
        Hidden states, shape (windows, tokens, width).

    Raises:
        Cancelled: ``cancel`` was set.
    """
    return run_in_parts(model.encode, embeddings, attention_mask, cancel)


def run_in_parts(
    encode: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    embeddings: torch.Tensor,
    attention_mask: torch.Tensor,
    cancel: threading.Event | None = None,
) -> torch.Tensor:
    """``encode(embeddings, attention_mask)`` on at most 256 tokens at a time."""
    rows = max(1, WINDOW_TOKENS // embeddings.shape[1])
    parts = []
    for start in range(0, len(embeddings), rows):
        stop_if_cancelled(cancel)
        chosen = slice(start, start + rows)
        hidden = encode(embeddings[chosen], attention_mask[chosen])
        if hidden.requires_grad:
            hidden.register_hook(lambda _: stop_if_cancelled(cancel))
        parts.append(hidden)
    return torch.cat(parts)
