import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhkd.errors import Cancelled
from mhkd.explain.counterfactual import find_counterfactual, remove_spans
from mhkd.explain.words import explain_words
from mhkd.predictions import answer_text
from mhkd.text.spans import word_spans
from tests.tiny import LABELS, POST


def without(text, found):
    for word in reversed(found.removed):
        text = text[: word.start] + text[word.end :]
    return text


def label_of(member, text):
    return LABELS[int(answer_text(member, text).probabilities.argmax())]


def test_what_it_names_really_changes_the_answer(members):
    student = members.student
    explained = explain_words(student, POST, LABELS, LABELS[0])
    found = find_counterfactual(student, POST, LABELS, explained)
    assert found.label_before == label_of(student, POST)
    if found.removed:
        assert label_of(student, without(POST, found)) == found.label_after != found.label_before
        for place in range(len(found.removed)):
            kept = [w for i, w in enumerate(found.removed) if i != place]
            text = POST
            for word in reversed(kept):
                text = text[: word.start] + text[word.end :]
            if kept:
                assert label_of(student, text) == found.label_before
    else:
        assert found.label_after is None
    assert found.texts_read <= 2 * found.tried + 2


def test_it_can_stop(members):
    student = members.student
    explained = explain_words(student, POST, LABELS, LABELS[0])
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        find_counterfactual(student, POST, LABELS, explained, cancel=cancel)


@given(st.text(max_size=60), st.data())
def test_removing_spans_keeps_everything_else(text, data):
    spans = word_spans(text)
    removed = data.draw(st.sets(st.integers(0, max(0, len(spans) - 1)), max_size=len(spans)))
    removed = {place for place in removed if place < len(spans)}
    left = remove_spans(text, spans, removed)
    assert len(left) == len(text) - sum(spans[p].end - spans[p].start for p in removed)
    if not removed:
        assert left == text
