"""Which words a text classifier's answer rests on: integrated gradients, else occlusion."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from typing import cast

import torch

from mhkd.analysis import (
    Fidelity,
    OtherBaseline,
    TrustThresholds,
    WordAttribution,
    WordScore,
    is_occlusion,
)
from mhkd.explain.contrast import contrast
from mhkd.explain.fidelity import measure_fidelity
from mhkd.explain.integrate import METHOD, Integral, integrate_gradients
from mhkd.explain.occlude import Occluder, Occlusion
from mhkd.explain.trust import USUAL, correlate_ranks, judge_words
from mhkd.limits import FEW_WORDS, MAX_STEPS
from mhkd.models.encoded import EncodedPost, count_reached, encode_post, place_tokens
from mhkd.models.members import TextMember
from mhkd.models.parts import encode_in_parts
from mhkd.models.text import TextBatch, TextClassifier, batch_posts
from mhkd.text.spans import sum_to_spans, word_spans

_TOKENS_AT_ONCE = 512
_OTHER_STEPS = 48  # of the other baseline; a post of several windows gets its share, at least 24


def explain_words(
    member: TextMember,
    text: str,
    labels: Sequence[str],
    target: str,
    *,
    cancel: threading.Event | None = None,
) -> WordAttribution:
    """Integrated gradients on the word embeddings, summed to words.

    The baseline has the embedding of the tokenizer's padding token in place of every sub-word:
    the models answer it with near even odds, and the path from it bends less than that from
    the mask token. Special tokens stay. Words that the model did not read are left out. The
    model is used as it is: no hooks on it, no gradients of its parameters.

    Where the gradients do not add up within the steps allowed, the scores are those of occlusion,
    of words or, in posts over 150 words, of sentences; ``fallback`` says so.

    Raises:
        Cancelled: ``cancel`` was set; looked at between windows, forwards and backwards.
    """
    reading = _Reading(member, text, labels.index(target), cancel)
    integral = reading.integrate(reading.embed_token(_pad_id(member)))
    scores = integral.scores.cpu().double()
    special = reading.post.special_mask.bool()
    found = WordAttribution(
        target=target,
        method=METHOD,
        baseline=f"{member.tokenizer.pad_token} in place of every sub-word",
        words=sum_to_words(reading.post, text, scores),
        relative_gap=integral.relative_gap,
        converged=integral.converged,
        special_score=float(scores[special].sum()),
        output=integral.output,
        baseline_output=integral.baseline_output,
        steps=integral.steps,
    )
    if integral.converged:
        return found
    return fall_back(found, reading.open_occluder().occlude(), _mask_token(member))


def check_words(
    member: TextMember,
    text: str,
    labels: Sequence[str],
    found: WordAttribution,
    *,
    thresholds: TrustThresholds = USUAL,
    cancel: threading.Event | None = None,
) -> WordAttribution:
    """The explanation with its trust record, another baseline and occlusion; see ``judge_words``.

    Raises:
        Cancelled: ``cancel`` was set; looked at between windows.
    """
    reading = _Reading(member, text, labels.index(found.target), cancel)
    other = None if found.fallback else _compare_baselines(reading, found)
    occluder = reading.open_occluder()
    if len(occluder.spans) < FEW_WORDS:
        return replace(found, other_baseline=other)
    occlusion = None if found.fallback else occluder.occlude()
    trust = judge_words(found, occluder, thresholds, occlusion, other)
    masked = () if occlusion is None else occlusion.scores
    return replace(found, trust=trust, other_baseline=other, masked=masked)


def measure_words(
    member: TextMember,
    text: str,
    labels: Sequence[str],
    found: WordAttribution,
    *,
    cancel: threading.Event | None = None,
) -> Fidelity:
    """Infidelity and sensitivity of an explanation; see ``measure_fidelity``.

    Raises:
        Cancelled: ``cancel`` was set; looked at between windows, forwards and backwards.
    """
    reading = _Reading(member, text, labels.index(found.target), cancel)
    occluder = reading.open_occluder()
    scores = sum_to_spans(found.words, occluder.spans)
    return measure_fidelity(occluder, scores, None if is_occlusion(found) else reading)


def fall_back(found: WordAttribution, occlusion: Occlusion, mask_token: str) -> WordAttribution:
    """The scores of occlusion in place of gradients that do not add up."""
    return replace(
        found,
        method=f"occlusion of {occlusion.unit}s",
        baseline=f"{mask_token} in place of the sub-words of one {occlusion.unit}",
        words=occlusion.scores,
        special_score=0.0,
        unit=occlusion.unit,
        fallback=True,
    )


def sum_to_words(post: EncodedPost, text: str, scores: torch.Tensor) -> tuple[WordScore, ...]:
    """Adds the scores of sub-words up to words, from the first to the last word read.

    Args:
        post: the encoded ``text``.
        text: the post itself.
        scores: shape (windows, tokens).
    """
    spans = word_spans(text)
    places = place_tokens(post, spans)
    read = places >= 0
    totals = [0.0] * len(spans)
    for place, score in zip(places[read].tolist(), scores[read].tolist(), strict=True):
        totals[place] += score
    return tuple(
        WordScore(text[span.start : span.end], span.start, span.end, total)
        for span, total in zip(spans[: count_reached(post, places, spans)], totals, strict=False)
    )


class _Reading:
    """A post as a model reads it: what gradients and occlusion both start from."""

    def __init__(
        self, member: TextMember, text: str, target: int, cancel: threading.Event | None
    ) -> None:
        self.post = encode_post(member.tokenizer, text)
        self.text = text
        self._member, self._target, self._cancel = member, target, cancel
        device = member.model.head.weight.device
        self._batch = batch_posts([self.post], _pad_id(member), device)
        with torch.no_grad():
            self._embeddings = member.model.embed(self._batch.input_ids)  # (windows, tokens, width)

    def embed_token(self, token: int) -> torch.Tensor:
        """The embedding of a token, shape (width,)."""
        ids = torch.tensor([token], device=self._embeddings.device)
        with torch.no_grad():
            return self._member.model.embed(ids)[0]

    def mean_embedding(self) -> torch.Tensor:
        """The mean over the whole vocabulary, shape (width,)."""
        layer = self._member.model.encoder.get_input_embeddings()
        found: torch.Tensor = cast(torch.nn.Embedding, layer).weight.detach().mean(0)
        return found

    @property
    def given(self) -> torch.Tensor:
        """The post's own embeddings, shape (1, windows, tokens, width)."""
        return self._embeddings[None]

    def explain(self, given: torch.Tensor) -> torch.Tensor:
        """The scores of words for embeddings near the post's own, shape (1, words)."""
        near = copy(self)
        near._embeddings = given[0]
        scores = near.integrate(self.embed_token(_pad_id(self._member))).scores.cpu().double()
        words = sum_to_words(self.post, self.text, scores)
        return torch.tensor([[word.score for word in words]])

    def integrate(self, absent: torch.Tensor, max_steps: int | None = None) -> Integral:
        """Gradients along the path on which every sub-word starts as ``absent``.

        Without ``max_steps`` they are bounded by time: a step of several windows costs more, so a
        long post gets half of ``MAX_STEPS``. Most posts need 15 to 40.
        """
        special = self.post.special_mask.bool().to(absent.device)  # (windows, tokens)
        return integrate_gradients(
            _contrast_of_embeddings(self._member.model, self._batch, self._target, self._cancel),
            self._embeddings[None],
            torch.where(special[..., None], self._embeddings, absent)[None],
            steps_at_once=max(1, _TOKENS_AT_ONCE // special.numel()),
            max_steps=max_steps or MAX_STEPS // min(len(special), 2),
        )

    def open_occluder(self) -> Occluder:
        """The same post, of which words or sentences can be masked."""
        masked = self.embed_token(_mask_id(self._member))
        return Occluder(self._member, self.text, self.post, masked, self._target, self._cancel)


def _compare_baselines(reading: _Reading, found: WordAttribution) -> OtherBaseline:
    steps = max(_OTHER_STEPS // 2, _OTHER_STEPS // len(reading.post.input_ids))
    integral = reading.integrate(reading.mean_embedding(), steps)
    words = sum_to_words(reading.post, reading.text, integral.scores.cpu().double())
    return OtherBaseline(
        baseline="the mean of all word embeddings in place of every sub-word",
        relative_gap=integral.relative_gap,
        converged=integral.converged,
        steps=integral.steps,
        rank_correlation=correlate_ranks(
            [word.score for word in found.words], [word.score for word in words]
        ),
    )


def _contrast_of_embeddings(
    model: TextClassifier, batch: TextBatch, target: int, cancel: threading.Event | None
) -> Callable[[torch.Tensor], torch.Tensor]:
    def function(embeddings: torch.Tensor) -> torch.Tensor:  # (steps, windows, tokens, width)
        steps, windows = embeddings.shape[:2]
        several = TextBatch(
            batch.input_ids.repeat(steps, 1),
            batch.attention_mask.repeat(steps, 1),
            torch.arange(steps, device=embeddings.device).repeat_interleave(windows),
            steps,
        )
        hidden = encode_in_parts(model, embeddings.flatten(0, 1), several.attention_mask, cancel)
        return contrast(model.classify(model.pool(hidden, several)), target)

    return function


def _pad_id(member: TextMember) -> int:
    return int(member.tokenizer.pad_token_id or 0)


def _mask_id(member: TextMember) -> int:
    tokenizer = member.tokenizer
    chosen = tokenizer.mask_token_id
    return int(tokenizer.pad_token_id or 0) if chosen is None else int(chosen)


def _mask_token(member: TextMember) -> str:
    return str(member.tokenizer.mask_token or member.tokenizer.pad_token)
