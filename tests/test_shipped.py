"""The bundles that ship: whole, within the size rules, and as good as their cards say."""

import json

import numpy as np
import pandas as pd
import pytest

from mhkd.analyser import Analyser
from mhkd.assets import ASSETS
from mhkd.behaviour.card import tell_behaviour
from mhkd.bundle import CARD, PREDICTIONS_FILE, list_bundles, load_bundle
from mhkd.faithfulness.card import tell_faithfulness
from mhkd.manifest import knows_authors
from mhkd.post import Post
from mhkd.reports import put_section
from mhkd.training.card import write_card
from mhkd.training.card_results import tell_crossval
from mhkd.training.evaluate import compare_twins
from mhkd.training.recipe import load_recipe

MEGABYTE = 1_000_000
SAMPLES = sorted((ASSETS / "samples").glob("*.json"))
MODELS = ("text", "audio", "emotion", "teachers", "student")


SHIPPED = ("sdcnl", "idendep")


@pytest.fixture(scope="module", params=SHIPPED)
def analyser(request):
    return Analyser.open(request.param)


def size(folder):
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def test_every_bundle_is_whole():
    summaries = list_bundles()
    assert {summary.name for summary in summaries} == set(SHIPPED)
    assert [summary.fault for summary in summaries] == [None] * len(summaries)


def test_assets_stay_within_their_sizes():
    assert size(ASSETS) < 400 * MEGABYTE
    assert all(size(folder) < 40 * MEGABYTE for folder in (ASSETS / "bundles").iterdir())
    largest = max((f for f in ASSETS.rglob("*") if f.is_file()), key=lambda f: f.stat().st_size)
    assert largest.stat().st_size < 95 * MEGABYTE


def test_the_student_is_small(analyser):
    parameters = analyser._members.student.model.parameters()
    assert sum(parameter.numel() for parameter in parameters) <= 25_000_000


def test_every_teacher_is_surely_better_than_the_majority(analyser):
    metrics = analyser.manifest.metrics
    for name in MODELS:
        low, _ = metrics[name]["intervals"]["accuracy"]
        assert low > metrics["comparison"]["majority_class"], name


def test_the_card_holds_the_manifests_numbers(analyser):
    card = (ASSETS / "bundles" / analyser.manifest.name / "MODEL_CARD.md").read_text("utf-8")
    for name in (*MODELS, "student_without_teachers", "tf_idf_linear"):
        metrics = analyser.manifest.metrics[name]
        low, high = metrics["intervals"]["accuracy"]
        assert f"{100 * metrics['accuracy']:.1f} [{100 * low:.1f}, {100 * high:.1f}]" in card


@pytest.mark.parametrize("name", SHIPPED)
def test_a_card_is_what_its_bundle_gives(name, tmp_path):
    bundle = load_bundle(name)
    card = (bundle.folder / CARD).read_text("utf-8")
    write_card(bundle.manifest, tmp_path / CARD)
    written = (tmp_path / CARD).read_text("utf-8")
    for tell, report in (
        (tell_crossval, bundle.crossval_report),
        (tell_behaviour, bundle.behaviour_report),
        (tell_faithfulness, bundle.explanation_report),
    ):
        written = written if report is None else put_section(written, tell(report))
    assert card == written


@pytest.mark.parametrize("name", SHIPPED)
def test_twins_are_compared_as_the_predictions_say(name):
    bundle = load_bundle(name)
    manifest = bundle.manifest
    table = pd.read_csv(bundle.folder / PREDICTIONS_FILE, dtype={"id": str})
    truth = np.array([manifest.labels.index(label) for label in table["label"]])
    models = [column.split(": ")[0] for column in table.columns if ": " in column]
    found = {
        model: table[[f"{model}: {label}" for label in manifest.labels]].to_numpy(float)
        for model in dict.fromkeys(models)
    }
    kept = manifest.metrics["comparison"]
    assert compare_twins(found, manifest.family, truth) == {
        key: value for key, value in kept.items() if key != "majority_class"
    }
    assert {"large_against_twin", "seeds_against_twin"} <= set(kept)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_card_tells_which_choices_were_made_on_what(name):
    manifest = load_bundle(name).manifest
    card = (ASSETS / "bundles" / name / CARD).read_text("utf-8")
    note = load_recipe(f"embedded/{name}").selection_note
    assert note == manifest.recipe["selection_note"] and note in card
    assert "on one of these folds alone" in card
    assert "opened once" not in card


@pytest.mark.parametrize(("name", "known"), [("sdcnl", True), ("idendep", False)])
def test_a_card_claims_nothing_about_authors_that_nobody_knows(name, known):
    manifest = load_bundle(name).manifest
    assert knows_authors(manifest.data) == known
    card = (ASSETS / "bundles" / name / "MODEL_CARD.md").read_text("utf-8")
    assert ("Who wrote what is not known" in card) != known
    assert ("by nobody who wrote a training post" in card) == known


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
def test_every_sample_gets_an_answer_from_every_model(analyser, file):
    text = json.loads(file.read_text("utf-8"))["text"]
    plain = analyser.analyse(Post(text), explain="none").to_json()
    assert set(plain["predictions"]) == set(MODELS)
    for prediction in plain["predictions"].values():
        assert sum(prediction["probabilities"].values()) == pytest.approx(1)
    found = plain["contributions"]["teachers"]
    assert found["full"] == pytest.approx(
        plain["predictions"]["teachers"]["probabilities"][found["target"]]
    )
    assert found["residual"] < 1e-6


def test_a_comment_of_another_kind_is_outside(analyser):
    text = "Does the new firmware fix the charging issue on the older model?"
    analysis = analyser.analyse(Post(text), explain="none", speak=False)
    assert analysis.familiarity.outside
    assert "unfamiliar" in {finding.code for finding in analysis.quality}


def test_of_the_samples_the_post_on_bread_alone_is_outside():
    analyser = Analyser.open("sdcnl")
    outside = [
        analyser.analyse(
            Post(json.loads(file.read_text("utf-8"))["text"]), explain="none", speak=False
        ).familiarity.outside
        for file in SAMPLES
    ]
    assert outside == [False] * (len(SAMPLES) - 1) + [True]
