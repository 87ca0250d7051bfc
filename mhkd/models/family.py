"""The students of every subset of the teachers: one frozen part, many small trained ones.

They share the student's lower layers, which a post passes once. The upper layers are put
together for each student when it is asked, from the backbone and what training changed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch.func import functional_call
from transformers import PreTrainedModel

from mhkd.errors import BundleError
from mhkd.manifest import FamilyStudent, TextSettings
from mhkd.models.backbones import load_text_backbone, split_encoder
from mhkd.models.parts import stop_if_cancelled
from mhkd.models.text import TextBatch, join_layers, pool_tokens

ADAPTER_SCALE = 2  # lora_alpha / rank, the same for every adapter of this project
_LORA_A, _LORA_B = ".lora_A.weight", ".lora_B.weight"


@dataclass(frozen=True, eq=False)
class StudentFamily:
    """Students that differ in their teachers and seeds alone.

    Attributes:
        settings: how each of them is put together.
        lower, upper: the backbone's layers, as it has them.
        students: whose weights follow.
        weights: for each student what training changed, by the names of ``trained_weights``.
    """

    settings: TextSettings
    lower: PreTrainedModel
    upper: PreTrainedModel
    students: tuple[FamilyStudent, ...]
    weights: tuple[Mapping[str, torch.Tensor], ...]


def load_family(
    settings: TextSettings,
    students: Sequence[FamilyStudent],
    weights: Mapping[str, torch.Tensor],
    device: torch.device,
) -> StudentFamily:
    """Puts the family together.

    Args:
        settings: of the shipped student.
        weights: of all of them, each name after the student's and a colon.

    Raises:
        BundleError: the weights of a student are missing or don't fit.
    """
    encoder = load_text_backbone(settings.backbone, layers=settings.layers).encoder
    encoder.requires_grad_(False)
    lower, upper = split_encoder(encoder, settings.frozen_layers)
    for part in (lower, upper):
        cast(torch.nn.Module, part).to(device)
    parts: dict[str, dict[str, torch.Tensor]] = {student.name: {} for student in students}
    for full_name, value in weights.items():
        owner, _, name = full_name.partition(":")
        if owner not in parts:
            raise BundleError(f"The students' weights hold '{owner}', which the manifest lacks.")
        parts[owner][name] = value.to(device)
    family = StudentFamily(settings, lower, upper, tuple(students), tuple(parts.values()))
    for student, own in zip(family.students, family.weights, strict=True):
        _check(family, student, own)
    return family


def predict_family(
    family: StudentFamily,
    batch: TextBatch,
    cancel: threading.Event | None = None,
    lower: torch.Tensor | None = None,
) -> npt.NDArray[np.float64]:
    """Calibrated probabilities, shape (students, posts, classes).

    Args:
        family: the students.
        batch: the posts.
        cancel: ends the call.
        lower: states after the frozen layers where they are known already, shape
            (windows, tokens, width); else they are computed.

    Raises:
        Cancelled: ``cancel`` was set; looked at before each student.
    """
    found, layers = [], family.settings.pooled_layers
    with torch.inference_mode():
        states = _read_lower(family, batch) if lower is None else lower
        for student, weights in zip(family.students, family.weights, strict=True):
            stop_if_cancelled(cancel)
            output = functional_call(
                family.upper,
                changed_layers(family.upper, weights, family.settings.frozen_layers),
                kwargs={
                    "inputs_embeds": states,
                    "attention_mask": batch.attention_mask,
                    "output_hidden_states": layers > 1,
                },
            )
            hidden = join_layers(output, layers)
            pooled = pool_tokens(hidden, batch.attention_mask, batch.post_index, batch.posts)
            logits = pooled @ weights["head.weight"].T + weights["head.bias"]
            found.append((logits.double() / student.temperature).softmax(-1).cpu().numpy())
    return np.stack(found)


def _read_lower(family: StudentFamily, batch: TextBatch) -> torch.Tensor:
    embedded = family.lower.get_input_embeddings()(batch.input_ids)
    states: torch.Tensor = family.lower(
        inputs_embeds=embedded, attention_mask=batch.attention_mask
    ).last_hidden_state
    return states


def changed_layers(
    upper: PreTrainedModel, weights: Mapping[str, torch.Tensor], frozen_layers: int
) -> dict[str, torch.Tensor]:
    """What replaces the parameters of ``upper``: adapters added to them, or whole layers.

    Source of the adapters: Hu et al., LoRA, ICLR 2022, ``W + (α / r)·B·A``.
    """
    base: dict[str, Any] = dict(upper.named_parameters())
    changed: dict[str, torch.Tensor] = {}
    for full_name, value in weights.items():
        part, _, name = full_name.partition(".")
        if part == "encoder":
            changed[_renumber(name, frozen_layers)] = value
        elif part == "adapter" and name.endswith(_LORA_B):
            stem = name.removesuffix(_LORA_B)
            place = _renumber(stem.removeprefix("base_model.model."), frozen_layers) + ".weight"
            added = value @ weights[f"adapter.{stem}{_LORA_A}"]
            changed[place] = base[place] + ADAPTER_SCALE * added
    return changed


def _renumber(name: str, frozen_layers: int) -> str:
    """``encoder.layer.5.…`` as the upper part counts it."""
    first, second, number, rest = name.split(".", 3)
    return f"{first}.{second}.{int(number) - frozen_layers}.{rest}"


def _check(
    family: StudentFamily, student: FamilyStudent, weights: Mapping[str, torch.Tensor]
) -> None:
    base = dict(family.upper.named_parameters())
    try:
        changed = changed_layers(family.upper, weights, family.settings.frozen_layers)
        fits = changed and all(base[name].shape == value.shape for name, value in changed.items())
        fits = fits and {"head.weight", "head.bias"} <= set(weights)
    except (KeyError, ValueError, RuntimeError):
        fits = False
    if not fits:
        raise BundleError(
            f"The weights of the student '{student.name}' do not fit the backbone "
            f"'{family.settings.backbone}'. Restore the bundle from the repository."
        )
