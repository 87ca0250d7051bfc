import copy
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mhkd.errors import Cancelled
from mhkd.explain.counterfactual import _give_back as give_back
from mhkd.explain.counterfactual import find_counterfactual, remove_spans
from mhkd.explain.words import explain_words
from mhkd.predictions import answer_text
from mhkd.text.spans import word_spans
from tests.tiny import LABELS, POST


def without(text, removed):
    for word in sorted(removed, key=lambda word: -word.start):
        text = text[: word.start] + text[word.end :]
    return text


def label_of(member, text):
    return LABELS[int(answer_text(member, text).probabilities.argmax())]


LONG = " ".join(f"{POST} Day {day} was like the one before it." for day in range(40))


@pytest.mark.parametrize(("text", "unit"), [(POST, "word"), (LONG, "sentence")])
def test_what_it_names_really_changes_the_answer(members, text, unit):
    student = balance(members.student, text)
    explained = explain_words(student, text, LABELS, LABELS[0])
    found = find_counterfactual(student, text, LABELS, explained)
    assert found.unit == unit
    assert found.removed
    assert found.label_before == label_of(student, text)
    assert label_of(student, without(text, found.removed)) == found.label_after
    assert found.label_after != found.label_before
    for part in found.removed if len(found.removed) > 1 else ():
        others = [other for other in found.removed if other is not part]
        assert label_of(student, without(text, others)) == found.label_before
    assert found.texts_read <= 300 + found.tried + len(found.removed) ** 2 + 2 * found.tried


def test_a_single_word_is_found_whatever_its_score(members):
    student = balance(members.student, POST)
    explained = explain_words(student, POST, LABELS, LABELS[0])
    found = find_counterfactual(student, POST, LABELS, explained)
    assert found.alone
    spans, before = word_spans(POST), label_of(student, POST)
    single = [s for s in spans if label_of(student, remove_spans(POST, [s], {0})) != before]
    assert len(found.removed) == 1 if single else len(found.removed) != 1
    turned = replace(explained, words=tuple(replace(w, score=-w.score) for w in explained.words))
    other = find_counterfactual(student, POST, LABELS, turned)
    if single:
        assert [w.text for w in other.removed] == [w.text for w in found.removed]


@given(st.sets(st.integers(1, 2**6 - 1)), st.permutations(range(6)))
def test_none_of_what_is_left_can_be_given_back(changing, order):
    """Any answers whatever, also such as change back when more is taken away."""
    asked = Answers({*changing, 2**6 - 1})
    kept = give_back(asked, order, label=0)
    assert asked.changes(kept)
    assert len(kept) == 1 or not any(asked.changes(set(kept) - {place}) for place in kept)


class Answers:
    """Says label 1 for the sets of places, written as bits, that change the answer."""

    def __init__(self, changing):
        self.changing = changing

    def changes(self, places):
        return sum(2**place for place in places) in self.changing

    def answer(self, removals):
        return np.array([[0.0, 1.0] if self.changes(r) else [1.0, 0.0] for r in removals])


def balance(student, text):
    """The student with its head moved so that the answer is as near as may be."""
    near = copy.deepcopy(student)
    with torch.no_grad():
        logits = torch.log(torch.tensor(answer_text(near, text).probabilities))
        label = int(logits.argmax())
        lead = (logits[label] - logits[1 - label]).item() * near.temperature
        near.model.head.bias[label] -= lead - 1e-4
    return near


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
