"""The one page in plain words, and how labels beyond two are said and drawn."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from app import charts
from app.escape import build_findings
from app.figure_numbers import list_contributions, list_models, list_sound
from app.summary import say_set, summarise
from app.theme import contrast, label_colours
from app.wording import say_answer
from mhkd.analyser import Analyser, picture_sound
from mhkd.analysis import Attributions, Finding, Prediction, PredictionSet, Read, WordTrust
from mhkd.post import Post
from tests.app.example_analysis import SOURCES, build_analysis, build_recording
from tests.tiny import POST, build_tiny_bundle


def test_both_sides_are_named_from_words_and_teachers() -> None:
    found = summarise(build_analysis())
    assert found.toward.words[0] == "burden"
    assert found.toward.teachers == ("text teacher +10.0 points", "emotion teacher +2.0 points")
    assert found.against.teachers == ("audio teacher −4.7 points",)
    assert not set(found.toward.words) & set(found.against.words)
    assert "The sound is a synthesiser’s, made from the same text." in found.unread


def test_sides_turn_with_the_label() -> None:
    whole = build_analysis()
    contributions = whole.teacher_contributions
    assert contributions is not None
    turned = replace(whole, teacher_contributions=replace(contributions, target="depression"))
    assert summarise(turned).against.teachers == summarise(whole).toward.teachers


def test_words_wait_and_fail_in_words() -> None:
    bare = replace(build_analysis(), attributions=Attributions())
    assert summarise(bare).words_fail == "Being looked for …"
    assert summarise(bare).toward.words == ()


def test_words_whose_methods_disagree_come_with_a_warning() -> None:
    whole = build_analysis()
    found = whole.attributions.student
    assert found is not None and summarise(whole).caution is None
    doubted = replace(
        found,
        trust=WordTrust(
            "word", 1.5, 0.2, 0.1, 0.6, "occlusion", 0.1, 0.2, "caution", ("methods_disagree",)
        ),
    )
    told = summarise(
        replace(whole, attributions=replace(whole.attributions, student=doubted))
    ).caution
    assert told == "The words are to be taken with care: the two methods disagree."


def test_what_was_cut_is_told() -> None:
    whole = build_analysis()
    cut = replace(whole, read={**whole.read, "student": Read(2000, 1024)})
    assert summarise(cut).unread[0] == "The student read 1,024 of 2,000 tokens."


@pytest.mark.parametrize(
    ("labels", "ordered", "expected"),
    [
        (("suicide",), False, "At 90 % only r/SuicideWatch remains"),
        (("depression", "suicide"), False, "not decided: r/depression or r/SuicideWatch"),
        (("low", "mid", "high"), True, "not decided: from low to high"),
        (("low", "mid", "high"), False, "not decided: low, mid or high"),
    ],
)
def test_sets_of_labels(labels: tuple[str, ...], ordered: bool, expected: str) -> None:
    told = say_set(PredictionSet(labels, 0.9, 506), SOURCES, ordered=ordered, decided=True)
    assert told is not None and expected in told
    assert say_set(None, SOURCES, ordered=ordered, decided=True) is None


def test_a_set_of_one_label_does_not_decide_a_close_post() -> None:
    told = say_set(PredictionSet(("suicide",), 0.9, 506), SOURCES, ordered=False, decided=False)
    assert told is not None and "does not decide a post as close as this one" in told
    assert "remains" not in told


def test_findings_that_leave_the_answer_standing_are_on_the_one_page() -> None:
    whole = build_analysis()
    noisy = replace(
        whole,
        quality=(Finding("noisy", "n", "told"), Finding("teachers_disagree", "d", "told")),
    )
    assert summarise(noisy).limits == ("The recording is noisy.",)
    silent = replace(
        whole,
        predictions={**whole.predictions, "audio": None},
        quality=(Finding("no_speech", "No speech. It was left out.", "audio_left_out"),),
    )
    assert summarise(silent).limits == ()
    assert "No speech. It was left out." in summarise(silent).unread


def test_words_of_a_post_are_escaped() -> None:
    assert "<img" not in build_findings([("a", ["<img src=x>"], "<b>")])


def test_three_labels_are_not_called_about_equal() -> None:
    told = say_answer(Prediction({"a": 0.5, "b": 0.4, "c": 0.1}, None), {}, None)
    assert told.headline == "Not decided: this post resembles posts from a most, then from b."


@pytest.mark.parametrize("count", [3, 4, 6])
@pytest.mark.parametrize("ordered", [True, False])
def test_numbers_on_label_colours_are_readable(count: int, ordered: bool) -> None:
    colours = label_colours(count, ordered=ordered)
    assert len({colour.fill for colour in colours}) == min(count, 6 if not ordered else 5)
    assert all(contrast(colour.fill, colour.text) >= 4.5 for colour in colours)


@pytest.mark.parametrize(
    ("labels", "ordered"), [(("low", "mid", "high"), True), (("a", "b", "c", "d"), False)]
)
def test_a_bundle_of_more_labels_is_drawn(
    tmp_path: Path, labels: tuple[str, ...], ordered: bool
) -> None:
    analyser = Analyser.open(build_tiny_bundle(tmp_path, labels, ordered=ordered))
    analysis = analyser.analyse(Post(POST), explain="words", speak=False, cancel=threading.Event())
    assert analysis.ordered is ordered
    figure = charts.draw_shares(analysis, {})
    assert [bar.name for bar in figure.data] == list(labels)
    row = list(figure.data[0].y).index("Student")
    assert sum(bar.x[row] for bar in figure.data) == pytest.approx(1)
    numbers = list_models(analysis)
    assert numbers.header == ("model", *(f"P({n})" for n in labels), "divergence, bits")
    assert summarise(analysis).target in labels
    contributions = analysis.teacher_contributions
    assert contributions is not None
    assert len(list_contributions(contributions).rows) == 6


def test_numbers_of_the_sound_follow_its_columns() -> None:
    picture = picture_sound(build_recording(3.0, "recorded"))
    whole = build_analysis()
    numbers = list_sound(picture, whole.attributions.audio)
    assert len(numbers.rows) == len(picture.times_s)
    assert len(numbers.header) == 4 + len(picture.bands_hz) == len(numbers.rows[0])
    assert numbers.to_csv().startswith(b"seconds,wave low")
