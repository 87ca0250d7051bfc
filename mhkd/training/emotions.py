"""Training the emotion teacher: the graph over training posts, then the classifier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from mhkd.emotion.embedding import WordEmbeddings, learn_embeddings
from mhkd.emotion.graph import EmotionGraph, build_graph
from mhkd.emotion.lexicon import Lexicon
from mhkd.emotion.lexicons import open_lexicon
from mhkd.models.backbones import load_text_backbone
from mhkd.models.emotion import (
    PAD,
    EmotionClassifier,
    EncodedWords,
    batch_words,
    encode_words,
    weigh_words,
)
from mhkd.training.fit import Collate, Targets, cross_entropy, fit_classifier
from mhkd.training.recipe import EmotionRecipe

_WORDS_AT_ONCE = 64
_CPU = torch.device("cpu")
Contexts = Callable[[Sequence[str]], torch.Tensor]


@dataclass(frozen=True, eq=False)
class EmotionTable:
    """What the graph has learned of each word.

    Attributes:
        vectors: float32, shape (words + 1, width); row 0 is padding.
        words: of rows 1 upwards.
        facts: of the graph, for the model card.
    """

    vectors: torch.Tensor
    words: tuple[str, ...]
    facts: dict[str, Any]

    @property
    def vocabulary(self) -> dict[str, int]:
        """Word → row."""
        return {word: row for row, word in enumerate(self.words, start=PAD + 1)}


def find_lexicon(name: str) -> Lexicon:
    """Loads a lexicon by name or path; see ``mhkd.emotion.lexicons.open_lexicon``."""
    return open_lexicon(name)


def learn_emotion_table(
    recipe: EmotionRecipe,
    texts: Sequence[str],
    authors: Sequence[str],
    seed: int,
    contexts: Contexts | None = None,
) -> EmotionTable:
    """Builds the graph over posts and learns its embeddings. No label is looked at.

    Args:
        contexts: gives the graph's words vectors of their own, shape (words, width), that
            stand beside what the graph has learned of them. Source: MM-EMOG, table 3
            ("BERT ∥ MM-EMOG").
    """
    lexicon = find_lexicon(recipe.lexicon)
    graph = build_emotion_graph(recipe, texts, authors)
    learned = learn_graph_vectors(recipe, graph, lexicon, seed)
    facts = {
        "words": len(graph.words),
        "edges": int(graph.adjacency.nnz),
        "lexicon_words_in_graph": sum(word in lexicon.words for word in graph.words),
        "held_out_emotion_f1": learned.held_out_f1,
        "graph_epochs": learned.epochs,
    }
    vectors = learned.vectors
    if contexts is not None:
        beside = contexts(graph.words)
        vectors = torch.cat([beside / beside.std(), vectors / vectors.std()], dim=1)
    return EmotionTable(scale_table(vectors, graph), graph.words, facts)


def build_emotion_graph(
    recipe: EmotionRecipe, texts: Sequence[str], authors: Sequence[str]
) -> EmotionGraph:
    """The graph over posts and words, by the recipe's limits."""
    return build_graph(
        texts,
        authors,
        min_posts=recipe.min_posts,
        min_authors=recipe.min_authors,
        window=recipe.window,
        min_jaccard=recipe.min_jaccard,
    )


def learn_graph_vectors(
    recipe: EmotionRecipe, graph: EmotionGraph, lexicon: Lexicon, seed: int
) -> WordEmbeddings:
    """The graph's embedding of each word."""
    return learn_embeddings(
        graph,
        lexicon,
        embed_words(graph.words, recipe.features),
        hidden=recipe.graph_hidden,
        width=recipe.width,
        epochs=recipe.graph_epochs,
        learning_rate=recipe.graph_learning_rate,
        seed=seed,
    )


def fit_emotion_classifier(
    recipe: EmotionRecipe,
    table: EmotionTable,
    texts: Sequence[str],
    rows: npt.NDArray[np.int64],
    targets: Targets,
    classes: int,
    seed: int,
) -> EmotionClassifier:
    """Fits the MLP on the posts ``rows``, and tunes the table with it if the recipe says so."""
    torch.manual_seed(seed)
    model = EmotionClassifier(table.vectors.clone(), classes, recipe.hidden, recipe.fit.dropout)
    model.embedding.weight.requires_grad_(recipe.tune_embeddings)
    encoded = [encode_words(table.vocabulary, text) for text in texts]
    part, collate = _what_learns(model, encoded, tuned=recipe.tune_embeddings)
    fit_classifier(
        part,
        rows.tolist(),
        collate,
        targets,
        cross_entropy(recipe.fit.label_smoothing),
        recipe.fit,
        seed,
        lengths=[len(post.words) + 1 for post in encoded],
    )
    return model.eval()


def _what_learns(
    model: EmotionClassifier, encoded: Sequence[EncodedWords], *, tuned: bool
) -> tuple[nn.Module, Collate]:
    """The part that is trained and its input; a table that stays is pooled once for each post."""
    if tuned:
        return model, lambda places: {"word_ids": batch_words([encoded[at] for at in places], _CPU)}
    with torch.no_grad():
        each = (batch_words([post], _CPU) for post in encoded)
        pooled = torch.cat([model.pool(model.embed(ids), weigh_words(ids)) for ids in each])
    return _OnPooled(model.mlp), lambda places: {"pooled": pooled[list(places)]}


class _OnPooled(nn.Module):
    """The MLP alone, fed with pooled words."""

    def __init__(self, mlp: nn.Module) -> None:
        super().__init__()
        self.mlp = mlp

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.mlp(pooled)
        return logits


def scale_table(vectors: torch.Tensor, graph: EmotionGraph) -> torch.Tensor:
    """The embedding table, scaled so that the pooled training posts have mean 0 and variance 1.

    Pooling is linear, so this can be done once to the words; row 0 is padding. Rounded to
    float16, as it is stored.
    """
    row = {word: place for place, word in enumerate(graph.words)}
    pooled = torch.stack(
        [
            vectors[[row[w] for w in dict.fromkeys(words)]].mean(0)
            for words in graph.post_words
            if words
        ]
    )
    scaled = (vectors - pooled.mean(0)) / pooled.std(0).clamp(min=1e-6)
    return torch.cat([torch.zeros(1, vectors.shape[1]), scaled]).half().float()


@torch.inference_mode()
def embed_words(words: Sequence[str], backbone: str) -> torch.Tensor:
    """What a text encoder knows of each word alone, shape (words, width), of length 1."""
    loaded = load_text_backbone(backbone)
    found = []
    for start in range(0, len(words), _WORDS_AT_ONCE):
        batch = loaded.tokenizer(
            list(words[start : start + _WORDS_AT_ONCE]), return_tensors="pt", padding=True
        )
        mask = batch["attention_mask"].unsqueeze(-1)
        hidden = loaded.encoder(**batch).last_hidden_state
        found.append(nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=-1))
    return torch.cat(found)


@torch.inference_mode()
def predict_emotions(
    model: EmotionClassifier, table: EmotionTable, texts: Sequence[str]
) -> npt.NDArray[np.float64]:
    """Logits, shape (texts, classes)."""
    vocabulary = table.vocabulary
    logits = [
        model(batch_words([encode_words(vocabulary, text)], _CPU))[0].double().numpy()
        for text in texts
    ]
    return np.stack(logits)
