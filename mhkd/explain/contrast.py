"""The function that every attribution explains."""

from __future__ import annotations

import torch


def contrast(logits: torch.Tensor, target: int) -> torch.Tensor:
    """The logit of ``target`` minus the mean of the others, shape (posts,).

    Args:
        logits: shape (posts, classes), at least two classes.
        target: place of the label.
    """
    chosen = logits[:, target]  # (posts,)
    others = (logits.sum(1) - chosen) / (logits.shape[1] - 1)
    return chosen - others
