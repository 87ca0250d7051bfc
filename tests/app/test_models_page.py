"""The page Models: what a bundle holds is drawn, and what it lacks is said to be missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import model_charts, model_facts, models
from app.components.models.origin import tame
from app.model_reporting import list_tripod
from mhkd.analyser import Analyser
from mhkd.errors import BundleError
from mhkd.faithfulness.rows import Beside, Row
from mhkd.faithfulness.summary import summarise
from tests.app.example_analysis import ExampleAnalyser, build_manifest
from tests.app.test_model_behaviour import build_report as build_behaviour
from tests.tiny import build_tiny_bundle

_PATIENCE_S = 90.0
_SUBSETS = {
    "students": [
        {
            "teachers": teachers,
            "seeds": [0, 1],
            "accuracy": {"values": [value, value + 0.02], "mean": value + 0.01, "sd": 0.014},
        }
        for teachers, value in (([], 0.70), (["text"], 0.74), (["text", "audio"], 0.75))
    ],
    "shapley": {
        "accuracy": {
            "text": {"mean": 0.03, "sd": 0.01},
            "audio": {"mean": -0.01, "sd": 0.02},
            "emotion": {"mean": 0.0, "sd": None},
        }
    },
    "shapley_seeds": [0, 1],
}


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def _open(monkeypatch: pytest.MonkeyPatch, load: Any) -> AppTest:
    monkeypatch.setattr(models, "load_analyser", load)
    with suppress(BundleError):
        models.open_analyser().result(_PATIENCE_S)
    return AppTest.from_function(_draw, default_timeout=_PATIENCE_S).run()


def _draw() -> None:
    from app.views import models

    models.show_page()


def _build_report() -> dict[str, Any]:
    """As ``mhkd faithfulness`` writes it, by its own code."""
    row = Row(
        model="student",
        post="1",
        method="integrated gradients", converged=True, relative_gap=0.01, steps=16,
        mark="holds", comprehensiveness=0.9, random_comprehensiveness=0.2, sufficiency=0.3,
        random_sufficiency=0.8, rank_correlation=0.6, overlap=0.5, other_baseline=None,
        chance_correlation=0.2, seconds=(Beside("occlusion of words", None, 0.7, 0.4),),
        random_advantages=(0.0, 0.1), explain_s=1.0, check_s=2.0,
    )  # fmt: skip
    rows = [row, row, replace(row, mark="fails", reasons=("no_better_than_random",))]
    return {"data": {"file": "held.csv", "posts": 3}, "models": {"student": summarise(rows)}}


def _shown(page: AppTest) -> str:
    return " ".join(element.proto.body for element in page.get("html"))


def test_a_bundle_without_extras_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    page = _open(monkeypatch, ExampleAnalyser)
    assert not page.exception
    shown = _shown(page)
    for words in (
        "77.0 % (72.0–81.0)",
        "no bins for a reliability diagram",
        "no students of subsets",
        "no evaluation of explanations",
        "no test of its behaviour",
        "no sets of labels",
        "no counts of leaks",
        "2" * 64,
        "988",
    ):
        assert words in shown
    assert "evil.example" in page.markdown[-1].value
    assert "![" not in page.markdown[-1].value


def test_a_bundle_with_extras_draws_them(monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = build_manifest()
    part = {"value": 0.8, "low": 0.7, "high": 0.9, "n": 40}
    manifest.metrics["student"]["reliability"] = [{"n": 40, "confidence": 0.7, "accuracy": part}]
    manifest.metrics["student"]["risk_coverage"] = {
        "coverage": [0.5, 1.0],
        "risk": [0.1, 0.24],
        "thresholds": [0.8, 0.5],
        "area": 0.123,
    }
    manifest.metrics["subsets"] = _SUBSETS
    manifest.metrics["conformal"] = {
        "share": 0.91,
        "interval": [0.88, 0.94],
        "n": 379,
        "single": 0.5,
    }
    manifest.conformal = SimpleNamespace(coverage=0.9, least_probability=0.31, n=506)
    monkeypatch.setattr(ExampleAnalyser, "manifest", property(lambda _: manifest))
    page = _open(
        monkeypatch,
        lambda: ExampleAnalyser(
            explanation_report=_build_report(), behaviour_report=build_behaviour()
        ),
    )
    assert not page.exception
    shown = _shown(page)
    for words in (
        "from a probability of 0.310",
        "(AURC): 0.123",
        "91.0 % (88.0–94.0)",
        "text + audio",
        "75.0 ± 1.4",
        "– beside it occlusion of words",
        "over the 2 seeds that every set",
        "60.0 % → 57.5 %",
        '<mark title="added">not</mark>',
    ):
        assert words in shown
    assert "no evaluation of explanations" not in shown
    assert "marks: fails 1, holds 2." in shown
    assert "no bins" not in shown


def test_what_teachers_add_is_left_out_where_no_seeds_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manifest = build_manifest()
    manifest.metrics["subsets"] = {k: v for k, v in _SUBSETS.items() if k != "shapley_seeds"}
    monkeypatch.setattr(ExampleAnalyser, "manifest", property(lambda _: manifest))
    page = _open(monkeypatch, ExampleAnalyser)
    assert not page.exception
    assert "What each teacher adds" not in [heading.value for heading in page.subheader]
    assert "text + audio" in _shown(page)


def test_a_real_bundle_without_metrics(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bundle = build_tiny_bundle(tmp_path)
    page = _open(monkeypatch, lambda: Analyser.open(bundle))
    assert not page.exception
    assert "comes without metrics" in _shown(page)
    assert "has no model card" in _shown(page)


def test_a_bundle_that_cannot_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> ExampleAnalyser:
        raise BundleError("student.safetensors is missing. Restore it.")

    page = _open(monkeypatch, fail)
    assert "student.safetensors is missing" in _shown(page)
    assert [button.label for button in page.button] == ["Open the models again"]


def test_numbers_of_figures_are_those_of_the_manifest() -> None:
    metrics = build_manifest().metrics
    rows = {row[0]: row[1:] for row in model_charts.list_metric(metrics, "accuracy").rows}
    assert rows["Student"] == (379, 0.77, 0.72, 0.81)
    drawn = model_charts.draw_metric(metrics, "accuracy").data[0]
    assert list(drawn.x) == [row[1] for row in rows.values()]
    subsets = model_charts.list_subsets_numbers(_SUBSETS["students"], "accuracy").rows
    assert (("text + audio", 1, 0.77)) in [(n, s, round(v, 2)) for n, s, v in subsets]
    assert model_facts.list_subsets({"subsets": _SUBSETS})[0][2] == "71.0 ± 1.4"


def test_an_ece_is_shown_with_its_limit_and_without_interval() -> None:
    metrics = build_manifest().metrics
    metrics["teachers"] |= {"ece": 0.11, "intervals": {"ece": [0.08, 0.16]}}
    numbers = model_charts.list_metric(metrics, "ece")
    assert numbers.header == ("model", "n", "ece", "limit if calibrated")
    assert ("Teachers’ mean", 379, 0.11, 0.06) in numbers.rows
    drawn, limits = model_charts.draw_metric(metrics, "ece").data
    assert set(drawn.error_x.array) == {0} and set(limits.x) == {0.06}
    assert len(model_charts.draw_metric(metrics, "auc").data) == 1
    row = next(row for row in model_facts.list_results(metrics) if row[0] == "Teachers’ mean")
    assert row[5] == "11.0 % (> 6.0)"
    calibrated = {row[0]: row[2:4] for row in model_facts.list_calibration(build_manifest())}
    assert calibrated["Student"] == ("4.0 %", "up to 6.0 %")
    spread = {"mean": 0.05, "sd": 0.01, "interval": [0.06, 0.09]}
    students = [{"teachers": [], "seeds": [0, 1], "ece": spread, "brier": spread}]
    told = model_facts.list_subsets({"subsets": {"students": students}})[0]
    assert told[-2:] == ("5.0 ± 1.0", "0.050 ± 0.010 (0.060–0.090)")


def test_choices_are_told_as_they_were_made() -> None:
    manifest = build_manifest()
    manifest.recipe = {"student": {"validation_folds": 1}, "selection_note": "One was seen."}
    rows = dict(model_facts.list_protocol(manifest))
    assert rows["Student and temperatures of students"] == "on 1 of these folds, 506 posts"
    assert rows["About these choices"] == "One was seen."
    told = dict(list_tripod(manifest))["Model building"]
    assert told.endswith("Chosen on 1 of 3 folds of the training part. One was seen.")
    rows = dict(model_facts.list_protocol(build_manifest()))
    assert rows["Choices"] == "3 folds of the training part" and len(rows) == 2


def test_every_twin_is_told() -> None:
    pair = {"only_first": 13, "only_second": 10, "p": 0.68, "difference": 0.008,
            "interval": [-0.017, 0.033], "smallest_shown": 0.035, "n": 379}  # fmt: skip
    many = {"difference": -0.019, "interval": [-0.042, -0.001], "seeds": [5, 5], "n": 185}
    metrics = build_manifest().metrics
    metrics["comparison"] |= {"large_against_twin": pair, "seeds_against_twin": many}
    told = model_facts.say_results(metrics)
    assert "Larger student against its twin without teachers: 13 posts only the larger" in told
    assert (
        "Mean accuracy of 5 students, of a seed each, against 5 twins: −1.9 points [−4.2, −0.1]."
        in told
    )


def test_reporting_invents_nothing() -> None:
    manifest = build_manifest()
    rows = dict(list_tripod(manifest))
    assert "1,516" in rows["Source of data"]
    assert "not known" in rows["Participants"]
    manifest.metrics = {}
    rows = dict(list_tripod(manifest))
    assert rows["Performance"] == rows["Class imbalance"] == "Not reported by this bundle."


def test_authors_that_the_data_do_not_name_are_not_counted() -> None:
    manifest = build_manifest()
    leaks = {
        "identical": {"within_train": 0, "across": 0},
        "near_duplicates": {"within_train": 0, "across": 0},
        "placeholder_bodies": {},
        "authors_on_both_sides": 0,
        "test_posts_by_them": 0,
    }
    train, test = {"posts": 90, "authors": 90}, {"posts": 10, "authors": 10}
    manifest.data = {"train": train, "test": test, "leaks": leaks, "folds": 3}
    told = dict(list_tripod(manifest))
    assert told["Participants"] == "Posts, not people. Authors: not known."
    assert told["Data preparation"].startswith("Whether authors have posts on both sides is not")
    assert "by authors" not in told["Training versus evaluation"]
    assert dict(model_facts.list_leaks(manifest.data))["Authors on both sides"] == "not known"
    assert [row[3] for row in model_facts.list_parts(manifest.data)] == ["not known"] * 2
    train["authors"] = 80
    told = dict(list_tripod(manifest))
    assert told["Participants"] == "Posts, not people. Authors: 80 in training, 10 in test."
    assert told["Data preparation"].startswith("0 authors have posts on both sides;")
    assert "0 test posts are by authors" in told["Training versus evaluation"]
    assert dict(model_facts.list_leaks(manifest.data))["Authors on both sides"] == "0"


def test_a_card_asks_for_nothing() -> None:
    assert tame("# A\n\n![x](http://a/b.png)") == "## A\n\n!\\[x](http://a/b.png)"
