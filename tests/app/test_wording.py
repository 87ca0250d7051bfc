"""Numbers become the right words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app import wording
from mhkd.analysis import Finding, Prediction, PredictionSet
from mhkd.post import Post
from tests.app.example_analysis import SOURCES, TEXT, build_analysis, build_manifest


def _answer(probability: float, held: PredictionSet | None = None) -> wording.Answer:
    return wording.say_answer(
        Prediction({"depression": 1 - probability, "suicide": probability}, None), SOURCES, held
    )


def test_answer_says_where_posts_come_from_and_never_what_people_are() -> None:
    answer = _answer(0.78)
    assert answer.headline == (
        "This post resembles posts from r/SuicideWatch more than posts from r/depression."
    )
    assert answer.of_hundred == 78
    assert "about 78 come from r/SuicideWatch." in answer.frequency
    assert "depressed" not in answer.headline + answer.frequency


def test_nothing_is_certain() -> None:
    answer = _answer(0.9999)
    assert answer.of_hundred == 99
    assert "at least 99 come" in answer.frequency
    assert wording.say_probability(1.0) == "> 0.99"
    assert wording.say_probability(0.0) == "< 0.01"
    assert wording.say_probability(0.9) == "0.90"


def test_the_more_probable_label_leads() -> None:
    answer = _answer(0.2)
    assert answer.label == "depression"
    assert answer.probability == pytest.approx(0.8)


@pytest.mark.parametrize(("probability", "decided"), [(0.41, False), (0.6, False), (0.61, True)])
def test_between_0_4_and_0_6_nothing_is_decided(probability: float, decided: bool) -> None:
    answer = _answer(probability)
    assert answer.decided is decided
    assert answer.headline.startswith("Not decided") is not decided


def test_what_its_set_does_not_decide_is_not_decided() -> None:
    both = PredictionSet(("depression", "suicide"), 0.9, 506)
    answer = _answer(0.65, both)
    assert not answer.decided
    assert answer.headline == (
        "Not decided: this post resembles posts from r/SuicideWatch more than posts from "
        "r/depression, but not by enough to rule these out."
    )
    assert _answer(0.65, PredictionSet(("suicide",), 0.9, 506)).decided
    assert not _answer(0.55, PredictionSet(("suicide",), 0.9, 506)).decided


def test_calibration_is_claimed_only_where_the_bundle_has_it() -> None:
    assert wording.say_calibration({}, {}) is None
    manifest = build_manifest()
    told = wording.say_calibration(manifest.metrics["student"], manifest.data)
    assert told is not None
    assert "Calibrated on 506 training posts that were held out." in told
    assert "4.0 points" in told
    assert "would show up to 6.0" in told
    assert wording.say_calibration({}, {"train": {"posts": 9}}) is None


def test_rate() -> None:
    assert wording.say_rate({"share": 0.9, "interval": [0.87, 0.92]}) == "90.0 % (87.0–92.0)"
    assert wording.say_rate({"share": None, "interval": None}) == "–"


def test_disagreement_names_both_sides() -> None:
    analysis = build_analysis(Post(TEXT))
    told = wording.say_disagreement(analysis, SOURCES)
    assert told is not None
    assert "r/SuicideWatch: the text teacher (0.81)" in told
    assert "r/depression: the audio teacher (0.64)" in told


def test_a_finding_names_sources_where_it_names_labels() -> None:
    analysis = build_analysis(Post(TEXT))
    raw = Finding("teachers_disagree", "suicide: text teacher (81%).")
    assert "To r/SuicideWatch: the text teacher" in wording.say_message(raw, analysis, SOURCES)
    loud = Finding("clipped", "Loud.")
    assert wording.say_message(loud, analysis, SOURCES) == "Loud."


def test_another_bundle_is_named() -> None:
    title, told = wording.say_other_bundle(build_manifest())
    assert (title, told) == (
        "Another bundle is chosen now.",
        "What follows was answered by “Example”, example 0.",
    )


def test_no_disagreement_where_none_was_found() -> None:
    calm = replace(build_analysis(), quality=(Finding("clipped", "Loud."),))
    assert wording.say_disagreement(calm, SOURCES) is None


def test_contribution_names_the_strongest_teacher_and_its_way() -> None:
    analysis = build_analysis()
    assert wording.say_contributions(analysis, SOURCES) == (
        "The text teacher moves the teachers’ mean most: +10.0 points toward r/SuicideWatch."
    )
    assert wording.say_contributions(replace(analysis, teacher_contributions=None), SOURCES) is None


@pytest.mark.parametrize(
    ("value", "told"), [(0.142, "+14.2 points"), (-0.05, "−5.0 points"), (-1e-6, "0.0 points")]
)
def test_points_keep_their_sign(value: float, told: str) -> None:
    assert wording.say_points(value) == told


@pytest.mark.parametrize(
    ("bits", "word"), [(0.001, "agrees"), (0.03, "close"), (0.13, "differs"), (0.5, "contradicts")]
)
def test_divergence_has_a_word(bits: float, word: str) -> None:
    assert wording.say_agreement(bits) == f"{word} ({bits:.3f})"
    assert wording.say_agreement(None) == "–"


def test_too_long_a_text_is_told_what_to_do() -> None:
    told = wording.say_length("a" * 200_000, 25_000)
    assert "200,000 of at most 25,000" in told
    assert "Shorten" in told


def test_interval() -> None:
    metrics = {"accuracy": 0.781, "intervals": {"accuracy": [0.737, 0.82]}}
    assert wording.say_interval(metrics, "accuracy") == "78.1 % (73.7–82.0)"
    assert wording.say_interval(metrics, "auc") == "–"


def test_an_ece_stands_beside_its_limit_and_has_no_interval() -> None:
    kept = {"ece": 0.1102, "ece_if_calibrated": 0.0861, "intervals": {"ece": [0.086, 0.157]}}
    assert wording.say_interval(kept, "ece") == "11.0 % (> 8.6)"
    assert wording.say_interval({**kept, "ece": 0.04}, "ece") == "4.0 % (≤ 8.6)"
    assert wording.say_interval({"ece": 0.04}, "ece") == "4.0 %"
