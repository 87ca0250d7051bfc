"""Word attributions: completeness, spans, dummies, an untouched model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis.strategies import one_of
from hypothesis.strategies import text as texts

from mhkd.errors import Cancelled
from mhkd.explain.contrast import contrast
from mhkd.explain.words import check_words, explain_words, sum_to_words
from mhkd.models.encoded import encode_post
from mhkd.models.members import Members, TextMember
from mhkd.models.text import batch_posts
from mhkd.text.spans import word_spans
from tests.cancelling import CancelAfter
from tests.tiny import LABELS, POST
from tests.unchanged import fingerprint

LONG = " ".join(f"Walk {number}: so tired, and good." for number in range(150))
AWKWARD = "I\x00feel\u00a0so (tired) — and\ud800 alone…\n\n  \u200bthe\tend!  "


def _member(members: Members, name: str) -> TextMember:
    return members.student if name == "student" else members.text


def _output(member: TextMember, text: str, target: int) -> float:
    post = encode_post(member.tokenizer, text)
    batch = batch_posts([post], int(member.tokenizer.pad_token_id), torch.device("cpu"))
    with torch.no_grad():
        return float(contrast(member.model(batch), target))


@pytest.mark.parametrize("name", ["student", "text"])
@pytest.mark.parametrize("text", [POST, LONG], ids=["one window", "four windows"])
def test_scores_add_up(members: Members, name: str, text: str) -> None:
    member = _member(members, name)
    found = explain_words(member, text, LABELS, "suicide")
    assert found.output == pytest.approx(_output(member, text, 1), abs=1e-3)
    if found.fallback:
        assert not found.converged
        return
    total = sum(word.score for word in found.words) + found.special_score
    change = found.output - found.baseline_output
    gap = abs(total - change) / max(abs(change), 0.1)
    assert gap == pytest.approx(found.relative_gap, abs=1e-4)
    assert found.converged and gap < 0.05


def test_the_tiny_student_converges(members: Members) -> None:
    assert explain_words(members.student, POST, LABELS, "suicide").converged


def test_the_other_label_gets_the_opposite(members: Members) -> None:
    one, other = (explain_words(members.student, POST, LABELS, label) for label in LABELS)
    assert [w.score for w in one.words] == pytest.approx([-w.score for w in other.words], abs=1e-5)


@pytest.mark.parametrize("text", [POST, LONG, AWKWARD], ids=["short", "long", "awkward"])
def test_spans_join_back(members: Members, text: str) -> None:
    found = explain_words(members.student, text, LABELS, "suicide")
    end = 0
    for word in found.words:
        assert word.text == text[word.start : word.end]
        assert word.start >= end
        end = word.end
    between = [text[a.end : b.start] for a, b in zip(found.words, found.words[1:], strict=False)]
    assert all(not part.replace("\x00", "").strip() for part in between)


def test_punctuation_belongs_to_its_word() -> None:
    words = [POST[span.start : span.end] for span in word_spans(POST)]
    assert words[3] == "tired," and words[-1] == "(calm)!"


def test_words_that_were_not_read_are_left_out(members: Members) -> None:
    post = encode_post(members.student.tokenizer, LONG)
    assert post.tokens_read < post.tokens_total
    found = explain_words(members.student, LONG, LABELS, "suicide")
    last_read = int(post.offsets.max())
    assert found.words[-1].start < last_read <= found.words[-1].end
    assert len(found.words) < len(word_spans(LONG))


def test_sub_words_are_added_up(members: Members) -> None:
    post = encode_post(members.student.tokenizer, POST)
    scores = torch.ones(post.input_ids.shape, dtype=torch.float64)
    counts = {word.text: word.score for word in sum_to_words(post, POST, scores)}
    assert counts["tired,"] == 2 and counts["(calm)!"] == 4 and counts["I"] == 1


def test_a_padding_token_is_a_dummy(members: Members) -> None:
    """The word is its own baseline, so nothing can fall on it."""
    text = "I feel [PAD] and alone"
    tokenizer = members.student.tokenizer
    post = encode_post(tokenizer, text)
    assert tokenizer.pad_token_id in post.input_ids
    scores = {
        w.text: w.score for w in explain_words(members.student, text, LABELS, "suicide").words
    }
    assert scores["[PAD]"] == 0.0
    assert scores["alone"] != 0.0


def test_special_tokens_keep_nothing(members: Members) -> None:
    assert explain_words(members.text, POST, LABELS, "suicide").special_score == 0.0


def test_the_same_post_gives_the_same_scores(members: Members) -> None:
    first, second = (explain_words(members.text, POST, LABELS, "suicide") for _ in range(2))
    assert first == second


def test_the_model_is_unchanged(members: Members) -> None:
    before = fingerprint(members.student.model)
    explain_words(members.student, POST, LABELS, "suicide")
    assert fingerprint(members.student.model) == before


def test_the_model_is_unchanged_after_an_error_in_the_backward_pass(members: Members) -> None:
    before = fingerprint(members.student.model)
    with pytest.raises(Cancelled):
        explain_words(members.student, LONG, LABELS, "suicide", cancel=CancelAfter(26))
    assert fingerprint(members.student.model) == before


@pytest.mark.parametrize("looks", [1, 4, 20, 22, 24, 26, 28])
def test_cancel_is_looked_at_forwards_and_backwards(members: Members, looks: int) -> None:
    """Four windows: five places of the path, then forwards and backwards through each step."""
    cancel = CancelAfter(looks)
    with pytest.raises(Cancelled):
        explain_words(members.student, LONG, LABELS, "suicide", cancel=cancel)
    assert cancel.looks == looks + 1


@given(text=one_of(texts(max_size=80), texts(max_size=8).map(lambda part: f"{part} so " * 150)))
@example(text="0 \U000f0000")  # the last word has no token
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_words_join_back_to_the_exact_text(members: Members, text: str) -> None:
    post = encode_post(members.student.tokenizer, text)
    if not post.tokens_read:
        return
    words = sum_to_words(post, text, torch.ones(post.input_ids.shape, dtype=torch.float64))
    parts, reached = [], 0
    for word in words:
        assert word.text == text[word.start : word.end]
        parts += [text[reached : word.start], word.text]
        reached = word.end
    assert "".join([*parts, text[reached:]]) == text
    spans = [(span.start, span.end) for span in word_spans(text)]
    found = [(word.start, word.end) for word in words]
    assert found == spans[: len(found)], "no word is left out"
    if post.tokens_read == post.tokens_total:
        assert len(found) == len(spans)


def test_another_baseline_is_compared(members: Members) -> None:
    found = explain_words(members.student, POST, LABELS, "suicide")
    checked = check_words(members.student, POST, LABELS, found)
    assert checked.words == found.words
    other = checked.other_baseline
    assert other is not None and other.steps <= 48
    assert other.rank_correlation is None or -1 <= other.rank_correlation <= 1


def test_outputs_are_bit_identical_after_explanations_also_interrupted(members: Members) -> None:
    member = members.text
    before = _output(member, POST, 1)
    explain_words(member, POST, LABELS, "suicide")
    with pytest.raises(Cancelled):
        explain_words(member, LONG, LABELS, "suicide", cancel=CancelAfter(10))
    assert _output(member, POST, 1) == before


def test_two_at_once_get_what_each_gets_alone(members: Members) -> None:
    cases = [(POST, "suicide"), ("The walk today was calm", "depression")]
    alone = [explain_words(members.student, *_given(case)) for case in cases]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda case: explain_words(members.student, *_given(case)), cases))
    assert together == alone


def _given(case: tuple[str, str]) -> tuple[str, tuple[str, ...], str]:
    return case[0], LABELS, case[1]
