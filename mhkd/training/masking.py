"""Copies of posts without some of their words.

A model that never saw a mask answers masked posts as it happens to, and a test that takes words
away then measures that. One that has learned from such copies answers with what is left.
Source: Hase, Xie and Bansal, The Out-of-Distribution Problem in Explainability and Search Methods
for Feature Importance Explanations, NeurIPS 2021.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import torch

from mhkd.models.encoded import EncodedPost, place_tokens
from mhkd.text.spans import word_spans
from mhkd.training.kept_posts import key_of


@dataclass(frozen=True)
class Masking:
    """One copy of every post.

    Attributes:
        copy: its number; another one hides other words.
        most: a post loses a share of its words that is drawn evenly from 0 to this.
    """

    copy: int
    most: float

    def mask(self, post: EncodedPost, text: str, mask_id: int) -> EncodedPost:
        """The post with the mask token at every sub-word of the words that are hidden.

        The same text always loses the same words.
        """
        words = word_spans(text)
        if not words:
            return post
        generator = random.Random(f"{self.copy}:{self.most}:{key_of(text)}")
        share = generator.uniform(0.0, self.most)
        hidden = torch.tensor([*(generator.random() < share for _ in words), False])
        ids = post.input_ids.clone()
        ids[hidden[place_tokens(post, words)]] = mask_id
        return replace(post, input_ids=ids)
