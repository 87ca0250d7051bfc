"""Does the emotion teacher carry emotion? Each of its parts, and the whole with shuffled emotions.

All rows are fitted and read alike: the recipe's classifier on a table of word vectors, out of
fold on the training posts. Only the vectors differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from sklearn.metrics import log_loss

from mhkd.emotion.graph import EmotionGraph
from mhkd.emotion.lexicon import Lexicon
from mhkd.metrics import wilson
from mhkd.training.calibrate import calibrated, fit_temperature
from mhkd.training.data import LabelledPosts
from mhkd.training.emotions import (
    Contexts,
    EmotionTable,
    build_emotion_graph,
    find_lexicon,
    fit_emotion_classifier,
    learn_graph_vectors,
    predict_emotions,
    scale_table,
)
from mhkd.training.fit import Targets
from mhkd.training.recipe import Recipe
from mhkd.training.stages import RunFolder

Vectors = Callable[[], torch.Tensor]
LEXICON, GRAPH, SHUFFLED = "lexicon alone", "graph", "graph, emotions shuffled"
CONTEXTS = "contexts alone"
BOTH, BOTH_SHUFFLED = "contexts and graph", "contexts and graph, emotions shuffled"


def study_emotions(
    recipe: Recipe,
    posts: LabelledPosts,
    inputs: Mapping[str, Any],
    run: RunFolder,
    contexts: Contexts | None,
) -> list[dict[str, Any]]:
    """Accuracy and log-loss of the emotion teacher and of what is left without its parts.

    ``lexicon alone`` gives each word the marks of the lexicon; ``shuffled`` gives the lexicon's
    sets of emotions to other words of it, at random, and learns the graph anew.

    Returns:
        One row for each variant: name, accuracy with Wilson's 95 % interval, log-loss at the
        best temperature, n.
    """
    graph = build_emotion_graph(recipe.emotion, posts.texts, posts.groups)
    rows = []
    for name, vectors in _variants(recipe, graph, contexts).items():

        def make(vectors: Vectors = vectors) -> Mapping[str, torch.Tensor]:
            table = EmotionTable(scale_table(vectors(), graph), graph.words, {})
            return {"logits": torch.from_numpy(_hold_out(recipe, posts, table))}

        key = {**inputs, "variant": name, "emotion": recipe.emotion.chosen(exclude={"study"})}
        kept = run.keep(f"emotion-study-{name.replace(' ', '-').replace(',', '')}", key, make)
        rows.append({"variant": name, **_measure(kept["logits"].numpy(), posts.labels)})
    return rows


def shuffle_emotions(lexicon: Lexicon, seed: int) -> Lexicon:
    """The lexicon with its sets of emotions given to its words in another order."""
    words = list(lexicon.words)
    order = np.random.default_rng(seed).permutation(len(words))
    sets = [lexicon.words[words[place]] for place in order]
    return Lexicon(lexicon.name, lexicon.emotions, dict(zip(words, sets, strict=True)))


def _variants(recipe: Recipe, graph: EmotionGraph, contexts: Contexts | None) -> dict[str, Vectors]:
    lexicon = find_lexicon(recipe.emotion.lexicon)
    shuffled = shuffle_emotions(lexicon, recipe.seed)

    def learn(chosen: Lexicon) -> torch.Tensor:
        return learn_graph_vectors(recipe.emotion, graph, chosen, recipe.seed).vectors

    variants: dict[str, Vectors] = {
        LEXICON: lambda: _mark_words(graph.words, lexicon),
        GRAPH: lambda: learn(lexicon),
        SHUFFLED: lambda: learn(shuffled),
    }
    if contexts is None:
        return variants
    beside = contexts(graph.words)
    beside = beside / beside.std()

    def join(chosen: Lexicon) -> torch.Tensor:
        vectors = learn(chosen)
        return torch.cat([beside, vectors / vectors.std()], dim=1)

    return {
        **variants,
        CONTEXTS: lambda: beside,
        BOTH: lambda: join(lexicon),
        BOTH_SHUFFLED: lambda: join(shuffled),
    }


def _mark_words(words: Sequence[str], lexicon: Lexicon) -> torch.Tensor:
    marks = [[e in lexicon.words.get(word, ()) for e in lexicon.emotions] for word in words]
    return torch.tensor(marks, dtype=torch.float32)


def _hold_out(recipe: Recipe, posts: LabelledPosts, table: EmotionTable) -> np.ndarray:
    targets = Targets(torch.from_numpy(posts.labels))
    logits = np.zeros((len(posts), len(recipe.labels)))
    for fold in range(int(posts.folds.max()) + 1):
        rows, others = np.where(posts.folds != fold)[0], np.where(posts.folds == fold)[0]
        model = fit_emotion_classifier(
            recipe.emotion, table, posts.texts, rows, targets, len(recipe.labels), recipe.seed
        )
        logits[others] = predict_emotions(model, table, [posts.texts[row] for row in others])
    return logits


def _measure(logits: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    right = int((logits.argmax(1) == truth).sum())
    return {
        "accuracy": right / len(truth),
        "interval": wilson(right, len(truth)),
        "log_loss": float(log_loss(truth, calibrated(logits, fit_temperature(logits, truth)))),
        "n": len(truth),
    }
