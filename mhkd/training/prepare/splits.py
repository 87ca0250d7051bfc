"""Columns that say how posts are split, and what could leak between the parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.model_selection import StratifiedKFold, train_test_split

SEED = 123
_NEAR = 0.9
_ROWS_AT_ONCE = 256


def split_as_notebooks(training: int) -> npt.NDArray[np.bool_]:
    """Which of the training rows the released notebooks train on: 90 of 100, not stratified.

    Source: 3M-Health's notebooks (numpy's old generator, seed 123).
    """
    order = np.random.RandomState(SEED).permutation(training)
    chosen = np.zeros(training, bool)
    chosen[order[: int(0.9 * training)]] = True
    return chosen


def split_stratified(labels: Sequence[str], *, held_out: float) -> npt.NDArray[np.bool_]:
    """The same with the shares of the labels kept; True where a row is trained on."""
    rows = np.arange(len(labels))
    _, chosen = train_test_split(rows, test_size=held_out, random_state=SEED, stratify=labels)
    kept = np.ones(len(labels), bool)
    kept[chosen] = False
    return kept


def number_folds(labels: Sequence[str], folds: int) -> npt.NDArray[np.int64]:
    """The fold that each row is held out in, shares of the labels kept, shape (rows,)."""
    places = np.zeros(len(labels), np.int64)
    splitter = StratifiedKFold(folds, shuffle=True, random_state=SEED)
    for fold, (_, held_out) in enumerate(splitter.split(labels, labels)):
        places[held_out] = fold
    return places


def group_authors(authors: Sequence[str]) -> list[str]:
    """A number in place of each name, in the order of their first posts."""
    numbers: dict[str, str] = {}
    return [
        numbers.setdefault(author.strip().lower(), f"a{len(numbers):04d}") for author in authors
    ]


def find_near_duplicates(texts: Sequence[str]) -> list[int | None]:
    """For each text the first earlier one that is nearly the same, or None.

    Nearly the same: cosine of the counts of character 5-grams of at least 0.9.
    """
    counter = HashingVectorizer(analyzer="char_wb", ngram_range=(5, 5), alternate_sign=False)
    vectors = counter.transform(texts).tocsr()  # rows of length 1
    found: list[int | None] = [None] * len(texts)
    for start in range(0, len(texts), _ROWS_AT_ONCE):
        block = vectors[start : start + _ROWS_AT_ONCE]
        near = (block @ vectors.T).tocoo()
        for row, other, cosine in zip(near.row, near.col, near.data, strict=True):
            place = start + int(row)
            if other < place and cosine >= _NEAR:
                found[place] = min(int(other), found[place] or int(other))
    return found
