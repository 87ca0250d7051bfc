"""MM-EMOG word embeddings: a graph convolution that learns the emotions of posts.

Source: MM-EMOG (Robotics 13(3), 2024), first phase: a two-layer TextGCN with a
multi-label target. The rows of the second layer are the embeddings, and they are
what the emotion teacher reads. Put right here: the word features reach the
first layer, the sigmoid is cut at 0.5, the best weights are kept, words of the
lexicon are targets beside the posts, and a post carries an emotion if its share
of such words is above the median of the corpus. (The paper's rule, any word at
all, marks nearly every long post with every emotion.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import f1_score
from torch import nn

from mhkd.emotion.graph import EmotionGraph
from mhkd.emotion.lexicon import Lexicon

_HELD_OUT = 0.1
_PATIENCE = 20


@dataclass(frozen=True, eq=False)
class WordEmbeddings:
    """What the graph has learned.

    Attributes:
        vectors: float32, shape (words, width), in the order of the graph's words.
        held_out_f1: micro-F1 of the emotions of posts that were held out.
        epochs: epochs that were run.
    """

    vectors: torch.Tensor
    held_out_f1: float
    epochs: int


class GraphConvolution(nn.Module):
    """``X1 = ReLU(Â·(drop(X)·W0 + b0))``, ``X2 = Â·(drop(X1)·W1 + b1)``, logits ``= X2·W2 + b2``.

    The biases are spread along the edges as well; TextGCN (Yao, Mao, Luo, AAAI 2019) adds them
    after that. What is shipped was learned so.
    """

    def __init__(self, features: int, hidden: int, width: int, emotions: int) -> None:
        super().__init__()
        self.first = nn.Linear(features, hidden)
        self.second = nn.Linear(hidden, width)
        self.output = nn.Linear(width, emotions)
        self.dropout = nn.Dropout(0.5)

    def embed(self, adjacency: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        """Node embeddings X2, shape (nodes, width), from features, shape (nodes, features)."""
        hidden = torch.relu(torch.sparse.mm(adjacency, self.first(self.dropout(features))))
        embedded: torch.Tensor = torch.sparse.mm(adjacency, self.second(self.dropout(hidden)))
        return embedded

    def forward(self, adjacency: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        """Emotion logits, shape (nodes, emotions)."""
        logits: torch.Tensor = self.output(self.embed(adjacency, features))
        return logits


def mark_emotions(graph: EmotionGraph, lexicon: Lexicon) -> npt.NDArray[np.float32]:
    """Multi-label targets of all nodes, shape (nodes, emotions); NaN where there is none.

    A post is marked with the emotions whose share of its words is above the
    corpus median (and above 0); a word with the emotions the lexicon gives it.
    """
    column = {emotion: place for place, emotion in enumerate(lexicon.emotions)}
    shares = np.zeros((len(graph.post_words), len(column)), np.float32)
    for place, words in enumerate(graph.post_words):
        for word in words:
            for emotion in lexicon.words.get(word, ()):
                shares[place, column[emotion]] += 1 / len(words)
    posts = (shares > np.median(shares, axis=0)).astype(np.float32)
    words_marked = np.full((len(graph.words), len(column)), np.nan, np.float32)
    for place, word in enumerate(graph.words):
        if word in lexicon.words:
            words_marked[place] = 0
            words_marked[place, [column[e] for e in lexicon.words[word]]] = 1
    return np.concatenate([posts, words_marked])


def spread_features(graph: EmotionGraph, word_features: torch.Tensor) -> torch.Tensor:
    """Standardised features of all nodes: a post has the mean of its words'.

    Args:
        word_features: shape (words, features), in the order of ``graph.words``.

    Returns:
        float32, shape (nodes, features).
    """
    row = {word: place for place, word in enumerate(graph.words)}
    nowhere = torch.zeros(word_features.shape[1])
    posts = [
        word_features[[row[word] for word in words]].mean(0) if words else nowhere
        for words in graph.post_words
    ]
    nodes = torch.cat([torch.stack(posts), word_features])
    return (nodes - nodes.mean(0)) / nodes.std(0).clamp(min=1e-6)


def learn_embeddings(
    graph: EmotionGraph,
    lexicon: Lexicon,
    word_features: torch.Tensor,
    *,
    hidden: int,
    width: int,
    epochs: int,
    learning_rate: float,
    seed: int,
) -> WordEmbeddings:
    """Trains the graph convolution on 90 % of the posts and all lexicon words.

    Stops early when the loss on the held-out posts has not fallen for 20 epochs, and
    keeps the best weights.

    Args:
        word_features: shape (words, features), what is known of each word beforehand.
    """
    torch.manual_seed(seed)
    targets = torch.from_numpy(mark_emotions(graph, lexicon))
    posts = len(graph.post_words)
    order = np.random.default_rng(seed).permutation(posts)
    held_out = torch.from_numpy(order[: max(1, int(_HELD_OUT * posts))])
    known = ~torch.isnan(targets[:, 0])
    known[held_out] = False
    adjacency = _as_sparse_tensor(graph)
    features = spread_features(graph, word_features)
    model = GraphConvolution(features.shape[1], hidden, width, targets.shape[1])
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    measure = nn.BCEWithLogitsLoss()
    best, best_loss, since, ran = model.state_dict(), float("inf"), 0, 0
    while ran < epochs and since < _PATIENCE:
        ran += 1
        model.train()
        optimizer.zero_grad()
        measure(model(adjacency, features)[known], targets[known]).backward()
        optimizer.step()
        model.eval()
        with torch.inference_mode():
            loss = float(measure(model(adjacency, features)[held_out], targets[held_out]))
        since += 1
        if loss < best_loss - 1e-4:
            best_loss, since = loss, 0
            best = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(best)
    model.eval()
    with torch.inference_mode():
        vectors = model.embed(adjacency, features)[posts:].clone()
        marked = (model(adjacency, features)[held_out] > 0).int().numpy()
    f1 = f1_score(targets[held_out].int().numpy(), marked, average="micro", zero_division=0)
    return WordEmbeddings(vectors, float(f1), ran)


def _as_sparse_tensor(graph: EmotionGraph) -> torch.Tensor:
    matrix = graph.adjacency
    return torch.sparse_csr_tensor(
        torch.from_numpy(matrix.indptr.astype(np.int64)),
        torch.from_numpy(matrix.indices.astype(np.int64)),
        torch.from_numpy(matrix.data.astype(np.float32)),
        size=matrix.shape,
    )
