"""The emotion classifier: masked mean over MM-EMOG word embeddings, then a small MLP.

Source: 3M-Health, emotion teacher; with a mask, and plain outputs instead of
ReLU and dropout on the logits. The mean is over the different words of a post: a word
that recurs counts once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from mhkd.emotion.words import split_words

PAD = 0


@dataclass(frozen=True, eq=False)
class EncodedWords:
    """The known words of a post.

    Attributes:
        word_ids: int64, shape (words,), rows of the embedding; 0 is padding.
        words: the words themselves, lower case.
        offsets: start and end of each in the post.
        words_total: words of the post, known or not.
    """

    word_ids: torch.Tensor
    words: tuple[str, ...]
    offsets: tuple[tuple[int, int], ...]
    words_total: int

    @property
    def words_read(self) -> int:
        """Words that have an embedding."""
        return len(self.words)


def encode_words(vocabulary: Mapping[str, int], text: str) -> EncodedWords:
    """Looks up every word of a post; ``vocabulary`` gives rows from 1 upwards."""
    found = split_words(text)
    known = [word for word in found if word.text in vocabulary]
    return EncodedWords(
        torch.tensor([vocabulary[word.text] for word in known], dtype=torch.long),
        tuple(word.text for word in known),
        tuple((word.start, word.end) for word in known),
        len(found),
    )


def batch_words(posts: Sequence[EncodedWords], device: torch.device) -> torch.Tensor:
    """Word ids of several posts, shape (posts, words), padded with 0."""
    rows = [post.word_ids for post in posts]
    width = max(1, *(len(row) for row in rows))
    padded = [nn.functional.pad(row, (0, width - len(row)), value=PAD) for row in rows]
    return torch.stack(padded).to(device)


def weigh_words(word_ids: torch.Tensor) -> torch.Tensor:
    """One for each different word, shared by its places, 0 for padding, shape (posts, words)."""
    counts = torch.zeros(len(word_ids), int(word_ids.max()) + 1, device=word_ids.device)
    counts.scatter_add_(1, word_ids, torch.ones_like(word_ids, dtype=counts.dtype))
    return (word_ids != PAD) / counts.gather(1, word_ids)


class EmotionClassifier(nn.Module):
    """Embedding (row 0: padding) → masked mean → MLP with one hidden layer."""

    def __init__(
        self, embedding: torch.Tensor, classes: int, hidden: int, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(embedding, freeze=True, padding_idx=PAD)
        width = embedding.shape[1]
        self.mlp = nn.Sequential(
            nn.Linear(width, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, classes),
        )

    def forward(self, word_ids: torch.Tensor) -> torch.Tensor:
        """Logits, shape (posts, classes), from word ids, shape (posts, words)."""
        return self.forward_embeddings(self.embed(word_ids), weigh_words(word_ids))

    def embed(self, word_ids: torch.Tensor) -> torch.Tensor:
        """Word embeddings, shape (posts, words, width)."""
        embedded: torch.Tensor = self.embedding(word_ids)
        return embedded

    def forward_embeddings(self, embeddings: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Logits from embeddings and the weight of each, shape (posts, words)."""
        logits: torch.Tensor = self.mlp(self.pool(embeddings, weights))
        return logits

    @staticmethod
    def pool(embeddings: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """The weighted mean of a post's words, shape (posts, width)."""
        spread = weights.unsqueeze(-1).to(embeddings.dtype)
        return (embeddings * spread).sum(1) / spread.sum(1).clamp(min=1)
