"""The three teachers: cross-fitted for soft targets, then fitted on all training posts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch

from mhkd.manifest import TextSettings
from mhkd.models.members import trained_weights
from mhkd.training.calibrate import calibrated, fit_temperature
from mhkd.training.contexts import average_contexts
from mhkd.training.data import LabelledPosts
from mhkd.training.emotions import (
    Contexts,
    EmotionTable,
    fit_emotion_classifier,
    learn_emotion_table,
    predict_emotions,
)
from mhkd.training.fit import Targets, cross_entropy
from mhkd.training.linear import fit_head
from mhkd.training.mean_rules import combine
from mhkd.training.recipe import Recipe, Rule
from mhkd.training.sounds import fit_audio_head, predict_sounds
from mhkd.training.stages import RunFolder, Say
from mhkd.training.texts import (
    KeptStates,
    build_text_classifier,
    fit_text_classifier,
    keep_states,
    predict_logits,
)

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Fit = Callable[[Rows, Rows], Mapping[str, torch.Tensor]]
LOGITS = "held_out_logits"


@dataclass(frozen=True, eq=False)
class TrainedTeacher:
    """A teacher and what it says of posts it has not seen.

    Attributes:
        weights: of the fit on all training posts, by name.
        held_out_logits: shape (posts, classes), each post by a fit without its fold.
        temperature: fitted on ``held_out_logits``.
    """

    weights: Mapping[str, torch.Tensor]
    held_out_logits: Floats
    temperature: float

    @property
    def held_out_probabilities(self) -> Floats:
        """Calibrated, shape (posts, classes)."""
        return calibrated(self.held_out_logits, self.temperature)


def cross_fit(
    name: str, posts: LabelledPosts, fit: Fit, inputs: Mapping[str, Any], run: RunFolder
) -> TrainedTeacher:
    """Fits a teacher once without each fold and once on all posts.

    Args:
        fit: ``fit(rows, others)`` trains on ``rows`` and gives its weights and, as
            ``held_out_logits``, the logits of ``others``.
        inputs: what decides the result, for the key of the kept files.
    """
    logits = np.zeros((len(posts), int(posts.labels.max()) + 1))
    for fold in range(int(posts.folds.max()) + 1):
        rows, others = np.where(posts.folds != fold)[0], np.where(posts.folds == fold)[0]
        kept = run.keep(
            f"{name}-fold{fold}",
            {**inputs, "fold": fold},
            lambda rows=rows, others=others: {LOGITS: fit(rows, others)[LOGITS]},  # type: ignore[misc]
        )
        logits[others] = kept[LOGITS].numpy()
    everyone = np.arange(len(posts))
    whole = run.keep(f"{name}-all", inputs, lambda: fit(everyone, everyone[:1]))
    weights = {key: value for key, value in whole.items() if key != LOGITS}
    return TrainedTeacher(weights, logits, fit_temperature(logits, posts.labels))


def text_fit(
    recipe: Recipe,
    settings: TextSettings,
    kept: KeptStates,
    targets: Targets,
    say: Say = lambda _: None,
) -> Fit:
    """Trains the text teacher; ``say`` is told how far each fit is."""

    def fit(rows: Rows, others: Rows) -> Mapping[str, torch.Tensor]:
        part = recipe.text.fit
        loss = cross_entropy(part.label_smoothing)
        model, upper = fit_text_classifier(
            settings,
            kept,
            rows,
            targets,
            loss,
            part,
            recipe.seed,
            classes=len(recipe.labels),
            say=say,
        )
        logits = predict_logits(upper, kept, others)
        return {**trained_weights(model, settings), LOGITS: torch.from_numpy(logits)}

    return fit


def text_probe(
    recipe: Recipe, settings: TextSettings, features: torch.Tensor, targets: Targets
) -> Fit:
    """Fits the text teacher's head alone, on pooled states of its frozen layers."""

    def fit(rows: Rows, others: Rows) -> Mapping[str, torch.Tensor]:
        strength = cast(float, recipe.text.probe)
        model = build_text_classifier(settings, len(recipe.labels), 0.0, recipe.seed).eval()
        fit_head(model.head, features[rows], targets.labels[rows].numpy(), strength)
        with torch.inference_mode():
            logits = model.classify(features[others]).double()
        return {**trained_weights(model, settings), LOGITS: logits}

    return fit


