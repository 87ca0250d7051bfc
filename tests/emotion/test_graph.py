import math

import numpy as np
import pytest

from mhkd.emotion.graph import build_graph

TEXTS = ["cat dog", "cat dog", "cat bird", "fish"]
AUTHORS = ["a", "b", "c", "d"]


@pytest.fixture
def graph():
    return build_graph(TEXTS, AUTHORS, min_posts=1, min_authors=1, window=20, min_jaccard=0.2)


def undo_normalisation(graph):
    """Gives A + I back: every entry times the root of its row's and column's degree."""
    normal = graph.adjacency.toarray()
    nodes = len(normal)
    diagonal = np.sqrt(1 / np.diag(normal))
    return normal * diagonal[:, None] * diagonal[None, :] - np.eye(nodes)


def test_edges_are_those_of_a_hand_worked_case(graph):
    assert graph.words == ("bird", "cat", "dog", "fish")
    edges = undo_normalisation(graph)
    bird, cat, dog, fish = (4 + place for place in range(4))
    # Four windows; cat in 3, dog in 2, both in 2: ln(2·4 / (3·2)).
    assert edges[cat, dog] == pytest.approx(math.log(8 / 6))
    assert edges[cat, bird] == pytest.approx(math.log(4 / 3))
    assert edges[bird, dog] == 0
    # TF-IDF of fish in the fourth post: 1 × ln(4 / 1).
    assert edges[3, fish] == pytest.approx(math.log(4))
    # Jaccard: the first two posts are alike, the third shares one word of three.
    assert edges[0, 1] == pytest.approx(1)
    assert edges[0, 2] == pytest.approx(1 / 3)
    assert edges[0, 3] == 0


def test_the_graph_is_symmetric_and_normalised(graph):
    normal = graph.adjacency.toarray()
    assert np.allclose(normal, normal.T)
    assert np.linalg.eigvalsh(normal).max() == pytest.approx(1)


def test_words_of_one_author_are_not_kept():
    texts = ["mine alone", "mine alone", "ours", "ours"]
    graph = build_graph(
        texts, ["a", "a", "b", "c"], min_posts=2, min_authors=2, window=20, min_jaccard=0.2
    )
    assert graph.words == ("ours",)


def test_a_window_limits_what_occurs_together():
    text = "first " + " ".join(f"word{'abcdefghij'[i]}" for i in range(10)) + " last"
    wide = build_graph([text], ["a"], min_posts=1, min_authors=1, window=20, min_jaccard=0.2)
    narrow = build_graph([text], ["a"], min_posts=1, min_authors=1, window=3, min_jaccard=0.2)
    first, last = (1 + narrow.words.index(word) for word in ("first", "last"))
    near = 1 + narrow.words.index("worda")
    assert narrow.adjacency[first, last] == 0
    assert narrow.adjacency[first, near] > 0
    assert wide.words == narrow.words
