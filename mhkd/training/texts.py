"""Training text classifiers, the teacher and the student, on kept activations.

The lowest layers are frozen, so their hidden states are computed once for every
post and kept in float16; only the layers above are trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from peft import PeftModel
from torch import nn
from transformers import PreTrainedModel

from mhkd.device import default_device
from mhkd.errors import RecipeError
from mhkd.manifest import TextSettings
from mhkd.models.backbones import layers_of, load_text_backbone, split_encoder
from mhkd.models.encoded import EncodedPost, encode_post
from mhkd.models.members import add_adapters
from mhkd.models.text import TextClassifier, encode_layers, pool_tokens
from mhkd.training.fit import Loss, Targets, fit_classifier
from mhkd.training.kept_posts import keep_for_posts, key_of
from mhkd.training.masking import Masking
from mhkd.training.own_files import identify_backbone
from mhkd.training.processes import first_alone
from mhkd.training.recipe import FitRecipe
from mhkd.training.stages import RunFolder, Say, make_key

_POSTS_AT_ONCE = 16


@dataclass(frozen=True, eq=False)
class KeptStates:
    """Hidden states of the frozen layers.

    Attributes:
        states: for each post float16, shape (windows, tokens, width).
        masks: for each post int64, shape (windows, tokens).
    """

    states: list[torch.Tensor]
    masks: list[torch.Tensor]

    @property
    def lengths(self) -> list[int]:
        """Positions of each post, padding included."""
        return [mask.numel() for mask in self.masks]

    def collate(self, rows: Sequence[int]) -> dict[str, Any]:
        """The upper layers' input for some posts."""
        width = max(self.masks[row].shape[1] for row in rows)
        states, masks, index = [], [], []
        for place, row in enumerate(rows):
            room = width - self.masks[row].shape[1]
            states.append(nn.functional.pad(self.states[row], (0, 0, 0, room)))
            masks.append(nn.functional.pad(self.masks[row], (0, room)))
            index += [place] * len(self.masks[row])
        return {
            "states": torch.cat(states).float(),
            "attention_mask": torch.cat(masks),
            "post_index": torch.tensor(index),
        }


def keep_states(
    backbone: str,
    frozen: int,
    texts: Sequence[str],
    run: RunFolder,
    masking: Masking | None = None,
) -> KeptStates:
    """The frozen layers' states of posts, computed or, where they are kept, read.

    Args:
        masking: of copies of the posts; None for the posts themselves.

    Raises:
        RecipeError: copies are to be masked, and the backbone has no mask token.
    """
    loaded = load_text_backbone(backbone)
    encoded = [encode_post(loaded.tokenizer, text) for text in texts]
    inputs: dict[str, Any] = {"backbone": identify_backbone(backbone), "frozen": frozen}
    if masking is not None:
        mask_id = loaded.tokenizer.mask_token_id
        if mask_id is None:
            raise RecipeError(f"{backbone} has no mask token: set student.masked_copies to 0.")
        encoded = [masking.mask(*pair, mask_id) for pair in zip(encoded, texts, strict=True)]
        inputs["masking"] = asdict(masking)

    def make(rows: list[int]) -> list[torch.Tensor]:
        bottom, _ = split_encoder(loaded.encoder.to(default_device()), frozen)  # type: ignore[arg-type]
        return _run_frozen(bottom, [encoded[row] for row in rows])

    name = f"states-{make_key(inputs)}"
    with first_alone():
        states = keep_for_posts(run, name, [key_of(text) for text in texts], make)
    return KeptStates(states, [post.attention_mask for post in encoded])


@torch.inference_mode()
def _run_frozen(bottom: PreTrainedModel, encoded: Sequence[EncodedPost]) -> list[torch.Tensor]:
    order = sorted(range(len(encoded)), key=lambda i: encoded[i].input_ids.shape)
    found: dict[int, torch.Tensor] = {}
    for start in range(0, len(order), _POSTS_AT_ONCE):
        rows = order[start : start + _POSTS_AT_ONCE]
        width = max(encoded[row].input_ids.shape[1] for row in rows)
        ids, masks = (
            torch.cat([nn.functional.pad(part, (0, width - part.shape[1])) for part in parts])
            for parts in (
                [encoded[row].input_ids for row in rows],
                [encoded[row].attention_mask for row in rows],
            )
        )
        ids, masks = ids.to(bottom.device), masks.to(bottom.device)
        hidden = bottom(
            inputs_embeds=bottom.get_input_embeddings()(ids), attention_mask=masks
        ).last_hidden_state
        hidden = hidden.half().cpu()
        place = 0
        for row in rows:
            windows, tokens = encoded[row].input_ids.shape
            found[row] = hidden[place : place + windows, :tokens]
            place += windows
    return [found[row] for row in range(len(encoded))]


def _move(batch: dict[str, torch.Tensor], device: str) -> dict[str, torch.Tensor]:
    return {name: tensor.to(device) for name, tensor in batch.items()}


