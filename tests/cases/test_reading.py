"""What was kept of an analysis is read as it was, and what was not is named."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from mhkd.analysis import Analysis, Counterfactual, Fidelity, WordScore, WordTrust
from mhkd.cases.reading import KeptAnalysis, LostWords, read_kept
from mhkd.cases.wordless import keep_words_of
from mhkd.errors import CaseError
from mhkd.post import Post
from mhkd.text.deidentify import deidentify
from tests.app.example_analysis import TEXT, build_analysis

POST = Post("I am a burden, write to jo@example.org. I am so tired.")
TRUST = WordTrust(
    "word", 0.9, 0.2, 0.1, 0.4, "occlusion", 0.7, 0.6, "caution", ("methods_disagree",), (0.1, 0.2)
)


def _with_trust(analysis: Analysis) -> Analysis:
    given = analysis.attributions
    assert given.student is not None and given.emotion is not None
    return replace(
        analysis,
        attributions=replace(
            given,
            student=replace(given.student, trust=TRUST, masked=given.student.words),
            emotion=replace(given.emotion, trust=TRUST),
        ),
    )


def _keep(
    analysis: Analysis, text: str | None, post: str | None, change: Any = None
) -> KeptAnalysis:
    plain = json.loads(json.dumps(keep_words_of(analysis, text, post=post)))
    if change is not None:
        change(plain)
    return read_kept(plain, text)


def test_a_text_that_was_not_changed_gives_the_analysis_back() -> None:
    analysis = _with_trust(build_analysis())
    kept = _keep(analysis, TEXT, TEXT)
    assert kept.analysis == analysis
    assert (kept.lost, kept.absent) == ({}, ())


def test_a_whole_analysis_by_models_comes_back(whole: Analysis) -> None:
    from tests.analysed import TEXT as POSTED

    kept = _keep(whole, POSTED, POSTED)
    assert kept.analysis == whole
    assert not kept.lost


def test_words_stand_in_the_text_that_was_kept() -> None:
    text = deidentify(POST.text).text
    kept = _keep(_with_trust(build_analysis(POST)), text, POST.text)
    found = kept.analysis.attributions.student
    assert found is not None
    assert [word.text for word in found.words] == [
        "I", "am", "a", "burden,", "write", "to", "I", "am", "so", "tired.",
    ]  # fmt: skip
    assert all(text[word.start : word.end] == word.text for word in found.words)
    lost = kept.lost["student"]
    assert (lost.why, lost.count, lost.of) == ("taken_out", 1, 11)
    assert 0 <= lost.share < 1
    assert found.masked == found.words
    assert found.trust == TRUST
    assert kept.analysis.attributions.emotion is not None
    assert kept.analysis.attributions.emotion.trust == TRUST
    assert not kept.absent


def test_without_a_text_the_numbers_and_marks_remain() -> None:
    kept = _keep(_with_trust(build_analysis(POST)), None, POST.text)
    analysis = kept.analysis
    found = analysis.attributions.student
    assert found is not None
    assert found.words == found.masked == ()
    assert found.trust == TRUST
    assert analysis.predictions == build_analysis(POST).predictions
    assert analysis.teacher_contributions == build_analysis(POST).teacher_contributions
    assert analysis.attributions.emotion is not None
    assert analysis.attributions.emotion.word_emotions == {}
    assert kept.lost["student"] == LostWords("not_kept", 0, 0, 1.0)


def test_words_without_places_are_not_placed_by_guess() -> None:
    kept = _keep(build_analysis(), TEXT, None)
    assert kept.lost["text"].why == "no_places"
    assert kept.analysis.attributions.text is not None
    assert kept.analysis.attributions.text.words == ()


@pytest.mark.parametrize("shift", [1, -3, 10_000])
def test_one_place_that_does_not_hold_its_word_and_none_is_trusted(shift: int) -> None:
    def move(plain: Any) -> None:
        word = plain["attributions"]["student"]["words"][4]
        word["start"] += shift
        word["end"] += shift

    kept = _keep(build_analysis(), TEXT, TEXT, move)
    assert kept.lost["student"].why == "unfit"
    assert kept.analysis.attributions.student is not None
    assert kept.analysis.attributions.student.words == ()
    assert "text" not in kept.lost


def _with_fidelity(analysis: Analysis) -> Analysis:
    given = analysis.attributions
    assert given.student is not None and given.emotion is not None and given.audio is not None
    both, one = Fidelity(0.02, 0.1, 20, 0.08, 3, 0.05), Fidelity(0.03, 0.1, 20, None, 0, 0.0)
    more = replace(
        given,
        student=replace(given.student, fidelity=both),
        emotion=replace(given.emotion, fidelity=both),
        audio=replace(given.audio, fidelity=one),
    )
    return replace(analysis, attributions=more)


@pytest.mark.parametrize("text", [TEXT, None])
def test_what_was_measured_comes_back(text: str | None) -> None:
    analysis = _with_fidelity(build_analysis())
    kept = _keep(analysis, text, TEXT)
    for model in ("student", "text", "emotion", "audio"):
        back = getattr(kept.analysis.attributions, model)
        assert back.fidelity == getattr(analysis.attributions, model).fidelity
    assert not kept.absent


def test_a_case_from_before_it_could_be_measured_is_read() -> None:
    def age(plain: Any) -> None:
        for model in ("student", "text", "emotion", "audio"):
            del plain["attributions"][model]["fidelity"]
        del plain["attributions"]["student"]["masked"]

    kept = _keep(build_analysis(), TEXT, TEXT, age)
    assert kept.analysis == build_analysis() and not kept.absent


def test_all_words_taken_out() -> None:
    kept = _keep(build_analysis(POST), "[name]", POST.text)
    assert kept.lost["student"] == LostWords("taken_out", 11, 11, 1.0)


def _with_counterfactual(*words: str) -> Analysis:
    analysis, text = build_analysis(POST), POST.text
    at = [text.index(word) for word in words]
    removed = tuple(
        WordScore(word, i, i + len(word), 0.3) for word, i in zip(words, at, strict=True)
    )
    found = Counterfactual("word", removed, "suicide", "depression", 0.78, 0.41, 5, 9)
    return replace(analysis, attributions=replace(analysis.attributions, counterfactual=found))


def test_a_counterfactual_is_whole_or_without_words() -> None:
    text = deidentify(POST.text).text
    whole = _keep(_with_counterfactual("burden", "tired"), text, POST.text)
    part = _keep(_with_counterfactual("burden", "jo@example.org"), text, POST.text)
    found = whole.analysis.attributions.counterfactual
    assert found is not None and [word.text for word in found.removed] == ["burden", "tired"]
    left = part.analysis.attributions.counterfactual
    assert left is not None and left.removed == () and left.label_after == "depression"
    assert (part.lost["counterfactual"].why, part.lost["counterfactual"].count) == ("taken_out", 1)


def test_an_earlier_case_names_what_it_lacks() -> None:
    def age(plain: Any) -> None:
        for name in ("voices", "prediction_set"):
            del plain[name]
        del plain["contributions"]["student"]
        plain["contributions"]["teachers"] = {"target": "suicide"}
        plain["attributions"]["student"]["trust"] |= {"mark": "…", "reasons": ["…"]}
        del plain["attributions"]["counterfactual"]

    kept = _keep(_with_trust(build_analysis()), TEXT, TEXT, age)
    assert set(kept.absent) == {
        "voices", "prediction_set", "contributions.student", "contributions.teachers",
        "attributions.counterfactual", "attributions.student.trust",
    }  # fmt: skip
    assert kept.analysis.teacher_contributions is None
    assert kept.analysis.attributions.student is not None
    assert kept.analysis.attributions.student.trust is None
    assert kept.analysis.attributions.emotion is not None
    assert kept.analysis.attributions.emotion.trust == TRUST


@pytest.mark.parametrize("stored", [{}, {"predictions": None}, {"schema_version": "1.1"}])
def test_without_predictions_it_is_said(stored: dict[str, Any]) -> None:
    with pytest.raises(CaseError, match="can’t read"):
        read_kept(stored, None)


def test_what_was_stored_is_not_changed_by_reading() -> None:
    plain = keep_words_of(build_analysis(), None)
    before = json.dumps(plain)
    read_kept(plain, None)
    assert json.dumps(plain) == before
