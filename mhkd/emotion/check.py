"""Does a lexicon know emotions? Held against comments whose emotions people have marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mhkd.emotion.lexicon import Lexicon
from mhkd.emotion.words import split_words
from mhkd.errors import InputError

_RESAMPLES = 1000


@dataclass(frozen=True)
class LexiconCheck:
    """How well the words' emotions predict those of whole comments.

    Attributes:
        emotions: that both the lexicon and the comments know, in the lexicon's order.
        f1: emotion → F1.
        macro_f1: their mean. interval: its 95 % bootstrap interval over comments.
        everywhere_f1: macro-F1 of marking every comment with every emotion.
        comments: number of comments.
        covered: share of them with a word of the lexicon.
    """

    emotions: tuple[str, ...]
    f1: Mapping[str, float]
    macro_f1: float
    interval: tuple[float, float]
    everywhere_f1: float
    comments: int
    covered: float


def choose_groups(
    lexicon: Lexicon, groups: Mapping[str, Sequence[str]], emotions: Sequence[str] | None
) -> dict[str, Sequence[str]]:
    """The groups of some emotions, so that two lexicons can be held against the same.

    Args:
        groups: emotion of the lexicon → labels gathered under it.
        emotions: those asked for; None for all.

    Raises:
        InputError: the lexicon or the comments don't know one of them.
    """
    if emotions is None:
        return dict(groups)
    both = [emotion for emotion in lexicon.emotions if emotion in groups]
    for emotion in emotions:
        if emotion not in both:
            raise InputError(
                f"'{emotion}' is not known to both; the lexicon '{lexicon.name}' and the comments "
                f"have {', '.join(both) or 'no emotion'} in common."
            )
    return {emotion: groups[emotion] for emotion in emotions}


def check_lexicon(
    lexicon: Lexicon,
    comments: Sequence[tuple[str, Sequence[str]]],
    groups: Mapping[str, Sequence[str]],
    *,
    seed: int = 0,
) -> LexiconCheck:
    """Marks each comment with the emotions of its words and compares that with people's marks.

    Args:
        comments: pairs of a text and the labels that people gave it.
        groups: emotion of the lexicon → labels gathered under it.
        seed: of the bootstrap.

    Raises:
        InputError: no comments, or no emotion in common.
    """
    emotions = tuple(emotion for emotion in lexicon.emotions if emotion in groups)
    if not emotions or not comments:
        raise InputError(
            f"The lexicon '{lexicon.name}' and the comments have no emotion in common; the "
            f"comments know {', '.join(groups)}."
        )
    found = [_mark(lexicon, text) for text, _ in comments]
    guess = np.array([[e in marked for e in emotions] for marked in found], int)
    truth = np.array(
        [[bool(set(groups[e]) & set(labels)) for e in emotions] for _, labels in comments], int
    )
    generator = np.random.default_rng(seed)
    drawn = [
        _macro_f1(truth[rows], guess[rows])
        for rows in generator.integers(0, len(truth), (_RESAMPLES, len(truth)))
    ]
    low, high = np.percentile(drawn, (2.5, 97.5))
    each = _f1(truth, guess)
    return LexiconCheck(
        emotions=emotions,
        f1=dict(zip(emotions, each.tolist(), strict=True)),
        macro_f1=float(each.mean()),
        interval=(float(low), float(high)),
        everywhere_f1=_macro_f1(truth, np.ones_like(truth)),
        comments=len(comments),
        covered=float(np.mean([bool(marked) for marked in found])),
    )


def _mark(lexicon: Lexicon, text: str) -> set[str]:
    return {emotion for word in split_words(text) for emotion in lexicon.words.get(word.text, ())}


def _macro_f1(truth: np.ndarray, guess: np.ndarray) -> float:
    return float(_f1(truth, guess).mean())


def _f1(truth: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """Of each emotion; scikit-learn takes a single one for the label of a binary task."""
    right = (truth & guess).sum(0)
    found: np.ndarray = 2 * right / np.maximum(truth.sum(0) + guess.sum(0), 1)
    return found