class UpperLayers(nn.Module):
    """The trained part of a text classifier, fed with kept states."""

    def __init__(self, classifier: TextClassifier, frozen_layers: int) -> None:
        super().__init__()
        encoder: Any = classifier.encoder
        if isinstance(encoder, PeftModel):
            encoder = encoder.base_model.model
        _, self.encoder = split_encoder(encoder, frozen_layers)
        self.pooled_layers = classifier.pooled_layers
        self.dropout = classifier.dropout
        self.head = classifier.head

    def forward(
        self, states: torch.Tensor, attention_mask: torch.Tensor, post_index: torch.Tensor
    ) -> torch.Tensor:
        """Logits, shape (posts, classes)."""
        pooled = self.pool(states, attention_mask, post_index)
        logits: torch.Tensor = self.head(self.dropout(pooled))
        return logits

    def pool(
        self, states: torch.Tensor, attention_mask: torch.Tensor, post_index: torch.Tensor
    ) -> torch.Tensor:
        """What the head reads, shape (posts, width · layers)."""
        hidden = encode_layers(self.encoder, states, attention_mask, self.pooled_layers)
        return pool_tokens(hidden, attention_mask, post_index, int(post_index[-1]) + 1)


def pool_posts(
    settings: TextSettings,
    kept: KeptStates,
    frozen_layers: int,
    texts: Sequence[str],
    run: RunFolder,
) -> torch.Tensor:
    """What the head of an untrained classifier reads of every post, shape (posts, width · layers).

    Args:
        kept: the states of its lowest ``frozen_layers``.
        texts: the posts. run: where what it reads of each is kept.
    """

    @torch.inference_mode()
    def make(rows: list[int]) -> list[torch.Tensor]:
        classifier = build_text_classifier(settings, 2, 0.0, 0)
        upper = UpperLayers(classifier, frozen_layers).eval().to(default_device())
        order = sorted(rows, key=lambda row: kept.lengths[row])
        found: dict[int, torch.Tensor] = {}
        for start in range(0, len(order), _POSTS_AT_ONCE):
            chosen = order[start : start + _POSTS_AT_ONCE]
            pooled = upper.pool(**_move(kept.collate(chosen), default_device()))
            found |= zip(chosen, pooled.cpu(), strict=True)
        return [found[row] for row in rows]

    backbone = identify_backbone(settings.backbone)
    shape = {"backbone": backbone, "pooled_layers": settings.pooled_layers}
    name = f"pooled-{make_key({**shape, 'frozen': frozen_layers})}"
    with first_alone():
        return torch.stack(keep_for_posts(run, name, [key_of(text) for text in texts], make))


def build_text_classifier(
    settings: TextSettings,
    classes: int,
    dropout: float,
    seed: int,
    *,
    adapter_dropout: float = 0.0,
) -> TextClassifier:
    """An untrained classifier: the backbone, its adapters if any, a new head.

    Only what ``members.trained_weights`` stores can be trained.
    """
    torch.manual_seed(seed)
    backbone = load_text_backbone(settings.backbone, layers=settings.layers)
    classifier = TextClassifier(backbone.encoder, classes, dropout, settings.pooled_layers)
    backbone.encoder.requires_grad_(False)
    if settings.lora_rank:
        adapted: Any = add_adapters(
            backbone.encoder, settings.lora_rank, settings.frozen_layers, adapter_dropout
        )
        classifier.encoder = adapted
    else:
        for layer in layers_of(backbone.encoder)[settings.frozen_layers :]:
            layer.requires_grad_(True)
    return classifier


def fit_text_classifier(
    settings: TextSettings,
    kept: KeptStates,
    rows: npt.NDArray[np.int64],
    targets: Targets,
    loss: Loss,
    fit: FitRecipe,
    seed: int,
    *,
    classes: int,
    say: Say = lambda _: None,
) -> tuple[TextClassifier, UpperLayers]:
    """Trains on the posts ``rows``; gives the whole classifier and its trained part."""
    classifier = build_text_classifier(
        settings, classes, fit.dropout, seed, adapter_dropout=fit.adapter_dropout
    )
    upper = UpperLayers(classifier, settings.frozen_layers)
    fit_classifier(
        upper,
        rows.tolist(),
        kept.collate,
        targets,
        loss,
        fit,
        seed,
        lengths=kept.lengths,
        say=say,
    )
    return classifier.eval(), upper


@torch.inference_mode()
def predict_logits(
    upper: UpperLayers, kept: KeptStates, rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Logits of the posts ``rows``, shape (rows, classes)."""
    upper.eval().to(default_device())
    order = sorted(range(len(rows)), key=lambda i: kept.lengths[rows[i]])
    logits: list[npt.NDArray[np.float64]] = [np.empty(0)] * len(rows)
    for start in range(0, len(order), _POSTS_AT_ONCE):
        places = order[start : start + _POSTS_AT_ONCE]
        found = upper(**_move(kept.collate([int(rows[i]) for i in places]), default_device()))
        for place, row in zip(places, found.double().cpu().numpy(), strict=True):
            logits[place] = row
    upper.cpu()
    return np.stack(logits)
