"""The paper's teachers: each trained on rows of a part, and asked for all posts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import softmax
from sklearn.metrics import log_loss
from torch import nn

from mhkd.training.paper.loop import Collate, fit_model, predict
from mhkd.training.paper.models import EmotionMlp, build_audio_model, build_text_model
from mhkd.training.paper.parts import Part, Rows
from mhkd.training.paper.recipe import PaperFit, PaperRecipe, PaperStudentRecipe, Teacher

Floats = npt.NDArray[np.float64]
PROBABILITIES = "probabilities"


@dataclass(frozen=True, eq=False)
class Reader:
    """All posts as a backbone's tokenizer cuts them.

    Attributes:
        tokens: ids of each post, special tokens included, cut to the recipe's number.
    """

    tokenizer: Any
    tokens: tuple[tuple[int, ...], ...]

    def pad(self, rows: Sequence[int], width: int | None = None) -> dict[str, torch.Tensor]:
        """Ids and mask of posts, padded to the longest of them or to ``width``."""
        ids = [list(self.tokens[row][:width]) for row in rows]
        padding: dict[str, Any] = (
            {} if width is None else {"padding": "max_length", "max_length": width}
        )
        found = self.tokenizer.pad({"input_ids": ids}, return_tensors="pt", **padding)
        return {name: found[name] for name in ("input_ids", "attention_mask")}


@dataclass(frozen=True, eq=False)
class Material:
    """What all models of a run share.

    Attributes:
        texts: cleaned posts.
        reader: of the student and the emotion teacher. text_reader: of the text teacher.
        heard: log-mel of every clip, made when it is first asked for.
        table: MM-EMOG embeddings of a part, see ``learn_token_table``, made or kept.
    """

    recipe: PaperRecipe
    texts: tuple[str, ...]
    labels: Rows
    reader: Reader
    text_reader: Reader
    heard: Callable[[], torch.Tensor]
    table: Callable[[Part], torch.Tensor]
    allow_hub: bool


@dataclass(frozen=True, eq=False)
class Built:
    """A network before training, how it is fed and how it is trained."""

    model: nn.Module
    collate: Collate
    fit: PaperFit


def train_teacher(
    name: Teacher, material: Material, part: Part, seed: int
) -> dict[str, torch.Tensor]:
    """Trains a teacher on a part: its weights and, for all posts, its probabilities."""
    built = _build(name, material, part, seed)
    loss = label_loss(material, part.train, built.fit)
    fit_model(built.model, part.train, part.validation, built.collate, loss, built.fit, seed)
    logits = predict(built.model, np.arange(len(material.labels)), built.collate)
    return {
        **{key: value.detach().cpu().clone() for key, value in built.model.state_dict().items()},
        PROBABILITIES: torch.from_numpy(softmax(logits, axis=1)),
    }


def label_loss(material: Material, rows: Rows, fit: PaperFit) -> Any:
    """Cross-entropy against the labels, weighted if the recipe says so."""
    labels = torch.from_numpy(material.labels)
    classes = len(material.recipe.labels)
    weights = None
    if fit.class_weights:
        counts = np.bincount(material.labels[rows], minlength=classes)
        weights = torch.from_numpy(len(rows) / (classes * np.maximum(counts, 1))).float()

    def loss(logits: torch.Tensor, places: Sequence[int]) -> torch.Tensor:
        return nn.functional.cross_entropy(
            logits,
            labels[list(places)].to(logits.device),
            weight=None if weights is None else weights.to(logits.device),
        )

    return loss


def mix(
    recipe: PaperStudentRecipe,
    teachers: Mapping[str, Floats],
    labels: Rows,
    validation: Rows,
) -> Floats:
    """The soft target of all posts from the teachers' probabilities, shape (posts, classes)."""
    stacked = np.stack(list(teachers.values()))  # (teachers, posts, classes)
    if recipe.teacher_weights == "uniform":
        mean: Floats = stacked.mean(0)
        return mean
    classes = stacked.shape[-1]
    if recipe.teacher_weights == "log_loss":
        losses = [
            log_loss(labels[validation], found[validation], labels=list(range(classes)))
            for found in stacked
        ]
        weights = softmax(-np.array(losses))[:, None, None]
    else:
        surprise = -(stacked * np.log(np.maximum(stacked, 1e-12))).sum(-1) / np.log(classes)
        certain = 1 - surprise + 1e-9
        weights = (certain / certain.sum(0))[..., None]
    mixed: Floats = (weights * stacked).sum(0)
    return mixed


def _build(name: Teacher, material: Material, part: Part, seed: int) -> Built:
    recipe, classes = material.recipe, len(material.recipe.labels)
    if name == "text":
        reader = material.text_reader
        model = build_text_model(
            recipe.text, reader.tokenizer, classes, allow_hub=material.allow_hub, seed=seed
        )
        return Built(model, reader.pad, recipe.text.fit)
    if name == "audio":
        heard = material.heard()
        model = build_audio_model(recipe.audio, classes, allow_hub=material.allow_hub, seed=seed)
        return Built(model, lambda rows: {"input_values": heard[list(rows)]}, recipe.audio.fit)
    reader = material.reader
    table = material.table(part)
    torch.manual_seed(seed)
    width = max(len(reader.tokens[row]) for row in part.train)
    mlp = EmotionMlp(recipe.emotion, table, width, classes)
    return Built(mlp, lambda rows: reader.pad(rows, width), recipe.emotion.fit)
