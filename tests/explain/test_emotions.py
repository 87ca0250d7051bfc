"""Emotion attributions: completeness, sharing, unknown words."""

from __future__ import annotations

import threading

import pytest
import torch

from mhkd.errors import Cancelled
from mhkd.explain.emotions import explain_emotions
from mhkd.models.members import Members
from tests.tiny import EMOTIONS, LABELS, POST
from tests.unchanged import fingerprint


def test_scores_add_up(members: Members) -> None:
    found = explain_emotions(members.emotion, POST, LABELS, "suicide", EMOTIONS)
    total = sum(word.score for word in found.words)
    change = found.output - found.baseline_output
    assert abs(total - change) / max(abs(change), 0.1) == pytest.approx(
        found.relative_gap, abs=1e-5
    )
    assert found.converged
    assert sum(found.emotions.values()) + found.unlisted == pytest.approx(total)


def test_a_word_is_shared_equally_over_its_emotions(members: Members) -> None:
    found = explain_emotions(members.emotion, "so alone", LABELS, "suicide", EMOTIONS)
    (word,) = found.words
    assert (word.text, word.start, word.end) == ("alone", 3, 8)
    assert found.word_emotions == {"alone": ("sadness", "fear")}
    assert found.emotions["sadness"] == found.emotions["fear"] == pytest.approx(word.score / 2)
    assert found.emotions["joy"] == 0.0
    assert found.unlisted == pytest.approx(0.0)


def test_words_keep_their_spelling_and_place(members: Members) -> None:
    text = "TIRED… Good?"
    found = explain_emotions(members.emotion, text, LABELS, "suicide", EMOTIONS)
    assert [w.text for w in found.words] == ["TIRED", "Good"]
    assert all(w.text == text[w.start : w.end] for w in found.words)


def test_words_outside_the_lexicon_are_unlisted(members: Members) -> None:
    found = explain_emotions(members.emotion, "walk today", LABELS, "suicide", EMOTIONS)
    assert found.unlisted == pytest.approx(sum(w.score for w in found.words))
    assert set(found.emotions.values()) == {0.0}


def test_no_known_word(members: Members) -> None:
    found = explain_emotions(members.emotion, "xyzzy", LABELS, "suicide", EMOTIONS)
    assert found.words == ()
    assert found.unlisted == 0.0
    assert found.output == found.baseline_output


def test_a_word_without_embedding_is_a_dummy(members: Members) -> None:
    with torch.no_grad():
        rows = members.emotion.model.embedding.weight
        kept = rows[members.emotion.vocabulary["walk"]].clone()
        rows[members.emotion.vocabulary["walk"]] = 0
        try:
            found = explain_emotions(members.emotion, "walk alone", LABELS, "suicide", EMOTIONS)
        finally:
            rows[members.emotion.vocabulary["walk"]] = kept
    assert {w.text: w.score == 0.0 for w in found.words} == {"walk": True, "alone": False}


def test_the_model_is_unchanged_also_when_stopped(members: Members) -> None:
    before = fingerprint(members.emotion.model)
    explain_emotions(members.emotion, POST, LABELS, "suicide", EMOTIONS)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        explain_emotions(members.emotion, POST, LABELS, "suicide", EMOTIONS, cancel=cancel)
    assert fingerprint(members.emotion.model) == before