def audio_fit(recipe: Recipe, pooled: torch.Tensor, targets: Targets) -> Fit:
    """Trains the audio teacher's head."""

    def fit(rows: Rows, others: Rows) -> Mapping[str, torch.Tensor]:
        head = fit_audio_head(recipe.audio, pooled, rows, targets, len(recipe.labels), recipe.seed)
        weights = {
            name: value
            for name, value in head.network.state_dict().items()
            if not name.startswith("encoder.")
        }
        return {**weights, LOGITS: torch.from_numpy(predict_sounds(head, pooled, others))}

    return fit


def emotion_fit(recipe: Recipe, posts: LabelledPosts, targets: Targets, table: EmotionTable) -> Fit:
    """Trains the emotion teacher's classifier on the graph's embeddings."""

    def fit(rows: Rows, others: Rows) -> Mapping[str, torch.Tensor]:
        model = fit_emotion_classifier(
            recipe.emotion, table, posts.texts, rows, targets, len(recipe.labels), recipe.seed
        )
        logits = predict_emotions(model, table, [posts.texts[row] for row in others])
        return {**model.state_dict(), LOGITS: torch.from_numpy(logits)}

    return fit


def find_contexts(recipe: Recipe, posts: LabelledPosts, run: RunFolder) -> Contexts | None:
    """What gives words their contexts in the training posts; None where the recipe has none."""
    chosen = recipe.emotion.contexts
    if chosen is None:
        return None

    def average_over_posts(words: Sequence[str]) -> torch.Tensor:
        kept = keep_states(chosen.backbone, chosen.layer, posts.texts, run)
        return average_contexts(words, posts.texts, chosen.backbone, kept)

    return average_over_posts


def keep_emotion_table(
    recipe: Recipe, posts: LabelledPosts, inputs: Mapping[str, Any], run: RunFolder
) -> EmotionTable:
    """Learns the graph's embeddings over all training posts, or reads them."""

    def make() -> Mapping[str, torch.Tensor]:
        table = learn_emotion_table(
            recipe.emotion,
            posts.texts,
            posts.groups,
            recipe.seed,
            find_contexts(recipe, posts, run),
        )
        return {
            "vectors": table.vectors,
            "words": _as_bytes(list(table.words)),
            "facts": _as_bytes(table.facts),
        }

    graph = recipe.emotion.chosen(exclude={"fit", "hidden", "tune_embeddings", "study"})
    kept = run.keep("emotion-graph", {**inputs, "graph": graph}, make)
    words, facts = _read_bytes(kept["words"]), _read_bytes(kept["facts"])
    return EmotionTable(kept["vectors"], tuple(words), facts)


def _read_bytes(tensor: torch.Tensor) -> Any:
    return json.loads(bytes(tensor.tolist()))


def _as_bytes(values: Any) -> torch.Tensor:
    return torch.frombuffer(bytearray(json.dumps(values).encode()), dtype=torch.uint8)


def soft_targets(
    rule: Rule, teachers: Mapping[str, TrainedTeacher], posts: LabelledPosts
) -> torch.Tensor:
    """What a student learns from: the teachers' calibrated held-out probabilities as one.

    Source: 3M-Health section 3.4 (unweighted mean of the softmaxes, rule ``mean``).

    Returns:
        float32, shape (posts, classes).
    """
    held_out = [teacher.held_out_probabilities for teacher in teachers.values()]
    return torch.from_numpy(combine(rule, held_out, posts.labels, posts.folds)).float()
