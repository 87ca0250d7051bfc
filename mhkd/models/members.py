"""The members of a bundle: each model with what it needs to read or hear a post."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from peft import (
    LoraConfig,
    PeftModel,
    get_peft_model_state_dict,
    set_peft_model_state_dict,
)
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mhkd.assets import backbone_folder
from mhkd.errors import BundleError
from mhkd.manifest import Manifest, TextSettings
from mhkd.models.audio import AudioClassifier
from mhkd.models.backbones import (
    load_audio_backbone,
    load_text_backbone,
    load_tokenizer,
    split_encoder,
)
from mhkd.models.emotion import EmotionClassifier
from mhkd.models.family import ADAPTER_SCALE, StudentFamily, load_family
from mhkd.models.shared import share_encoder
from mhkd.models.storage import load_weights
from mhkd.models.text import TextClassifier

TEXT_FILE = "text.safetensors"
AUDIO_FILE = "audio.safetensors"
EMOTION_FILE = "emotion.safetensors"
STUDENT_FILE = "student.safetensors"
LARGE = "student_large"
LARGE_FILE = f"{LARGE}.safetensors"
FAMILY_FILE = "students.safetensors"
FAMILIARITY_FILE = "familiarity.safetensors"
VOCABULARY_FILE = "emotion_words.json"


@dataclass(frozen=True, eq=False)
class TextMember:
    """A text classifier, its tokenizer and its temperature."""

    model: TextClassifier
    tokenizer: PreTrainedTokenizerBase
    temperature: float
    frozen_layers: int


@dataclass(frozen=True, eq=False)
class AudioMember:
    """The audio classifier, its feature extractor and its temperature."""

    model: AudioClassifier
    extractor: Any
    temperature: float


@dataclass(frozen=True, eq=False)
class EmotionMember:
    """The emotion classifier, its vocabulary and the emotions of each word.

    Attributes:
        vocabulary: word → row of the embedding, from 1 upwards.
        word_emotions: word → emotions of the lexicon; a word without any is absent.
    """

    model: EmotionClassifier
    vocabulary: Mapping[str, int]
    word_emotions: Mapping[str, tuple[str, ...]]
    temperature: float


@dataclass(frozen=True, eq=False)
class FamiliarRegion:
    """Where the training posts lie in the embeddings of the student's backbone.

    Attributes:
        upper: the backbone's layers above the student's frozen ones, as it has them.
        centre: shape (width,), of length 1.
        threshold: distance beyond which a post is outside.
    """

    upper: PreTrainedModel
    centre: torch.Tensor
    threshold: float


@dataclass(frozen=True, eq=False)
class SoundRegion:
    """Where the voices of the training posts lie in what the audio teacher's head reads.

    Attributes:
        mean: shape (width,).
        whitening: shape (width, width); ``(x − mean) · whitening`` has the length of the
            Mahalanobis distance, divided by the root of the width.
        threshold: distance beyond which a sound is outside.
    """

    mean: torch.Tensor
    whitening: torch.Tensor
    threshold: float


@dataclass(frozen=True, eq=False)
class Members:
    """The loaded models of a bundle, on one device."""

    text: TextMember
    audio: AudioMember
    emotion: EmotionMember
    student: TextMember
    familiar: FamiliarRegion | None
    family: StudentFamily | None
    device: torch.device
    sound_region: SoundRegion | None = None


def load_members(manifest: Manifest, folder: Path, device_name: str) -> Members:
    """Loads all models of a verified bundle folder.

    Raises:
        BundleError: weights do not fit.
    """
    device = torch.device(device_name)
    classes = len(manifest.labels)
    return Members(
        load_text_member(manifest.text, folder / TEXT_FILE, classes, device),
        _load_audio(manifest, folder / AUDIO_FILE, device),
        _load_emotion(manifest, folder, device),
        load_text_member(manifest.student, folder / STUDENT_FILE, classes, device),
        _load_familiar(manifest, folder, device),
        _load_family(manifest, folder, device),
        device,
        _load_sound_region(manifest, folder, device),
    )


def load_large_student(manifest: Manifest, folder: Path, device_name: str) -> TextMember:
    """Loads the larger student of a verified bundle folder, which the app leaves on disk.

    Raises:
        BundleError: there is none, or weights do not fit.
    """
    if manifest.student_large is None:
        raise BundleError(f"The bundle '{manifest.name}' has no larger student.")
    device, classes = torch.device(device_name), len(manifest.labels)
    return load_text_member(manifest.student_large, folder / LARGE_FILE, classes, device)


def add_adapters(
    encoder: PreTrainedModel, rank: int, frozen_layers: int, dropout: float = 0.0
) -> PeftModel:
    """Low-rank adapters on every linear map of the layers above ``frozen_layers``.

    Source: Hu et al., LoRA, ICLR 2022.
    """
    config = LoraConfig(
        r=rank,
        lora_alpha=ADAPTER_SCALE * rank,
        lora_dropout=dropout,
        target_modules=[
            name
            for name, module in encoder.named_modules()
            if isinstance(module, torch.nn.Linear) and _is_trained(name, frozen_layers)
        ],
    )
    return PeftModel(encoder, config)


def load_text_member(
    settings: TextSettings, file: Path, classes: int, device: torch.device
) -> TextMember:
    """Loads a text classifier: its backbone, and what training changed from ``file``.

    Raises:
        BundleError: the weights do not fit.
    """

    def load() -> PreTrainedModel:
        return load_text_backbone(settings.backbone, layers=settings.layers).encoder

    if settings.frozen_layers == settings.layers and not settings.lora_rank:
        encoder = share_encoder(backbone_folder(settings.backbone), settings.layers, device, load)
    else:
        encoder = load()
    model = TextClassifier(encoder, classes, pooled_layers=settings.pooled_layers)
    weights = load_weights(file)
    _load_trained(model, settings, weights, file)
    return TextMember(
        model.eval().requires_grad_(False).to(device),
        load_tokenizer(settings.backbone),
        settings.temperature,
        settings.frozen_layers,
    )


def trained_weights(model: TextClassifier, settings: TextSettings) -> dict[str, torch.Tensor]:
    """What training changed: the head, and adapters or whole layers; see ``_load_trained``."""
    weights = {f"head.{name}": value for name, value in model.head.state_dict().items()}
    if settings.lora_rank:
        weights |= {
            f"adapter.{name}": value
            for name, value in get_peft_model_state_dict(model.encoder).items()
        }
    else:
        weights |= {
            f"encoder.{name}": value
            for name, value in model.encoder.state_dict().items()
            if _is_trained(name, settings.frozen_layers)
        }
    return weights


def _load_trained(
    model: TextClassifier, settings: TextSettings, weights: Mapping[str, torch.Tensor], file: Path
) -> None:
    parts: dict[str, dict[str, torch.Tensor]] = {"head": {}, "adapter": {}, "encoder": {}}
    for name, value in weights.items():
        part, _, rest = name.partition(".")
        if part not in parts:
            raise BundleError(f"{file} holds '{name}', which this version does not know.")
        parts[part][rest] = value
    try:
        model.head.load_state_dict(parts["head"])
        if settings.lora_rank:
            adapted = add_adapters(model.encoder, settings.lora_rank, settings.frozen_layers)
            set_peft_model_state_dict(adapted, parts["adapter"])
            model.encoder = adapted.merge_and_unload()
        else:
            _, unexpected = model.encoder.load_state_dict(parts["encoder"], strict=False)
            names = model.encoder.state_dict()
            expected = {name for name in names if _is_trained(name, settings.frozen_layers)}
            if unexpected or expected != set(parts["encoder"]):
                raise RuntimeError("layers differ")
    except (RuntimeError, KeyError) as fault:
        raise BundleError(
            f"{file} does not fit the backbone '{settings.backbone}'. "
            "Restore the bundle from the repository."
        ) from fault


def _is_trained(name: str, frozen_layers: int) -> bool:
    parts = name.split(".")
    return parts[:2] == ["encoder", "layer"] and int(parts[2]) >= frozen_layers


def _load_audio(manifest: Manifest, file: Path, device: torch.device) -> AudioMember:
    settings = manifest.audio

    def load() -> torch.nn.Module:
        network: Any = load_audio_backbone(settings.backbone, classes=2).network
        return cast(torch.nn.Module, network.encoder)

    encoder = share_encoder(backbone_folder(settings.backbone), None, device, load)
    backbone = load_audio_backbone(settings.backbone, len(manifest.labels), encoder=encoder)
    weights = load_weights(file)
    try:
        if any(name.startswith("encoder.") for name in weights):
            raise RuntimeError("the encoder is the backbone's own")
        _, unexpected = backbone.network.load_state_dict(weights, strict=False)
        if unexpected:
            raise RuntimeError("layers differ")
    except RuntimeError as fault:
        raise BundleError(
            f"{file} does not fit the backbone '{settings.backbone}'. "
            "Restore the bundle from the repository."
        ) from fault
    model = AudioClassifier(backbone.network)
    return AudioMember(
        model.eval().requires_grad_(False).to(device), backbone.extractor, settings.temperature
    )


def _load_emotion(manifest: Manifest, folder: Path, device: torch.device) -> EmotionMember:
    words: dict[str, list[str]] = json.loads((folder / VOCABULARY_FILE).read_text("utf-8"))
    weights = load_weights(folder / EMOTION_FILE)
    settings = manifest.emotion
    embedding = weights["embedding.weight"]
    if len(embedding) != len(words) + 1:
        raise BundleError(
            f"{folder / EMOTION_FILE} has {len(embedding)} rows; expected {len(words) + 1}, "
            "one for each word and one for padding."
        )
    model = EmotionClassifier(embedding, len(manifest.labels), settings.hidden)
    model.load_state_dict(weights)
    return EmotionMember(
        model.eval().requires_grad_(False).to(device),
        {word: row for row, word in enumerate(words, start=1)},
        {word: tuple(emotions) for word, emotions in words.items() if emotions},
        settings.temperature,
    )


def _load_familiar(manifest: Manifest, folder: Path, device: torch.device) -> FamiliarRegion | None:
    if manifest.familiarity is None:
        return None
    weights = load_weights(folder / FAMILIARITY_FILE)
    if "centre" not in weights:
        raise BundleError(
            "The bundle's familiarity file is of an older version. Train the bundle anew."
        )
    encoder = load_text_backbone(manifest.student.backbone).encoder.requires_grad_(False)
    _, upper = split_encoder(encoder, manifest.student.frozen_layers)
    cast(torch.nn.Module, upper).to(device)
    return FamiliarRegion(upper, weights["centre"].to(device), manifest.familiarity.threshold)


def _load_sound_region(
    manifest: Manifest, folder: Path, device: torch.device
) -> SoundRegion | None:
    if manifest.sound_familiarity is None:
        return None
    weights = load_weights(folder / FAMILIARITY_FILE)
    return SoundRegion(
        weights["sound_mean"].to(device),
        weights["sound_whitening"].to(device),
        manifest.sound_familiarity.threshold,
    )


def _load_family(manifest: Manifest, folder: Path, device: torch.device) -> StudentFamily | None:
    if not manifest.family:
        return None
    weights = load_weights(folder / FAMILY_FILE)
    return load_family(manifest.student, manifest.family, weights, device)
