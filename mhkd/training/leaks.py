"""What could let a model look better than it is: looked for before anything is trained.

Only counts are kept, no text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from mhkd.training.data import LabelledPosts

NEAR_DUPLICATE = 0.9
_REPEATED = 5
_PLACEHOLDERS = ("emptypost", "[removed]", "[deleted]", "nan", "none")
_ROWS_AT_ONCE = 512


def find_leaks(
    train: LabelledPosts, test: LabelledPosts, labels: Sequence[str], sources: Mapping[str, str]
) -> dict[str, Any]:
    """Counts of posts, by kind of leak.

    Args:
        labels: in the order of the posts' label numbers.
        sources: label → where its posts come from, such as ``r/depression``.

    Returns:
        ``placeholder_bodies`` and ``label_words`` by label over both parts;
        ``repeated_lines``, posts that share a line with at least four others;
        ``identical`` and ``near_duplicates`` (cosine of character 5-grams of at least 0.9)
        inside the training part and across both; ``authors_on_both_sides`` with the test
        posts by them, both None where no author is known.
    """
    texts, truth = (*train.texts, *test.texts), np.concatenate([train.labels, test.labels])
    shared = set(train.groups) & set(test.groups) if _know_authors(train, test) else None
    within, across = _count_near(train.texts, test.texts)
    named = {label: _naming(label, sources.get(label, "")) for label in labels}
    return {
        "placeholder_bodies": _by_label(map(_has_placeholder, texts), truth, labels),
        "repeated_lines": _count_repeated(texts),
        "identical": {
            "within_train": len(train.texts) - len(set(train.texts)),
            "across": sum(text in set(train.texts) for text in test.texts),
        },
        "near_duplicates": {"within_train": within, "across": across},
        "authors_on_both_sides": None if shared is None else len(shared),
        "test_posts_by_them": None
        if shared is None
        else sum(group in shared for group in test.groups),
        "label_words": {
            label: _by_label((bool(found.search(text)) for text in texts), truth, labels)
            for label, found in named.items()
        },
    }


def find_clean(train: LabelledPosts, test: LabelledPosts) -> dict[str, npt.NDArray[np.bool_]]:
    """Test posts without a tie to the training part, by kind of tie; each of shape (test posts,).

    ``author_disjoint``: by nobody who wrote a training post; absent where no author is known.
    ``no_near_duplicates``: unlike every training post and every earlier test post (cosine of
    character 5-grams below 0.9).
    """
    clean = {}
    if _know_authors(train, test):
        authors = set(train.groups)
        clean["author_disjoint"] = np.array([group not in authors for group in test.groups], bool)
    near = _find_near(train.texts, test.texts)[len(train.texts) :]
    return {**clean, "no_near_duplicates": ~near}


def tell_leaks(found: Mapping[str, Any]) -> list[str]:
    """The counts as lines for a person."""
    words = "; ".join(
        f"'{label}' named in {_tell(counts)}" for label, counts in found["label_words"].items()
    )
    identical, near = found["identical"], found["near_duplicates"]
    return [
        f"leaks: placeholder bodies: {_tell(found['placeholder_bodies'])}",
        f"leaks: identical posts: {identical['within_train']} in training, "
        f"{identical['across']} across; near duplicates: {near['within_train']} and "
        f"{near['across']}; posts with a line that recurs: {found['repeated_lines']}",
        f"leaks: authors on both sides: {_tell_authors(found)}",
        f"leaks: label words: {words}",
    ]


def _know_authors(*parts: LabelledPosts) -> bool:
    """A post whose author is not known stands for itself; see ``LabelledPosts.groups``."""
    return any(part.groups != part.ids for part in parts)


def _tell_authors(found: Mapping[str, Any]) -> str:
    if found["authors_on_both_sides"] is None:
        return "not known (no file tells who wrote what)"
    return f"{found['authors_on_both_sides']}, with {found['test_posts_by_them']} test posts"


def _tell(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {label}" for label, count in counts.items())


def _has_placeholder(text: str) -> bool:
    lines = [line.strip().lower() for line in text.splitlines() if line.strip()]
    return not lines or lines[-1] in _PLACEHOLDERS


def _count_repeated(texts: Sequence[str]) -> int:
    lines = [{line.strip().lower() for line in text.splitlines() if line.strip()} for text in texts]
    counts = Counter(line for found in lines for line in found)
    return sum(any(counts[line] >= _REPEATED for line in found) for found in lines)


def _count_near(train: Sequence[str], test: Sequence[str]) -> tuple[int, int]:
    vectors = _count_grams([*train, *test])
    known = vectors[: len(train)]
    within = across = 0
    for start, block in _blocks(vectors, known):
        for row, hits in enumerate(block, start):
            if row < len(train):
                within += bool(hits[:row].any())
            else:
                across += bool(hits.any())
    return within, across


def _find_near(train: Sequence[str], test: Sequence[str]) -> npt.NDArray[np.bool_]:
    """For each post, training part first, whether an earlier one is nearly identical."""
    vectors = _count_grams([*train, *test])
    return np.array(
        [
            hits[:row].any()
            for start, block in _blocks(vectors, vectors)
            for row, hits in enumerate(block, start)
        ],
        bool,
    )


def _count_grams(texts: Sequence[str]) -> csr_matrix:
    grams = TfidfVectorizer(analyzer="char", ngram_range=(5, 5))
    return grams.fit_transform([*texts, "none at all"])[:-1]


def _blocks(vectors: csr_matrix, known: csr_matrix) -> Iterator[tuple[int, npt.NDArray[np.bool_]]]:
    """Where rows of ``vectors`` are near those of ``known``, some rows at a time."""
    for start in range(0, vectors.shape[0], _ROWS_AT_ONCE):
        block = (vectors[start : start + _ROWS_AT_ONCE] @ known.T).toarray()
        yield start, block >= NEAR_DUPLICATE


def _naming(label: str, source: str) -> re.Pattern[str]:
    names = {label.replace("_", " "), source.removeprefix("r/")} - {""}
    return re.compile("|".join(rf"\b{re.escape(name)}\b" for name in sorted(names)), re.IGNORECASE)


def _by_label(
    found: Iterable[bool], truth: np.ndarray[Any, Any], labels: Sequence[str]
) -> dict[str, int]:
    hits = np.fromiter(found, bool)
    return {label: int((hits & (truth == place)).sum()) for place, label in enumerate(labels)}
