import numpy as np
import torch

from mhkd.emotion.embedding import learn_embeddings, mark_emotions
from mhkd.emotion.graph import build_graph
from mhkd.emotion.lexicon import Lexicon

LEXICON = Lexicon("tiny", ("joy", "sadness"), {"glad": ("joy",), "low": ("sadness",)})


def make_graph():
    texts = ["glad sunny day"] * 20 + ["low rainy night"] * 20
    return build_graph(
        texts, [str(i) for i in range(40)], min_posts=1, min_authors=1, window=20, min_jaccard=0.2
    )


def learn(graph, seed=0):
    features = torch.eye(len(graph.words))
    return learn_embeddings(
        graph, LEXICON, features, hidden=8, width=6, epochs=60, learning_rate=0.05, seed=seed
    )


def test_posts_and_lexicon_words_are_marked():
    graph = make_graph()
    marks = mark_emotions(graph, LEXICON)
    assert marks.shape == (40 + len(graph.words), 2)
    assert marks[0].tolist() == [1, 0]
    assert marks[-1 - graph.words[::-1].index("low")].tolist() == [0, 1]
    assert np.isnan(marks[40 + graph.words.index("sunny")]).all()


def test_the_graph_learns_the_emotions_and_repeats_itself():
    graph = make_graph()
    learned = learn(graph)
    assert learned.held_out_f1 == 1.0
    assert torch.equal(learned.vectors, learn(graph).vectors)


def test_words_outside_the_lexicon_take_the_emotion_of_their_company():
    graph = make_graph()
    vectors = torch.nn.functional.normalize(learn(graph).vectors, dim=-1)
    row = {word: vectors[place] for place, word in enumerate(graph.words)}
    assert row["sunny"] @ row["glad"] > row["sunny"] @ row["low"]
    assert row["rainy"] @ row["low"] > row["rainy"] @ row["glad"]
