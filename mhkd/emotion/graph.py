"""The emotion graph of MM-EMOG: posts and words as nodes.

Edges: word–word by positive pointwise mutual information in sliding windows,
post–word by TF-IDF, post–post by Jaccard overlap of their words.

Source: Cabral, Han, Poon, Nenadic, MM-EMOG, Robotics 13(3), 2024, section 3.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import scipy.sparse as sparse

from mhkd.emotion.words import split_words


@dataclass(frozen=True, eq=False)
class EmotionGraph:
    """A graph with the posts as nodes 0 … posts − 1 and the words after them.

    Attributes:
        words: vocabulary, sorted.
        post_words: for each post its words that are in the vocabulary, in order.
        adjacency: ``D^-1/2 (A + I) D^-1/2``, shape (nodes, nodes).
    """

    words: tuple[str, ...]
    post_words: tuple[tuple[str, ...], ...]
    adjacency: sparse.csr_matrix


def build_graph(
    texts: Sequence[str],
    authors: Sequence[str],
    *,
    min_posts: int,
    min_authors: int,
    window: int,
    min_jaccard: float,
) -> EmotionGraph:
    """Builds the graph over training posts.

    Args:
        texts, authors: of equal length.
        min_posts, min_authors: a word is kept if it occurs in that many posts of
            that many authors, so that no one's own words are stored.
        window: words in a sliding window, stride 1; a shorter post is one window.
        min_jaccard: posts with a larger overlap of words are joined.
    """
    spoken = [[word.text for word in split_words(text)] for text in texts]
    words = _choose_words(spoken, authors, min_posts, min_authors)
    row = {word: place for place, word in enumerate(words)}
    posts = [[row[word] for word in post if word in row] for post in spoken]
    return EmotionGraph(
        tuple(words),
        tuple(tuple(words[place] for place in post) for post in posts),
        connect_posts(posts, len(words), window=window, min_jaccard=min_jaccard),
    )


def connect_posts(
    posts: Sequence[Sequence[int]], size: int, *, window: int, min_jaccard: float
) -> sparse.csr_matrix:
    """All edges, ``D^-1/2 (A + I) D^-1/2``, posts first and then the words.

    Args:
        posts: words of each post, as numbers below ``size``, in order.
    """
    mutual = _mutual_information(posts, size, window)
    counts = _count_words(posts, size)
    tf_idf = _weigh(counts)
    overlap = _jaccard(counts, min_jaccard)
    return _normalise(sparse.bmat([[overlap, tf_idf], [tf_idf.T, mutual]], format="csr"))


def _choose_words(
    spoken: Sequence[Sequence[str]], authors: Sequence[str], min_posts: int, min_authors: int
) -> list[str]:
    posts: Counter[str] = Counter()
    users: dict[str, set[str]] = {}
    for words, author in zip(spoken, authors, strict=True):
        for word in set(words):
            posts[word] += 1
            users.setdefault(word, set()).add(author)
    return sorted(w for w in posts if posts[w] >= min_posts and len(users[w]) >= min_authors)


def _mutual_information(
    posts: Sequence[Sequence[int]], size: int, window: int
) -> sparse.csr_matrix:
    """``PMI(i, j) = ln(W(i, j)·W / (W(i)·W(j)))`` over windows, kept where positive."""
    single: Counter[int] = Counter()
    pair: Counter[tuple[int, int]] = Counter()
    windows = 0
    for post in posts:
        for start in range(max(1, len(post) - window + 1)):
            inside = sorted(set(post[start : start + window]))
            windows += 1
            single.update(inside)
            pair.update(combinations(inside, 2))
    rows, columns, values = [], [], []
    for (i, j), both in pair.items():
        value = math.log(both * windows / (single[i] * single[j]))
        if value > 0:
            rows += [i, j]
            columns += [j, i]
            values += [value, value]
    return sparse.csr_matrix((values, (rows, columns)), shape=(size, size))


def _count_words(posts: Sequence[Sequence[int]], size: int) -> sparse.csr_matrix:
    rows = [place for place, post in enumerate(posts) for _ in post]
    columns = [word for post in posts for word in post]
    ones = np.ones(len(rows))
    return sparse.csr_matrix((ones, (rows, columns)), shape=(len(posts), size))


def _weigh(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """Raw count × ln(posts / posts with the word)."""
    in_posts = np.asarray((counts > 0).sum(0)).ravel()
    idf = np.log(counts.shape[0] / np.maximum(in_posts, 1))
    return (counts @ sparse.diags(idf)).tocsr()


def _jaccard(counts: sparse.csr_matrix, least: float) -> sparse.csr_matrix:
    present = (counts > 0).astype(np.float64)
    shared = (present @ present.T).tocoo()
    sizes = np.asarray(present.sum(1)).ravel()
    union = sizes[shared.row] + sizes[shared.col] - shared.data
    overlap = shared.data / np.maximum(union, 1)
    kept = (overlap > least) & (shared.row != shared.col)
    edges = (overlap[kept], (shared.row[kept], shared.col[kept]))
    return sparse.csr_matrix(edges, shape=shared.shape)


def _normalise(adjacency: sparse.csr_matrix) -> sparse.csr_matrix:
    """``D^-1/2 (A + I) D^-1/2``."""
    with_self = adjacency + sparse.identity(adjacency.shape[0], format="csr")
    degree = np.asarray(with_self.sum(1)).ravel()
    scale = sparse.diags(1.0 / np.sqrt(degree))
    return (scale @ with_self @ scale).tocsr()
