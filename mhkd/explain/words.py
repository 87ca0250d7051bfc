"""Which words a text classifier's answer rests on: integrated gradients, else occlusion."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from mhkd.analysis import WordAttribution, WordScore
from mhkd.explain.contrast import contrast
from mhkd.explain.integrate import METHOD, integrate_gradients
from mhkd.explain.occlude import Occluder, Occlusion, place_tokens, word_spans
from mhkd.explain.trust import judge_words
from mhkd.limits import MAX_STEPS
from mhkd.models.encoded import EncodedPost, encode_post
from mhkd.models.members import TextMember
from mhkd.models.parts import encode_in_parts
from mhkd.models.text import TextBatch, TextClassifier, batch_posts

_TOKENS_AT_ONCE = 512
_LEAST_STEPS = 24


def explain_words(
    member: TextMember,
    text: str,
    labels: Sequence[str],
    target: str,
    *,
    cancel: threading.Event | None = None,
) -> WordAttribution:
    """Integrated gradients on the word embeddings, summed to words.

    The baseline has the tokenizer's mask token in place of every sub-word; special
    tokens stay. Words that the model did not read are left out. The model is used as
    it is: no hooks on it, no gradients of its parameters.

    Where the gradients do not add up within the steps allowed, the scores are those of occlusion,
    of words or, in posts over 150 words, of sentences; ``fallback`` says so.

    Raises:
        Cancelled: ``cancel`` was set; looked at between windows, forwards and backwards.
    """
    post = encode_post(member.tokenizer, text)
    model = member.model
    device = model.head.weight.device
    batch = batch_posts([post], int(member.tokenizer.pad_token_id or 0), device)
    special = post.special_mask.bool().to(device)  # (windows, tokens)
    with torch.no_grad():
        embeddings = model.embed(batch.input_ids)  # (windows, tokens, width)
        masked = model.embed(torch.tensor([[_mask_id(member)]], device=device))
        baseline = torch.where(special[..., None], embeddings, masked)
    integral = integrate_gradients(
        _contrast_of_embeddings(model, batch, labels.index(target), cancel),
        embeddings[None],
        baseline[None],
        steps_at_once=max(1, _TOKENS_AT_ONCE // special.numel()),
        max_steps=max(_LEAST_STEPS, MAX_STEPS // len(embeddings)),  # a long post costs more a step
    )
    scores = integral.scores.cpu().double()
    found = WordAttribution(
        target=target,
        method=METHOD,
        baseline=f"{_mask_token(member)} in place of every sub-word",
        words=sum_to_words(post, text, scores),
        relative_gap=integral.relative_gap,
        converged=integral.converged,
        special_score=float(scores[post.special_mask.bool()].sum()),
        output=integral.output,
        baseline_output=integral.baseline_output,
        steps=integral.steps,
    )
    if integral.converged:
        return found
    occluder = Occluder(member, text, post, masked[0, 0], labels.index(target), cancel)
    return fall_back(found, occluder.occlude())


def check_words(
    member: TextMember,
    text: str,
    labels: Sequence[str],
    found: WordAttribution,
    *,
    cancel: threading.Event | None = None,
) -> WordAttribution:
    """The explanation with its trust record; see ``judge_words``.

    Raises:
        Cancelled: ``cancel`` was set; looked at between windows.
    """
    post = encode_post(member.tokenizer, text)
    device = member.model.head.weight.device
    with torch.no_grad():
        masked = member.model.embed(torch.tensor([_mask_id(member)], device=device))[0]
    occluder = Occluder(member, text, post, masked, labels.index(found.target), cancel)
    return replace(found, trust=judge_words(found, occluder))


def fall_back(found: WordAttribution, occlusion: Occlusion) -> WordAttribution:
    """The scores of occlusion in place of gradients that do not add up."""
    return replace(
        found,
        method=f"occlusion of {occlusion.unit}s",
        baseline=found.baseline.replace("every sub-word", f"the sub-words of one {occlusion.unit}"),
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
    last = int(places.max())
    return tuple(
        WordScore(text[span.start : span.end], span.start, span.end, total)
        for span, total in zip(spans[: last + 1], totals, strict=False)
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


def _mask_id(member: TextMember) -> int:
    tokenizer = member.tokenizer
    chosen = tokenizer.mask_token_id
    return int(tokenizer.pad_token_id or 0) if chosen is None else int(chosen)


def _mask_token(member: TextMember) -> str:
    return str(member.tokenizer.mask_token or member.tokenizer.pad_token)
