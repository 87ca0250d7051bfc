"""Which words a text classifier's answer rests on: occlusion, one word or sentence at a time."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

import torch
from captum.attr import FeatureAblation

from mhkd.analysis import WordScore
from mhkd.explain.contrast import contrast
from mhkd.limits import MAX_OCCLUDED_WORDS
from mhkd.models.encoded import EncodedPost, count_reached, place_tokens
from mhkd.models.members import TextMember
from mhkd.models.parts import encode_in_parts
from mhkd.models.text import batch_posts
from mhkd.text.spans import sentence_spans, word_spans

_AT_ONCE = 8

Unit = Literal["word", "sentence"]


@dataclass(frozen=True, eq=False)
class Occlusion:
    """What the logit loses when one stretch after another is replaced.

    Attributes:
        unit: ``word`` or ``sentence``.
        scores: of each stretch that was read.
    """

    unit: Unit
    scores: tuple[WordScore, ...]


class Occluder:
    """The function explained, of which words or sentences of a post are present.

    The tokens of an absent one become the mask token, at their places. Words up to 150,
    else sentences. A window in which nothing changes is not run again, nor is a set of spans
    that was asked for before; the padding of a window is not run at all.

    Args:
        member: a text classifier.
        text: the post.
        post: the same, encoded.
        masked: embedding of the mask token, shape (width,).
        target: place of the label explained.
        cancel: looked at before each window.
    """

    def __init__(
        self,
        member: TextMember,
        text: str,
        post: EncodedPost,
        masked: torch.Tensor,
        target: int,
        cancel: threading.Event | None = None,
    ) -> None:
        words = word_spans(text)
        self.unit: Unit = "word" if len(words) <= MAX_OCCLUDED_WORDS else "sentence"
        spans = words if self.unit == "word" else sentence_spans(text)
        self._model, self._masked = member.model, masked
        self._target, self._cancel, self._text = target, cancel, text
        self._batch = batch_posts([post], int(member.tokenizer.pad_token_id or 0), masked.device)
        self._places = place_tokens(post, spans).to(masked.device)
        self.spans = spans[: count_reached(post, self._places, spans)]
        with torch.no_grad():
            self._embeddings = self._model.embed(self._batch.input_ids)
            every = torch.arange(len(self._embeddings), device=masked.device)
            self._sums = self._sum(self._embeddings, every)
        self._known: dict[bytes, float] = {}

    def __call__(self, present: torch.Tensor) -> torch.Tensor:
        """(rows, spans), 1 where present → (rows,)."""
        keys = [row.numpy().tobytes() for row in (present < 0.5).cpu()]
        new = [place for place, key in enumerate(keys) if key not in self._known]
        if new:
            outputs = self._answer(present[new]).tolist()
            self._known |= dict(zip([keys[place] for place in new], outputs, strict=True))
        return torch.tensor([self._known[key] for key in keys])

    def _answer(self, present: torch.Tensor) -> torch.Tensor:
        absent = torch.cat([present < 0.5, present.new_zeros(len(present), 1) > 0], 1)
        hidden = absent.to(self._places.device)[:, self._places]  # (rows, windows, tokens)
        rows, windows = hidden.any(-1).nonzero(as_tuple=True)
        sums = self._sums.repeat(len(present), 1, 1)  # (rows, windows, width)
        with torch.no_grad():
            if len(rows):
                changed = torch.where(
                    hidden[rows, windows][..., None], self._masked, self._embeddings[windows]
                )
                sums[rows, windows] = self._sum(changed, windows)
            pooled = sums.sum(1) / self._batch.attention_mask.sum()
            return contrast(self._model.classify(pooled), self._target).cpu()

    def occlude(self) -> Occlusion:
        """The fall of the logit for every word or sentence.

        Source: Zeiler and Fergus, Visualizing and Understanding Convolutional
        Networks, ECCV 2014; captum's ``FeatureAblation``.
        """
        scores = FeatureAblation(self).attribute(
            torch.ones(1, len(self.spans)), baselines=0.0, perturbations_per_eval=_AT_ONCE
        )[0]
        return Occlusion(
            self.unit,
            tuple(
                WordScore(self._text[span.start : span.end], span.start, span.end, score)
                for span, score in zip(self.spans, scores.double().tolist(), strict=True)
            ),
        )

    def _sum(self, embeddings: torch.Tensor, windows: torch.Tensor) -> torch.Tensor:
        """Sums of states, (rows, tokens, width) → (rows, width); each row is of a window."""
        sums: list[torch.Tensor | None] = [None] * len(windows)
        for window in windows.unique().tolist():
            chosen = (windows == window).nonzero()[:, 0]
            length = int(self._batch.attention_mask[window].sum())  # padding stands at the end
            mask = self._batch.attention_mask[window, :length].expand(len(chosen), -1)
            hidden = encode_in_parts(self._model, embeddings[chosen, :length], mask, self._cancel)
            for place, row in zip(chosen.tolist(), hidden.sum(1), strict=True):
                sums[place] = row
        return torch.stack([row for row in sums if row is not None])
