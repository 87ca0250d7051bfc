"""A tiny but real bundle: its networks are small and untrained, everything else is as shipped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from torch import nn
from transformers import (
    AutoModelForAudioClassification,
    BertConfig,
    BertModel,
    MPNetConfig,
    MPNetModel,
    PreTrainedTokenizerFast,
    WhisperConfig,
    WhisperFeatureExtractor,
)

from mhkd.bundle import FORMAT, hash_file, save_manifest
from mhkd.manifest import (
    AudioSettings,
    EmotionSettings,
    FamiliaritySettings,
    Manifest,
    TextSettings,
)
from mhkd.models.emotion import EmotionClassifier
from mhkd.models.members import (
    AUDIO_FILE,
    EMOTION_FILE,
    FAMILIARITY_FILE,
    STUDENT_FILE,
    TEXT_FILE,
    VOCABULARY_FILE,
    trained_weights,
)
from mhkd.models.storage import save_weights
from mhkd.models.text import TextClassifier
from mhkd.post import Recording

LABELS = ("depression", "suicide")
WORDS = ("i", "feel", "so", "tired", "and", "alone", "the", "walk", "today", "was", "good", "calm")
EMOTIONS = ("joy", "sadness", "fear")
WORD_EMOTIONS: dict[str, list[str]] = {
    "tired": ["sadness"],
    "alone": ["sadness", "fear"],
    "good": ["joy"],
    "feel": [],
    "walk": [],
    "today": [],
}
POST = "I feel so tired, and alone. The walk today was good (calm)!"
MEAN_OUTPUTS = {
    "text": {"depression": 0.5, "suicide": 0.5},
    "audio": {"depression": 0.48, "suicide": 0.52},
    "emotion": {"depression": 0.55, "suicide": 0.45},
}
_WIDTH = 32


def build_tiny_bundle(
    folder: Path, labels: tuple[str, ...] = LABELS, *, ordered: bool = False
) -> Path:
    """Writes backbones and a bundle below ``folder`` and gives the bundle's folder."""
    torch.manual_seed(0)
    bundle = folder / "tiny"
    bundle.mkdir(parents=True)
    backbones = {
        name: _finish_backbone(build(folder / "backbones" / name))
        for name, build in (("mpnet", _mpnet), ("bert", _bert), ("whisper", _whisper))
    }
    text = _text_settings(backbones["mpnet"], layers=3, lora_rank=2)
    student = _text_settings(backbones["bert"], layers=2, lora_rank=0)
    _save_text(text, bundle / TEXT_FILE, labels)
    _save_text(student, bundle / STUDENT_FILE, labels)
    _save_audio(backbones["whisper"], bundle / AUDIO_FILE, labels)
    _save_emotion(bundle, labels)
    save_weights(
        {"centre": nn.functional.normalize(torch.arange(1.0, _WIDTH + 1), dim=0)},
        bundle / FAMILIARITY_FILE,
    )
    manifest = _manifest(bundle, text, student, backbones, labels)
    save_manifest(manifest.model_copy(update={"ordered": ordered}), bundle)
    return bundle


def tone(seconds: float, *, rate_hz: int = 16_000) -> Recording:
    """A recording that swells like syllables, with some noise, always the same."""
    times = np.arange(int(seconds * rate_hz)) / rate_hz
    generator = np.random.default_rng(0)
    voice = sum(np.sin(2 * np.pi * 140 * k * times) / k for k in range(1, 12))
    swell = 0.5 + 0.5 * np.sin(2 * np.pi * 3 * times)
    samples = 0.2 * swell * voice + 0.001 * generator.standard_normal(len(times))
    return Recording(samples.astype(np.float32), rate_hz, "recorded")


def _text_settings(backbone: Path, *, layers: int, lora_rank: int) -> TextSettings:
    return TextSettings(
        backbone=str(backbone), layers=layers, frozen_layers=1, lora_rank=lora_rank, temperature=1.5
    )


def _save_text(settings: TextSettings, file: Path, labels: tuple[str, ...]) -> None:
    from mhkd.training.texts import build_text_classifier

    model: TextClassifier = build_text_classifier(settings, len(labels), 0.1, seed=1)
    generator = torch.Generator().manual_seed(2)
    for name, parameter in model.named_parameters():
        if parameter.requires_grad and parameter.ndim > 1:
            size = 1.0 if name.startswith("head") else 0.2
            parameter.data = size * torch.randn(parameter.shape, generator=generator)
    save_weights(trained_weights(model, settings), file)


def _save_audio(backbone: Path, file: Path, labels: tuple[str, ...]) -> None:
    from mhkd.models.backbones import load_audio_backbone

    network = load_audio_backbone(str(backbone), len(labels)).network
    weights = {
        name: value
        for name, value in network.state_dict().items()
        if not name.startswith("encoder.")
    }
    weights["classifier.weight"] = 50 * weights["classifier.weight"]
    save_weights(weights, file)


