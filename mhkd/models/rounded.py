"""A text classifier whose encoder computes in bf16: for many posts at once, without gradients."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import torch
from peft import PeftModel

from mhkd.models.members import FamiliarRegion, TextMember
from mhkd.models.text import TextClassifier


class _RoundedClassifier(TextClassifier):
    def encode(self, embeddings: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Hidden states, computed in bf16 and given in float32: sums and head lose nothing."""
        return super().encode(embeddings.bfloat16(), attention_mask).float()


def round_member(member: TextMember) -> TextMember:
    """A copy of a text classifier with its encoder in bf16; the member itself stays as it is."""
    model = member.model
    encoder = deepcopy(model.encoder)
    if isinstance(encoder, PeftModel):
        encoder = encoder.merge_and_unload()
    rounded = _RoundedClassifier(
        encoder.bfloat16(), model.head.out_features, pooled_layers=model.pooled_layers
    )
    rounded.head = model.head
    return replace(member, model=rounded.eval().requires_grad_(False))


def round_region(region: FamiliarRegion) -> FamiliarRegion:
    """A copy of a region whose layers compute in bf16, for states of a rounded student."""
    return replace(region, upper=deepcopy(region.upper).bfloat16())
