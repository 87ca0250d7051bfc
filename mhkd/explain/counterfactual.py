"""What would have to go for the answer to change: the smallest set of words or sentences found.

Unlike an occlusion the post is really shortened and read anew, so that what is asked is a
text that somebody could have written.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
import torch

from mhkd.analysis import Counterfactual, WordAttribution, WordScore
from mhkd.explain.occlude import Unit
from mhkd.limits import MAX_OCCLUDED_SENTENCES, MAX_OCCLUDED_WORDS, MAX_REMOVED_UNITS
from mhkd.models.encoded import encode_post
from mhkd.models.members import TextMember
from mhkd.models.parts import stop_if_cancelled
from mhkd.models.text import batch_posts
from mhkd.text.spans import Span, sentence_spans, sum_to_spans, word_spans

_AT_ONCE = 4


def find_counterfactual(
    member: TextMember,
    text: str,
    labels: Sequence[str],
    explained: WordAttribution,
    *,
    cancel: threading.Event | None = None,
) -> Counterfactual:
    """Takes the strongest words for the answer away until it changes, then gives back what it can.

    Words in posts up to 150 words, else sentences; at most 20 and never all of them. Each is
    removed alone first, whatever its score (of sentences up to 60). Sets of several follow the
    order of the explanation, so that they are small but not proven the smallest; none of their
    members can be given back without the old answer.
    Source: Martens and Provost, Explaining Data-Driven Document Classifications, MIS
    Quarterly 2014 (SEDC).

    Args:
        explained: an explanation of this member's answer, for any label.

    Raises:
        Cancelled: ``cancel`` was set; looked at before each few texts.
    """
    words = word_spans(text)
    unit: Unit = "word" if len(words) <= MAX_OCCLUDED_WORDS else "sentence"
    spans = words if unit == "word" else sentence_spans(text)
    asked = _Asked(member, text, spans, cancel)
    before = asked.answer([()])[0]
    label = int(before.argmax())
    scores = _scores_for(labels[label], explained, sum_to_spans(explained.words, spans), labels)
    order = [place for place in np.argsort(-np.array(scores)).tolist() if scores[place] > 0]
    order = order[: min(MAX_REMOVED_UNITS, len(spans) - 1)]
    alone = 1 < len(spans) <= (MAX_OCCLUDED_WORDS if unit == "word" else MAX_OCCLUDED_SENTENCES)
    removed = _single_change(asked, len(spans), label) if alone else []
    if not removed:
        removed = _give_back(asked, _first_change(asked, order, label), label)
    after = asked.answer([tuple(removed)])[0] if removed else before
    return Counterfactual(
        unit=unit,
        removed=tuple(
            WordScore(text[spans[p].start : spans[p].end], spans[p].start, spans[p].end, scores[p])
            for p in sorted(removed)
        ),
        label_before=labels[label],
        label_after=labels[int(after.argmax())] if removed else None,
        probability_before=float(before[label]),
        probability_after=float(after[label]) if removed else None,
        tried=len(order),
        texts_read=asked.read,
        alone=alone,
    )


def remove_spans(text: str, spans: Sequence[Span], removed: Collection[int]) -> str:
    """The text without some of its spans; what stood between them stays."""
    parts, reached = [], 0
    for place in sorted(removed):
        parts.append(text[reached : spans[place].start])
        reached = spans[place].end
    return "".join([*parts, text[reached:]])


class _Asked:
    """The member's answers to the post without some spans."""

    def __init__(
        self,
        member: TextMember,
        text: str,
        spans: Sequence[Span],
        cancel: threading.Event | None,
    ) -> None:
        self._member, self._text, self._spans, self._cancel = member, text, spans, cancel
        self.read = 0

    def answer(self, removals: Sequence[Collection[int]]) -> npt.NDArray[np.float64]:
        """Calibrated probabilities, shape (removals, classes)."""
        found = []
        for start in range(0, len(removals), _AT_ONCE):
            stop_if_cancelled(self._cancel)
            chosen = removals[start : start + _AT_ONCE]
            found.append(self._ask([remove_spans(self._text, self._spans, r) for r in chosen]))
            self.read += len(chosen)
        return np.concatenate(found)

    def _ask(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        member = self._member
        posts = [encode_post(member.tokenizer, text) for text in texts]
        device = member.model.head.weight.device
        batch = batch_posts(posts, int(member.tokenizer.pad_token_id or 0), device)
        with torch.inference_mode():
            logits = member.model(batch).double() / member.temperature
        probabilities: npt.NDArray[np.float64] = logits.softmax(-1).cpu().numpy()
        return probabilities


def _single_change(asked: _Asked, count: int, label: int) -> list[int]:
    """The one whose absence changes the answer most, of those that change it at all."""
    answers = asked.answer([(place,) for place in range(count)])
    change = [place for place in range(count) if int(answers[place].argmax()) != label]
    return [min(change, key=lambda place: float(answers[place][label]))] if change else []


def _first_change(asked: _Asked, order: Sequence[int], label: int) -> list[int]:
    for start in range(0, len(order), _AT_ONCE):
        sizes = range(start + 1, min(start + _AT_ONCE, len(order)) + 1)
        answers = asked.answer([tuple(order[:size]) for size in sizes])
        for size, answer in zip(sizes, answers, strict=True):
            if int(answer.argmax()) != label:
                return list(order[:size])
    return []


def _give_back(asked: _Asked, removed: Sequence[int], label: int) -> list[int]:
    """Gives back one after another, again from the first as long as one could be."""
    kept, tried = list(removed), 0
    while len(kept) > 1 and tried < len(kept):
        *fewer, place = kept
        if int(asked.answer([tuple(fewer)])[0].argmax()) != label:
            kept, tried = fewer, 0
        else:
            kept, tried = [place, *fewer], tried + 1
    return kept


def _scores_for(
    label: str, explained: WordAttribution, scores: list[float], labels: Sequence[str]
) -> list[float]:
    """Scores for the label of the answer; with two labels those of the other one turned round."""
    if explained.target == label:
        return scores
    return [-score for score in scores] if len(labels) == 2 else [abs(score) for score in scores]
