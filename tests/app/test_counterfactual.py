from app.counterfactual import say_counterfactual
from mhkd.analysis import Counterfactual, WordScore
from tests.app.example_analysis import SOURCES


def make(count=2, tried=5):
    removed = tuple(WordScore("secret", 7 * i, 7 * i + 6, 0.3) for i in range(count))
    return Counterfactual(
        unit="word",
        removed=removed,
        label_before="suicide",
        label_after="depression" if count else None,
        probability_before=0.78,
        probability_after=0.41 if count else None,
        tried=tried,
        texts_read=9,
    )


def test_it_says_how_many_and_how_far_but_not_which():
    told = say_counterfactual(make(), SOURCES)
    assert told.startswith("Without these 2 words the post would resemble posts from r/depression")
    assert "0.78" in told
    assert "0.41" in told
    assert "secret" not in told
    assert "this word" in say_counterfactual(make(1), SOURCES)


def test_none_is_an_answer_too():
    assert "up to 5 words" in say_counterfactual(make(0), SOURCES)
    assert "up to 1 word that" in say_counterfactual(make(0, 1), SOURCES)
    assert say_counterfactual(make(0, 0), SOURCES).startswith("No word can be taken away")
