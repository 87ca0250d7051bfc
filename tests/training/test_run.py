"""A tiny recipe through every stage, with real speech and untrained networks."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from mhkd.analyser import Analyser
from mhkd.bundle import load_bundle
from mhkd.errors import RecipeError
from mhkd.models.storage import load_weights
from mhkd.post import Post
from mhkd.training.run import train
from tests.tiny import build_tiny_bundle

GLAD = "the walk today was good and calm"
LOW = "i feel so tired and alone"


def write_data(folder):
    for name, count in (("train.csv", 18), ("test.csv", 8)):
        rows = ["id,text,label"]
        for i in range(count):
            text, label = ((GLAD, "depression"), (LOW, "suicide"))[i % 2]
            rows.append(f"{name[:2]}{i},{text} {'so ' * (i % 5)},{label}")
        (folder / name).write_text("\n".join(rows) + "\n")


def write_recipe(folder, backbones):
    (folder / "lexicon.tsv").write_text("tired\tsadness\nalone\tsadness\ngood\tjoy\ncalm\tjoy\n")
    fit = {"epochs": 2, "batch": 4}
    recipe = {
        "name": "tiny",
        "version": "0.1",
        "title": "Tiny",
        "labels": ["depression", "suicide"],
        "label_sources": {"depression": "r/depression", "suicide": "r/SuicideWatch"},
        "data": {"folder": "x", "train": "train.csv", "test": "test.csv", "folds": 2},
        "speech": {"voices": {"joe": 1.0}, "words": 5},
        "text": {
            "backbone": str(backbones / "mpnet"), "frozen_layers": 1, "lora_rank": 2, "fit": fit,
        },
        "audio": {"backbone": str(backbones / "whisper"), "fit": fit},
        "emotion": {
            "lexicon": str(folder / "lexicon.tsv"), "features": str(backbones / "bert"),
            "min_posts": 2, "min_authors": 2, "width": 8, "graph_hidden": 8,
            "graph_epochs": 5, "hidden": 4, "fit": fit,
        },
        "student": {
            "candidates": [
                {"backbone": str(backbones / "bert"), "layers": 2, "frozen_layers": 1},
                {"backbone": str(backbones / "bert"), "layers": 1, "frozen_layers": 0},
            ],
            "validation_folds": 1,
            "study": True,
            "large": {
                "candidate": {
                    "backbone": str(backbones / "mpnet"), "layers": 2, "lora_rank": 2,
                },
                "fit": fit,
            },
            "fit": fit,
        },
    }  # fmt: skip
    file = folder / "tiny.yaml"
    file.write_text(yaml.safe_dump(recipe))
    return file


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    build_tiny_bundle(folder)
    write_data(folder)
    recipe = write_recipe(folder, folder / "backbones")
    said = []
    bundle = train(recipe, data_dir=folder, run_dir=folder / "run", workers=1, say=said.append)
    return folder, recipe, bundle, said


def test_the_bundle_opens_and_answers(trained):
    _, _, bundle, _ = trained
    analysis = Analyser.open(bundle).analyse(Post("I feel so tired today"), explain="words")
    assert set(analysis.predictions) == {"text", "audio", "emotion", "teachers", "student"}
    assert all(
        sum(p.probabilities.values()) == pytest.approx(1) for p in analysis.predictions.values()
    )
    assert analysis.given.audio.origin == "synthesised"
    assert analysis.attributions.student.words
    known = analysis.sound_familiarity
    assert known.threshold == load_bundle(bundle).manifest.sound_familiarity.threshold
    assert known.outside == (known.distance > known.threshold)
    codes = [finding.code for finding in analysis.quality]
    assert ("unlike_training_voices" in codes) == known.outside


def test_the_card_and_the_manifest_hold_the_metrics(trained):
    _, _, bundle, _ = trained
    metrics = json.loads((bundle / "bundle.json").read_text())["metrics"]
    for model in ("text", "audio", "emotion", "teachers", "student", "student_without_teachers",
                  "tf_idf_linear"):  # fmt: skip
        assert metrics[model]["n"] == 8
        assert set(metrics[model]["intervals"]) >= {"accuracy", "f1_macro", "auc"}
        assert sum(part["n"] for part in metrics[model]["reliability"]) == 8
        risk = metrics[model]["risk_coverage"]
        assert risk["coverage"][-1] == 1.0
        assert risk["risk"][-1] == pytest.approx(1 - metrics[model]["accuracy"])
    card = (bundle / "MODEL_CARD.md").read_text()
    assert f"{100 * metrics['student']['accuracy']:.1f}" in card
    assert "n = 8" in card
    told = "(n = 18); the student, the temperatures of all students and the limit of their sets of "
    assert (
        f"chosen on 2 folds of the training part {told}labels on one of these folds alone" in card
    )
    assert "the test part was opened once, for the tables below." in card
    assert {"student_against_twin", "large_against_twin"} <= set(metrics["comparison"])


def test_sets_of_labels_come_from_held_out_posts(trained):
    _, _, bundle, _ = trained
    manifest = load_bundle(bundle).manifest
    assert manifest.conformal.n == manifest.data["validation"]["student_candidates"][0]["n"]
    analysis = Analyser.open(bundle).analyse(Post("I feel so tired today"), explain="none")
    student = analysis.predictions["student"].probabilities
    assert max(student, key=student.get) in analysis.prediction_set.labels
    assert analysis.to_json()["prediction_set"]["coverage"] == manifest.conformal.coverage
    assert manifest.metrics["conformal"]["n"] == 8


def test_the_larger_student_is_measured_beside_its_twin_and_ships(trained):
    _, _, bundle, _ = trained
    manifest = load_bundle(bundle).manifest
    assert manifest.student_large.lora_rank == 2
    for model in ("student_large", "student_large_without_teachers"):
        assert manifest.metrics[model]["n"] == 8
    analyser = Analyser.open(bundle)
    found = analyser.predict_texts([GLAD, LOW], ("student_large", "student"))
    assert found["student_large"].shape == (2, 2)
    assert not np.allclose(found["student_large"], found["student"])
    card = (bundle / "MODEL_CARD.md").read_text()
    assert "| Larger student |" in card and "**Larger student**: " in card


def test_losses_are_compared_with_the_recipes_own_first(trained):
    _, _, bundle, _ = trained
    seen = load_bundle(bundle).manifest.data["validation"]
    own, *others = seen["loss_study"]
    assert (own["alpha"], own["T"], own["rule"]) == (0.5, 1.0, "mean")
    chosen = min(seen["student_candidates"], key=lambda tried: tried["log_loss"])
    assert own["log_loss"] == chosen["log_loss"]
    assert len(others) == 8 and {row["T"] for row in others} == {1.0, 2.0, 4.0}
    assert [row["alpha"] for row in others if row.get("paper_loss")] == [0.667]
    assert {row["rule"] for row in others} == {"mean", "log_loss", "confidence"}
    assert "The student with other losses" in (bundle / "MODEL_CARD.md").read_text()


def test_no_post_stands_in_the_bundle(trained):
    _, _, bundle, _ = trained
    for file in bundle.iterdir():
        assert GLAD.encode() not in file.read_bytes()
        assert LOW.encode() not in file.read_bytes()


def test_a_second_run_computes_nothing_again_and_gives_the_same_weights(trained):
    folder, recipe, bundle, _ = trained
    before = load_bundle(bundle).manifest
    said = []
    again = train(
        recipe, data_dir=folder, run_dir=folder / "run", out=folder / "again", workers=1,
        say=said.append,
    )  # fmt: skip
    after = load_bundle(again).manifest
    assert after.files == before.files
    assert after.metrics == before.metrics
    assert not [line for line in said if line.endswith(" …") and not line.startswith("evaluation")]


def test_a_run_from_nothing_gives_the_same_weights(trained):
    folder, recipe, bundle, _ = trained
    fresh = train(recipe, data_dir=folder, run_dir=folder / "fresh", workers=1)
    assert load_bundle(fresh).manifest.files == load_bundle(bundle).manifest.files


def test_a_probed_text_teacher_stores_its_head_alone_and_words_get_contexts(trained):
    folder, recipe, _, _ = trained
    content = yaml.safe_load(recipe.read_text())
    content["text"] |= {"probe": 0.1, "pooled_layers": 2}
    content["emotion"]["contexts"] = {"backbone": content["text"]["backbone"], "layer": 1}
    content["emotion"]["study"] = True
    probed = folder / "probed.yaml"
    probed.write_text(yaml.safe_dump(content))
    bundle = train(probed, data_dir=folder, run_dir=folder / "run", out=folder / "p", workers=1)
    assert set(load_weights(bundle / "text.safetensors")) == {"head.weight", "head.bias"}
    assert load_weights(bundle / "emotion.safetensors")["embedding.weight"].shape[1] > 8
    found = Analyser.open(bundle).predict_texts([f"{GLAD} so", f"{LOW} so"], ("text",))["text"]
    assert found.argmax(1).tolist() == [0, 1]
    study = load_bundle(bundle).manifest.data["validation"]["emotion_study"]
    assert [row["variant"] for row in study] == [
        "lexicon alone", "graph", "graph, emotions shuffled", "contexts alone",
        "contexts and graph", "contexts and graph, emotions shuffled",
    ]  # fmt: skip
    assert all(row["n"] == 18 for row in study)
    rules = load_bundle(bundle).manifest.data["validation"]["mean_rules"]
    teacher = next(row for row in rules if row["rule"] == "emotion alone")
    assert study[4]["log_loss"] == pytest.approx(teacher["log_loss"])  # the teacher itself
    card = (bundle / "MODEL_CARD.md").read_text()
    assert "contexts and graph" in card
    assert "weights of least log-loss" in card


def test_students_of_every_subset_come_with_the_bundle(trained):
    folder, recipe, _, _ = trained
    content = yaml.safe_load(recipe.read_text())
    content["student"] |= {"seeds": 3, "subset_seeds": 2, "masked_copies": 1}
    content["student"]["candidates"] = [
        {**content["student"]["candidates"][0], "lora_rank": 2}
    ]  # fmt: skip
    family = folder / "family.yaml"
    family.write_text(yaml.safe_dump(content))
    bundle = train(family, data_dir=folder, run_dir=folder / "run", out=folder / "f", workers=1)
    manifest = load_bundle(bundle).manifest
    assert len(manifest.family) == 6 * 2 + 2 * 3
    card = (bundle / "MODEL_CARD.md").read_text()
    assert "a copy of each post without some of its words (up to 60% masked)" in card
    assert "all without masked copies; the first row has the loss" in card
    rows = manifest.metrics["subsets"]["students"]
    many = manifest.metrics["comparison"]["seeds_against_twin"]
    assert many["seeds"] == [3, 3]
    assert many["difference"] == pytest.approx(
        rows[-1]["accuracy"]["mean"] - rows[0]["accuracy"]["mean"]
    )
    assert [len(row["seeds"]) for row in rows] == [3, 2, 2, 2, 2, 2, 2, 3]
    for row in rows:
        values = row["accuracy"]["values"]
        assert row["accuracy"]["mean"] == pytest.approx(sum(values) / len(row["seeds"]))
    assert rows[-1]["accuracy"]["values"][0] == manifest.metrics["student"]["accuracy"]
    shared = manifest.metrics["subsets"]["shapley_seeds"]
    assert shared == [0, 1]
    shares = manifest.metrics["subsets"]["shapley"]["f1_macro"].values()
    full, empty = (row["f1_macro"]["values"][: len(shared)] for row in (rows[-1], rows[0]))
    assert sum(share["mean"] for share in shares) == pytest.approx(
        sum(full) / len(shared) - sum(empty) / len(shared)
    )
    assert all(share["sd"] >= 0 for share in shares)
    analysis = Analyser.open(bundle).analyse(Post(LOW), explain="none", target="suicide")
    found = analysis.to_json()["contributions"]["student"]
    assert found["full"] == pytest.approx(
        analysis.predictions["student"].probabilities["suicide"], abs=1e-5
    )
    assert found["residual"] < 1e-6
    assert found["seeds"] == 2
    assert all(found["sd"][teacher] >= 0 for teacher in ("text", "audio", "emotion"))
    table = pd.read_csv(bundle / "test_predictions.csv")
    assert len(table) == 8
    assert "text" not in table.columns
    assert (table["student: suicide"] + table["student: depression"]).to_numpy() == pytest.approx(1)


def test_missing_data_is_named(trained, tmp_path):
    _, recipe, _, _ = trained
    with pytest.raises(RecipeError, match="--data-dir"):
        train(recipe, data_dir=tmp_path, run_dir=tmp_path / "run")
