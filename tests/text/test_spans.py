"""Words and sentences cover a post once, and scores keep their sum."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mhkd.analysis import WordScore
from mhkd.text.spans import sentence_spans, sum_to_sentences, word_spans


def _score(text: str) -> tuple[WordScore, ...]:
    spans = word_spans(text)
    return tuple(
        WordScore(text[span.start : span.end], span.start, span.end, (-1) ** place * place / 7)
        for place, span in enumerate(spans, start=1)
    )


def test_sentences_cover_every_word_once() -> None:
    text = "One. Two two!\nThree… four?  Five"
    told = [text[span.start : span.end] for span in sentence_spans(text)]
    assert told == ["One.", "Two two!", "Three…", "four?", "Five"]
    many = "So it goes. " * 500
    spans = sentence_spans(many)
    assert len(spans) <= 60
    assert "".join(many[s.start : s.end] for s in spans).replace(" ", "") == many.replace(" ", "")
    assert len(word_spans(many)) == 1500


def test_a_sentence_has_the_sum_of_its_words() -> None:
    text = "One two. Three."
    found = sum_to_sentences(_score(text), text)
    assert [part.text for part in found] == ["One two.", "Three."]
    assert [part.score for part in found] == pytest.approx([-1 / 7 + 2 / 7, -3 / 7])


def test_what_was_not_read_has_no_sentence() -> None:
    text = "One two. Three four. Five."
    assert [part.text for part in sum_to_sentences(_score(text)[:3], text)] == [
        "One two.",
        "Three four.",
    ]


@given(st.text(alphabet="ab .!?…\n\u200b\U0001f642", max_size=200))
def test_nothing_is_lost_in_any_text(text: str) -> None:
    words = _score(text)
    assume(words)
    found = sum_to_sentences(words, text)
    assert sum(part.score for part in found) == pytest.approx(sum(word.score for word in words))
    assert all(part.text == text[part.start : part.end] for part in found)
    assert all(first.end <= second.start for first, second in zip(found, found[1:], strict=False))
