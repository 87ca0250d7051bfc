"""Which words and emotions the emotion teacher's answer rests on."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import torch

from mhkd.analysis import EmotionAttribution, TrustThresholds, WordScore
from mhkd.explain.contrast import contrast
from mhkd.explain.integrate import METHOD, integrate_gradients
from mhkd.explain.orders import try_order
from mhkd.explain.trust import USUAL, Second, judge_order
from mhkd.limits import FEW_WORDS
from mhkd.models.emotion import EncodedWords, batch_words, encode_words, weigh_words
from mhkd.models.members import EmotionMember
from mhkd.models.parts import stop_if_cancelled

_STEPS_AT_ONCE = 8
_WORDS_AT_ONCE = 64


def explain_emotions(
    member: EmotionMember,
    text: str,
    labels: Sequence[str],
    target: str,
    emotions: Sequence[str],
    *,
    cancel: threading.Event | None = None,
) -> EmotionAttribution:
    """Integrated gradients on the emotion embeddings, per word and per emotion.

    The baseline is the zero vector for every word. A word's score is divided equally
    over the emotions that the lexicon gives it.

    Args:
        member: the emotion teacher.
        text: the post.
        labels: in the order of the logits.
        target: the label explained.
        emotions: all emotions of the lexicon, in the order of the result.
        cancel: looked at before each call of the model.

    Raises:
        Cancelled: ``cancel`` was set.
    """
    found = encode_words(member.vocabulary, text)
    model, place = member.model, labels.index(target)
    ids = batch_words([found], model.embedding.weight.device)
    weights = weigh_words(ids)  # (1, words)
    with torch.no_grad():
        embeddings = model.embed(ids)  # (1, words, width)

    def function(changed: torch.Tensor) -> torch.Tensor:  # (steps, words, width)
        stop_if_cancelled(cancel)
        return contrast(model.forward_embeddings(changed, weights.expand(len(changed), -1)), place)

    integral = integrate_gradients(
        function, embeddings, torch.zeros_like(embeddings), steps_at_once=_STEPS_AT_ONCE
    )
    scores = integral.scores[: found.words_read].double().tolist()
    shares = share_over_emotions(member, found, scores, emotions)
    return EmotionAttribution(
        target=target,
        method=METHOD,
        baseline="the zero vector for every word",
        words=tuple(
            WordScore(text[start:end], start, end, score)
            for (start, end), score in zip(found.offsets, scores, strict=True)
        ),
        emotions=shares,
        unlisted=sum(scores) - sum(shares.values()),
        word_emotions={
            word: member.word_emotions[word]
            for word in dict.fromkeys(found.words)
            if word in member.word_emotions
        },
        relative_gap=integral.relative_gap,
        converged=integral.converged,
        output=integral.output,
        baseline_output=integral.baseline_output,
        steps=integral.steps,
    )


def check_emotions(
    member: EmotionMember,
    text: str,
    labels: Sequence[str],
    found: EmotionAttribution,
    thresholds: TrustThresholds = USUAL,
) -> EmotionAttribution:
    """The explanation with its test: words taken away in its order, in random ones, and singly.

    Args:
        member, text, labels: as it was explained.
        found: the explanation.
        thresholds: from held-out posts, where the bundle carries them.

    Returns:
        Without a test for fewer than 5 words.
    """
    if len(found.words) < FEW_WORDS:
        return found
    ids = batch_words([encode_words(member.vocabulary, text)], member.model.embedding.weight.device)
    weights, place = weigh_words(ids), labels.index(found.target)

    def function(present: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            embeddings = member.model.embed(ids).expand(len(present), -1, -1)
            kept = weights * present.to(weights.device)
            return contrast(member.model.forward_embeddings(embeddings, kept), place).cpu()

    count, scores = len(found.words), [word.score for word in found.words]
    alone = torch.cat([function(rows) for rows in (1 - torch.eye(count)).split(_WORDS_AT_ONCE)])
    falls = (function(torch.ones(1, count)) - alone).tolist()
    trust = judge_order(
        try_order(function, scores),
        "word",
        thresholds,
        scores,
        Second("occlusion of words", falls),
        converged=found.converged,
    )
    return replace(found, trust=trust)


def share_over_emotions(
    member: EmotionMember, found: EncodedWords, scores: Sequence[float], emotions: Sequence[str]
) -> dict[str, float]:
    """Emotion → what its words contribute; a word's score is divided over its emotions."""
    shares = dict.fromkeys(emotions, 0.0)
    for word, score in zip(found.words, scores, strict=True):
        carried = member.word_emotions.get(word, ())
        for emotion in carried:
            shares[emotion] = shares.get(emotion, 0.0) + score / len(carried)
    return shares
