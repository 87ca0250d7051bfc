"""Which words and emotions the emotion teacher's answer rests on."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import torch

from mhkd.analysis import EmotionAttribution, Fidelity, TrustThresholds, WordScore
from mhkd.errors import InputError
from mhkd.explain.contrast import contrast
from mhkd.explain.fidelity import measure_fidelity
from mhkd.explain.integrate import METHOD, Integral, integrate_gradients
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
    reading = _Reading(member, text, labels.index(target), cancel)
    found, integral = reading.words, reading.integrate(reading.given)
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
    keep = _Reading(member, text, labels.index(found.target)).keep
    count, scores = len(found.words), [word.score for word in found.words]
    alone = torch.cat([keep(rows) for rows in (1 - torch.eye(count)).split(_WORDS_AT_ONCE)])
    falls = (keep(torch.ones(1, count)) - alone).tolist()
    trust = judge_order(
        try_order(keep, scores, [falls]),
        "word",
        thresholds,
        scores,
        Second("occlusion of words", falls),
        [] if found.converged else ["not_converged"],
    )
    return replace(found, trust=trust)


def measure_emotions(
    member: EmotionMember,
    text: str,
    labels: Sequence[str],
    found: EmotionAttribution,
    *,
    cancel: threading.Event | None = None,
) -> Fidelity:
    """Infidelity and sensitivity of an explanation; see ``measure_fidelity``.

    Args:
        member, text, labels: as it was explained.
        found: the explanation.
        cancel: looked at before each call of the model.

    Raises:
        InputError: the explanation is of another post.
        Cancelled: ``cancel`` was set.
    """
    reading = _Reading(member, text, labels.index(found.target), cancel)
    if [(word.start, word.end) for word in found.words] != list(reading.words.offsets):
        raise InputError("The explanation is of another post than the one given.")
    return measure_fidelity(reading.keep, [word.score for word in found.words], reading)


class _Reading:
    """A post as the model reads it: what gradients and taking words away both start from.

    Attributes:
        words: the words of the post that are known.
        given: their embeddings, shape (1, words, width).
    """

    def __init__(
        self, member: EmotionMember, text: str, target: int, cancel: threading.Event | None = None
    ) -> None:
        self.words = encode_words(member.vocabulary, text)
        self._model, self._target, self._cancel = member.model, target, cancel
        ids = batch_words([self.words], member.model.embedding.weight.device)
        self._weights = weigh_words(ids)  # (1, words)
        with torch.no_grad():
            self.given = member.model.embed(ids)

    def integrate(self, given: torch.Tensor) -> Integral:
        """Gradients along the path from zero vectors to embeddings such as the post's."""
        return integrate_gradients(
            lambda changed: self._answer(changed, self._weights.expand(len(changed), -1)),
            given,
            torch.zeros_like(given),
            steps_at_once=_STEPS_AT_ONCE,
        )

    def explain(self, given: torch.Tensor) -> torch.Tensor:
        """The scores of words for embeddings near the post's own, shape (1, words)."""
        return self.integrate(given).scores[None].double()

    @torch.no_grad()
    def keep(self, present: torch.Tensor) -> torch.Tensor:
        """The function explained, of which words are present, shape (rows, words) → (rows,)."""
        kept = self._weights * present.to(self._weights.device)
        return self._answer(self.given.expand(len(present), -1, -1), kept).cpu()

    def _answer(self, embeddings: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        stop_if_cancelled(self._cancel)
        return contrast(self._model.forward_embeddings(embeddings, weights), self._target)


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
