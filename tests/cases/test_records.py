"""What is kept of a case, and what is not."""

from __future__ import annotations

import json
from datetime import date

import pytest

from mhkd.cases.records import NEITHER, Judgement, make_case
from mhkd.cases.wordless import HIDDEN
from mhkd.errors import CaseError
from mhkd.limits import MAX_NOTE_CHARS
from mhkd.post import Post
from tests.app.example_analysis import build_analysis
from tests.cases.making import NOW, new_case


def test_numbers_are_kept_and_no_word() -> None:
    post = Post("Xylophone quagmire zeppelin. I feel like a burden and tired.")
    new = make_case(build_analysis(post), Judgement("suicide"), id="a", now=NOW)
    told = json.dumps(new.analysis).lower()
    for word in ("xylophone", "quagmire", "zeppelin", "burden", "tired"):
        assert word not in told
    attributions = new.analysis["attributions"]
    assert attributions["student"]["words"] is None
    assert attributions["student"]["relative_gap"] == pytest.approx(0.012)
    assert attributions["emotion"]["emotions"]["sadness"] == pytest.approx(0.31)
    assert len(attributions["audio"]["segments"]) == 20
    assert new.analysis["predictions"]["student"]["probabilities"]["suicide"] == 0.78
    assert new.case.text is None


def test_with_a_text_only_its_words_are_kept() -> None:
    post = Post("Wilhelmina says I am a burden to jo@example.org today")
    text = "[name] says I am a burden to [e-mail] today"
    new = make_case(build_analysis(post), Judgement("suicide"), id="a", text=text, now=NOW)
    words = new.analysis["attributions"]["student"]["words"]
    assert [word["text"] for word in words] == [
        HIDDEN, "says", "I", "am", "a", "burden", "to", HIDDEN, "today",
    ]  # fmt: skip
    assert all(word["start"] is None and word["end"] is None for word in words)
    assert "ilhelmina" not in json.dumps(new.analysis)
    assert "tired" not in new.analysis["attributions"]["emotion"]["word_emotions"]
    assert new.analysis["attributions"]["emotion"]["word_emotions"]["burden"] == ["sadness"]


def test_places_are_those_of_the_kept_text_and_marks_are_kept() -> None:
    post = Post("Wilhelmina says I am a burden to jo@example.org today")
    text = "[name] says I am a burden to [e-mail] today"
    new = make_case(
        build_analysis(post), Judgement("suicide"), id="a", text=text, post=post.text, now=NOW
    )
    words = new.analysis["attributions"]["student"]["words"]
    assert [word["text"] for word in words if word["start"] is None] == [HIDDEN, HIDDEN]
    placed = [word for word in words if word["start"] is not None]
    assert [text[word["start"] : word["end"]] for word in placed] == [w["text"] for w in placed]
    assert "ilhelmina" not in json.dumps(new.analysis)
    assert new.analysis["attributions"]["audio"]["checks"]["trust"]["mark"] == "holds"
    bare = make_case(build_analysis(post), Judgement("suicide"), id="a", post=post.text, now=NOW)
    assert bare.analysis["attributions"]["student"]["words"] is None
    assert "says" not in json.dumps(bare.analysis)


def test_retention_ends_on_a_day_and_the_note_is_cleaned() -> None:
    new = new_case(NEITHER, note="rang 07700 900123\0", retention_days=30)
    assert new.case.expires_on == date(2026, 12, 24)
    assert new.case.judgement.note == "rang [phone] "


@pytest.mark.parametrize(
    ("label", "note"), [("depressed", ""), ("", ""), ("suicide", "x" * (MAX_NOTE_CHARS + 1))]
)
def test_what_can_not_be_kept_is_refused(label: str, note: str) -> None:
    with pytest.raises(CaseError):
        new_case(label, note=note)