def _save_emotion(bundle: Path, labels: tuple[str, ...]) -> None:
    generator = torch.Generator().manual_seed(3)
    embedding = 0.1 * torch.randn(len(WORD_EMOTIONS) + 1, 8, generator=generator)
    embedding[0] = 0
    save_weights(EmotionClassifier(embedding, len(labels), 6).state_dict(), bundle / EMOTION_FILE)
    (bundle / VOCABULARY_FILE).write_text(json.dumps(WORD_EMOTIONS), "utf-8")


def _manifest(
    bundle: Path,
    text: TextSettings,
    student: TextSettings,
    backbones: dict[str, Path],
    labels: tuple[str, ...],
) -> Manifest:
    return Manifest(
        format=FORMAT,
        name="tiny",
        version="1.0",
        title="A tiny bundle for tests",
        labels=labels,
        label_sources=(
            {"depression": "r/depression", "suicide": "r/SuicideWatch"} if labels == LABELS else {}
        ),
        text=text,
        audio=AudioSettings(
            backbone=str(backbones["whisper"]),
            backbone_title="Tiny Whisper",
            voice="joe",
            spoken_words=6,
            temperature=1.2,
        ),
        emotion=EmotionSettings(lexicon="tiny", emotions=EMOTIONS, hidden=6, temperature=0.8),
        student=student,
        familiarity=FamiliaritySettings(threshold=1000.0, validation_share_outside=0.05),
        mean_outputs=MEAN_OUTPUTS
        if labels == LABELS
        else {name: dict.fromkeys(labels, 1 / len(labels)) for name in MEAN_OUTPUTS},
        metrics={},
        recipe={},
        data={},
        backbones={str(path): hash_file(path / "backbone.json") for path in backbones.values()},
        files={file.name: hash_file(file) for file in sorted(bundle.iterdir())},
    )


def _finish_backbone(folder: Path) -> Path:
    files = {file.name: hash_file(file) for file in sorted(folder.iterdir())}
    (folder / "backbone.json").write_text(json.dumps({"title": "tiny", "files": files}), "utf-8")
    return folder


def _bert(folder: Path) -> Path:
    special = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    size = save_tokenizer(folder, special, cls="[CLS]", sep="[SEP]", pad="[PAD]", mask="[MASK]")
    config = BertConfig(
        vocab_size=size,
        hidden_size=_WIDTH,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=48,
        initializer_range=0.3,
    )
    return _save_encoder(BertModel(config), folder)


def _mpnet(folder: Path) -> Path:
    special = ("<s>", "<pad>", "</s>", "[UNK]", "<mask>")
    size = save_tokenizer(folder, special, cls="<s>", sep="</s>", pad="<pad>", mask="<mask>")
    config = MPNetConfig(
        vocab_size=size,
        hidden_size=_WIDTH,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=48,
        initializer_range=0.3,
    )
    return _save_encoder(MPNetModel(config), folder)


def _whisper(folder: Path) -> Path:
    config = WhisperConfig(
        d_model=16,
        encoder_layers=2,
        encoder_attention_heads=2,
        encoder_ffn_dim=32,
        num_mel_bins=80,
        max_source_positions=500,
        use_weighted_layer_sum=True,
        classifier_proj_size=8,
        init_std=0.2,
        num_labels=len(LABELS),
    )
    network = AutoModelForAudioClassification.from_config(config)
    config.save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=80, chunk_length=10).save_pretrained(folder)
    save_weights(network.encoder.state_dict(), folder / "weights.safetensors", eight_bit=True)
    return folder


def _save_encoder(encoder: BertModel | MPNetModel, folder: Path) -> Path:
    encoder.config.save_pretrained(folder)
    weights = {
        name: value
        for name, value in encoder.state_dict().items()
        if "pooler" not in name and value.is_floating_point()
    }
    save_weights(weights, folder / "weights.safetensors")
    return folder


def save_tokenizer(
    folder: Path, special: tuple[str, ...], *, cls: str, sep: str, pad: str, mask: str
) -> int:
    letters = [*"abcdefghijklmnopqrstuvwxyz0123456789.,!?()'"]
    pieces = [*special, *letters, *(f"##{letter}" for letter in letters), *WORDS]
    vocabulary = {piece: place for place, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{cls} $A {sep}", special_tokens=[(cls, vocabulary[cls]), (sep, vocabulary[sep])]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        cls_token=cls,
        sep_token=sep,
        pad_token=pad,
        mask_token=mask,
        model_max_length=512,
    ).save_pretrained(folder)
    return len(vocabulary)
