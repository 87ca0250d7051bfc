"""A vector for each word: the mean of an encoder's states at all places of the word.

Source: Bommasani et al., Interpreting Pretrained Contextualized Representations via
Reductions to Static Embeddings, ACL 2020.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from mhkd.emotion.words import split_words
from mhkd.models.backbones import load_text_backbone
from mhkd.models.encoded import encode_post
from mhkd.training.texts import KeptStates


def average_contexts(
    words: Sequence[str], texts: Sequence[str], backbone: str, kept: KeptStates
) -> torch.Tensor:
    """Mean states of ``words`` over ``texts``, shape (words, width), float32.

    Each mean holds the mean over all words as one place more, which matters for rare ones.

    Args:
        words: lower case, as ``split_words`` gives them.
        backbone: whose tokenizer cut the posts.
        kept: its states of ``texts``.
    """
    tokenizer = load_text_backbone(backbone, layers=1).tokenizer
    row = {word: place for place, word in enumerate(words)}
    sums = torch.zeros(len(words), kept.states[0].shape[-1])
    counts = torch.zeros(len(words))
    for text, states in zip(texts, kept.states, strict=True):
        post = encode_post(tokenizer, text)
        inside = post.special_mask.flatten() == 0
        tokens, spans = states.flatten(0, 1)[inside].float(), post.offsets.flatten(0, 1)[inside]
        starts, ends = spans[:, 0].contiguous().numpy(), spans[:, 1].contiguous().numpy()
        for word in split_words(text):
            first = int(np.searchsorted(ends, word.start, side="right"))
            last = int(np.searchsorted(starts, word.end, side="left"))
            if word.text in row and first < last:
                sums[row[word.text]] += tokens[first:last].mean(0)
                counts[row[word.text]] += 1
    everywhere = sums.sum(0) / counts.sum().clamp(min=1)
    return (sums + everywhere) / (counts[:, None] + 1)
