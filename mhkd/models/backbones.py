"""Pretrained encoders by name: a folder, or a name in ``assets/backbones``."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn
from transformers import (
    AutoConfig,
    AutoFeatureExtractor,
    AutoModel,
    AutoModelForAudioClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from mhkd.assets import backbone_folder
from mhkd.errors import BundleError
from mhkd.models.storage import load_weights

WEIGHTS_FILE = "weights.safetensors"


@dataclass(frozen=True, eq=False)
class TextBackbone:
    """An encoder without head, and its tokenizer."""

    encoder: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase


@dataclass(frozen=True, eq=False)
class AudioBackbone:
    """A speech network with an untrained head, and its feature extractor."""

    network: PreTrainedModel
    extractor: Any


def load_text_backbone(name: str, *, layers: int | None = None) -> TextBackbone:
    """Loads an encoder for text.

    Args:
        name: a folder, or a name in ``assets/backbones``.
        layers: keep this many of the lowest layers; None keeps all.

    Raises:
        BundleError: no such backbone, or it has fewer layers.
    """
    folder = backbone_folder(name)
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    config.attention_probs_dropout_prob = 0.0  # with it, attention takes the slow path on CPU
    encoder = AutoModel.from_config(config)
    _load_into(encoder, folder)
    if layers is not None:
        encoder = keep_layers(encoder, layers)
    return TextBackbone(encoder.eval(), load_tokenizer(name))


def load_tokenizer(name: str) -> PreTrainedTokenizerBase:
    """The tokenizer of an encoder for text; see ``load_text_backbone``."""
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
        backbone_folder(name), local_files_only=True
    )
    return tokenizer


def load_audio_backbone(
    name: str, classes: int, *, encoder: nn.Module | None = None
) -> AudioBackbone:
    """Loads a speech network for ``classes`` labels; see ``load_text_backbone``.

    Args:
        encoder: stands in it, if it is loaded already.
    """
    settings = {"num_labels": classes, "use_weighted_layer_sum": True}
    folder = backbone_folder(name)
    config = AutoConfig.from_pretrained(folder, local_files_only=True, **settings)
    network = AutoModelForAudioClassification.from_config(config)
    if encoder is None:
        _load_into(network.encoder, folder)
    else:
        network.encoder = encoder
    extractor = AutoFeatureExtractor.from_pretrained(folder, local_files_only=True)
    return AudioBackbone(network.eval(), extractor)


def keep_layers(encoder: PreTrainedModel, layers: int) -> PreTrainedModel:
    """The encoder with its lowest ``layers`` layers only; shares no module list with it."""
    stack = layers_of(encoder)
    if not 1 <= layers <= len(stack):
        raise BundleError(f"The backbone has {len(stack)} layers; {layers} were asked for.")
    cast(Any, encoder).encoder.layer = nn.ModuleList(stack[:layers])
    encoder.config.num_hidden_layers = layers
    return encoder


def split_encoder(encoder: PreTrainedModel, lower: int) -> tuple[PreTrainedModel, PreTrainedModel]:
    """Two encoders that together do what ``encoder`` does; they share its weights.

    The first ends after ``lower`` layers. The second takes the hidden states of
    the first as ``inputs_embeds``, so that the lower layers, when they are
    frozen, are computed once and not in every epoch.
    """
    bottom = _with_layers(encoder, slice(None, lower))
    top = _with_layers(encoder, slice(lower, None))
    top.embeddings = _AlreadyEmbedded()
    return bottom, top


def layers_of(encoder: PreTrainedModel) -> list[nn.Module]:
    """The layers of a BERT-like encoder, lowest first."""
    return list(cast(Any, encoder).encoder.layer)


def _with_layers(encoder: PreTrainedModel, chosen: slice) -> PreTrainedModel:
    """A shallow copy with some of the layers; the weights are shared."""
    part: Any = copy.copy(encoder)
    part._modules = dict(encoder._modules)
    part.encoder = copy.copy(encoder.encoder)
    part.encoder._modules = dict(part.encoder._modules)
    part.encoder.layer = nn.ModuleList(layers_of(encoder)[chosen])
    shallow: PreTrainedModel = part
    return shallow


class _AlreadyEmbedded(nn.Module):
    """Stands where the embeddings were: its input is hidden states already."""

    def forward(self, *_: object, inputs_embeds: torch.Tensor, **__: object) -> torch.Tensor:
        return inputs_embeds


def _load_into(module: nn.Module, folder: Path) -> None:
    weights = load_weights(folder / WEIGHTS_FILE)
    for shard in sorted(folder.glob("weights-*.safetensors")):
        weights |= load_weights(shard)
    missing, unexpected = module.load_state_dict(weights, strict=False)
    needed = [name for name in missing if "pooler" not in name]
    if needed or unexpected:
        fault = needed[0] if needed else unexpected[0]
        raise BundleError(f"The weights in {folder} don't fit their config.json: '{fault}'.")
