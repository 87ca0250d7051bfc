"""The text classifier: an encoder, masked mean pooling over all windows, a linear head.

The text teacher and the student are both of this class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from mhkd.models.encoded import EncodedPost


@dataclass(frozen=True, eq=False)
class TextBatch:
    """Windows of several posts.

    Attributes:
        input_ids, attention_mask: int64, shape (windows, tokens).
        post_index: int64, shape (windows,), the post that each window belongs to.
        posts: number of posts.
    """

    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    post_index: torch.Tensor
    posts: int


def batch_posts(posts: Sequence[EncodedPost], pad_id: int, device: torch.device) -> TextBatch:
    """Stacks the windows of several posts, padded to the longest of them."""
    width = max(post.input_ids.shape[1] for post in posts)
    ids, masks, index = [], [], []
    for number, post in enumerate(posts):
        room = (0, width - post.input_ids.shape[1])
        ids.append(nn.functional.pad(post.input_ids, room, value=pad_id))
        masks.append(nn.functional.pad(post.attention_mask, room))
        index += [number] * len(post.input_ids)
    return TextBatch(
        torch.cat(ids).to(device),
        torch.cat(masks).to(device),
        torch.tensor(index, device=device),
        len(posts),
    )


class TextClassifier(nn.Module):
    """Encoder → mean over the tokens of all windows → linear head.

    The head reads the ``pooled_layers`` uppermost layers side by side.
    """

    def __init__(
        self, encoder: PreTrainedModel, classes: int, dropout: float = 0.1, pooled_layers: int = 1
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.pooled_layers = pooled_layers
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(int(encoder.config.hidden_size) * pooled_layers, classes)

    def forward(self, batch: TextBatch) -> torch.Tensor:
        """Logits, shape (posts, classes)."""
        return self.forward_embeddings(self.embed(batch.input_ids), batch)

    def embed(self, input_ids: torch.Tensor) -> torch.Tensor:
        """Word embeddings before positions are added, shape (windows, tokens, width)."""
        embedded: torch.Tensor = self.encoder.get_input_embeddings()(input_ids)
        return embedded

    def forward_embeddings(self, embeddings: torch.Tensor, batch: TextBatch) -> torch.Tensor:
        """Logits from word embeddings, the function that explanations differentiate."""
        return self.classify(self.pool(self.encode(embeddings, batch.attention_mask), batch))

    def encode(self, embeddings: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Hidden states that the head reads, shape (windows, tokens, width · layers)."""
        return encode_layers(self.encoder, embeddings, attention_mask, self.pooled_layers)

    def pool(self, hidden: torch.Tensor, batch: TextBatch) -> torch.Tensor:
        """Mean over all tokens of a post, special ones included, shape (posts, width)."""
        return pool_tokens(hidden, batch.attention_mask, batch.post_index, batch.posts)

    def classify(self, pooled: torch.Tensor) -> torch.Tensor:
        """Logits from pooled states, shape (posts, classes)."""
        logits: torch.Tensor = self.head(self.dropout(pooled))
        return logits


def encode_layers(
    encoder: nn.Module, embeddings: torch.Tensor, attention_mask: torch.Tensor, layers: int
) -> torch.Tensor:
    """States of the uppermost ``layers``, lowest first, shape (windows, tokens, width · layers)."""
    return join_layers(
        encoder(
            inputs_embeds=embeddings, attention_mask=attention_mask, output_hidden_states=layers > 1
        ),
        layers,
    )


def join_layers(found: Any, layers: int) -> torch.Tensor:
    """The uppermost ``layers`` of an encoder's output side by side, lowest first."""
    if layers == 1:
        last: torch.Tensor = found.last_hidden_state
        return last
    return torch.cat(found.hidden_states[-layers:], dim=-1)


def pool_tokens(
    hidden: torch.Tensor, attention_mask: torch.Tensor, post_index: torch.Tensor, posts: int
) -> torch.Tensor:
    """Masked mean of states (windows, tokens, width) over each post, shape (posts, width)."""
    mask = attention_mask.unsqueeze(-1).to(hidden.dtype)  # (windows, tokens, 1)
    sums = hidden.new_zeros(posts, hidden.shape[-1])
    sums = sums.index_add(0, post_index, (hidden * mask).sum(1))
    counts = hidden.new_zeros(posts, 1).index_add(0, post_index, mask.sum(1))
    return sums / counts
