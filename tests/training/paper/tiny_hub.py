"""Stand-ins for what the paper takes from the hub: tiny, untrained, saved as there."""

from __future__ import annotations

from pathlib import Path

import torch
import yaml
from transformers import (
    ASTConfig,
    ASTFeatureExtractor,
    ASTForAudioClassification,
    BertConfig,
    BertModel,
)

from tests.tiny import WORDS, save_tokenizer

GLAD = "The walk today was good and calm \U0001f600"
LOW = "I feel so tired and alone :( see https://example.org"


def build_tiny_hub(folder: Path) -> Path:
    """Writes a BERT and an AST below ``folder`` as ``save_pretrained`` does."""
    torch.manual_seed(0)
    special = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    size = save_tokenizer(
        folder / "bert", special, cls="[CLS]", sep="[SEP]", pad="[PAD]", mask="[MASK]"
    )
    config = BertConfig(
        vocab_size=size,
        hidden_size=24,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=32,
        initializer_range=0.2,
    )
    BertModel(config).save_pretrained(folder / "bert")
    sound = ASTConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        num_mel_bins=32,
        max_length=128,
        num_labels=5,
    )
    network = ASTForAudioClassification(sound)
    positions = network.audio_spectrogram_transformer.embeddings.position_embeddings
    positions.data = 0.1 * torch.randn(positions.shape)
    network.save_pretrained(folder / "ast")
    ASTFeatureExtractor(num_mel_bins=32, max_length=128).save_pretrained(folder / "ast")
    return folder


def write_posts(folder: Path, labels: tuple[str, ...] = ("depression", "suicide")) -> None:
    """Writes ``train.csv`` and ``test.csv``, and ``splits.csv`` that tells who wrote what."""
    authors = ["id,author_group"]
    for name, count in (("train", 30), ("test", 8)):
        rows = ["id,text,label"]
        for i in range(count):
            text = (GLAD, LOW)[i % 2]
            rows.append(f"{name}{i},{text} {WORDS[i % 7]},{labels[i % len(labels)]}")
            authors.append(f"{name}{i},a{i}")
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n", "utf-8")
    (folder / "splits.csv").write_text("\n".join(authors) + "\n", "utf-8")


def write_paper_recipe(folder: Path, shipped: str, **changes: object) -> Path:
    """A shipped recipe of the paper, its backbones and sizes replaced by tiny ones."""
    package = Path(__file__).resolve().parents[3] / "mhkd" / "recipes"
    content = yaml.safe_load((package / f"{shipped}.yaml").read_text("utf-8"))
    (folder / "senticnet.tsv").write_text(
        "CONCEPT\tPRIMARY EMOTION\tSECONDARY EMOTION\tPOLARITY LABEL\n"
        "tired\t#sadness\t\tnegative\nalone\t#melancholy\t#fear\tnegative\n"
        "good\t#joy\t#pleasantness\tpositive\ncalm\t#calmness\t\tpositive\n",
        "utf-8",
    )
    content["data"] = {"folder": str(folder), "train": "train.csv", "test": "test.csv"}
    content["runs"] = 2
    for part, backbone in (("text", "bert"), ("student", "bert"), ("audio", "ast")):
        content[part] |= {"backbone": str(folder / backbone), "layers": 2, "heads": 2}
        content[part]["fit"] |= {"epochs": 2, "batch": 8, "learning_rate": 1e-3}
    for other in content["students_of"].values():
        other |= {"layers": 2, "heads": 2}
        other["fit"] |= {"epochs": 2, "batch": 8, "learning_rate": 1e-3}
    content["audio"] |= {"voices": ["joe"], "frames": 64}
    content["emotion"]["fit"] |= {"epochs": 2, "batch": 8}
    content["emotion"] |= {"hidden": 6}
    content["emotion"]["embeddings"] = {
        "lexicon": f"senticnet:{folder / 'senticnet.tsv'}",
        "min_count": 2, "hidden": 6, "width": 12, "graph_epochs": 4, "bert_layers": 1,
        "bert_heads": 2, "bert_epochs": 2, "bert_batch": 8,
    }  # fmt: skip
    for name, value in changes.items():
        place = content
        *parents, last = name.split("__")
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    file = folder / f"{'-'.join(changes) or 'plain'}.yaml"
    file.write_text(yaml.safe_dump(content), "utf-8")
    return file
