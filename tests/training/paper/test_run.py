"""The shipped recipes of the paper through the same code, on tiny stand-in backbones."""

import csv
import json

import pytest
from safetensors import safe_open

from mhkd.cli import main
from mhkd.errors import RecipeError
from mhkd.training.paper.recipe import load_paper_recipe
from mhkd.training.paper.run import train_paper
from mhkd.training.recipe import load_recipe
from tests.training.paper.tiny_hub import build_tiny_hub, write_paper_recipe, write_posts

SHIPPED = ("paper/sdcnl", "paper/idendep", "paper/twitsuicide", "paper/deptweet")
# One change for each fault that a recipe can put right.
MENDED = {
    "student__kl": "batchmean",
    "student__teacher_weights": "confidence",
    "student__temperature": 2.0,
    "student__soft_targets": "out_of_fold",
    "student__soft_folds": 2,
    "student__activation": None,
    "student__attention_dropout": 0.2,
    "emotion__noisy_logits": False,
    "emotion__pooling": "mean",
    "emotion__tune_embeddings": True,
    "audio__positions": "cropped",
    "audio__normalise": "backbone",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = build_tiny_hub(tmp_path_factory.mktemp("paper"))
    write_posts(folder)
    return folder


@pytest.fixture(scope="module")
def plain(folder):
    said = []
    recipe = write_paper_recipe(folder, "paper/sdcnl")
    return recipe, train_paper(recipe, run_dir=folder / "run", say=said.append), said


def test_a_run_gives_results_predictions_and_weights(folder, plain):
    _, file, _ = plain
    results = json.loads(file.read_text())
    assert set(results["teachers"]) == {"text", "emotion", "audio", "mean"}
    assert results["posts"] == {"train": [27], "test": 8}
    assert results["student"]["runs"] == 2
    runs = results["student"]["single_runs"]
    accuracies = [run["accuracy"] for run in runs]
    assert results["student"]["mean"]["accuracy"] == pytest.approx(sum(accuracies) / 2)
    assert results["student"]["best_by_test"]["f1_weighted"] == max(r["f1_weighted"] for r in runs)
    with (file.parent / "predictions.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 8 * (3 + 2)
    assert all(float(r["depression"]) + float(r["suicide"]) == pytest.approx(1) for r in rows)
    assert "tired" not in (file.parent / "predictions.csv").read_text()
    first = next(iter(file.parent.glob("student-part0-run0-*.safetensors")))
    with safe_open(first, "pt") as stored:
        names = set(stored.keys())
    assert "classifier.weight" in names
    assert "bert.encoder.layer.1.output.dense.weight" in names
    assert not any(".layer.2." in name for name in names)


def test_a_second_run_computes_nothing_again(folder, plain):
    recipe, file, _ = plain
    before, said = file.read_text(), []
    train_paper(recipe, run_dir=folder / "run", say=said.append)
    assert file.read_text() == before
    assert not [line for line in said if line.endswith(" …")]


@pytest.mark.usefixtures("plain")
def test_every_fault_can_be_put_right_and_that_changes_the_numbers(folder):
    recipe = write_paper_recipe(folder, "paper/sdcnl", **MENDED)
    (folder / "mended").mkdir()
    (folder / "mended" / "speech").symlink_to(folder / "run" / "speech")
    mended = json.loads(train_paper(recipe, run_dir=folder / "mended").read_text())
    assert mended["recipe"]["student"]["soft_targets"] == "out_of_fold"
    assert len(list((folder / "mended").glob("text-part0-fold*.safetensors"))) == 2
    faithful = (folder / "run" / "predictions.csv").read_text().splitlines()
    other = (folder / "mended" / "predictions.csv").read_text().splitlines()
    changed = {a.split(",")[1] for a, b in zip(faithful, other, strict=True) if a != b}
    assert changed == {"emotion", "audio", "student-run0", "student-run1"}


def test_folds_are_scored_together_and_teachers_may_be_left_out(folder):
    recipe = write_paper_recipe(
        folder, "paper/idendep", data__test=None, data__cross_validation=2,
        labels=["depression", "suicide"], student__teachers=[], runs=1,
    )  # fmt: skip
    results = json.loads(train_paper(recipe, run_dir=folder / "folds").read_text())
    assert results["posts"] == {"train": [13, 13], "test": 30}
    assert results["teachers"] == {}


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_recipes_are_those_of_the_paper_and_ask_for_the_hub(name, folder, capsys):
    recipe = load_paper_recipe(name)
    assert recipe.student.fit.batch == 32
    assert recipe.student.kl == "mean"
    assert recipe.audio.voices == ["hub:suno/bark#v2/en_speaker_6"]
    with pytest.raises(RecipeError, match="recipe of the paper"):
        load_recipe(name)
    if name == "paper/sdcnl":
        arguments = ["train", name, "--data-dir", str(folder), "--run-dir", str(folder / "x")]
        assert main(arguments) == 2
        assert "--allow-hub" in capsys.readouterr().err
        assert main([*arguments, "--allow-hub"]) == 2  # tests are offline
        assert "'hub:bert-base-uncased' can't be loaded" in capsys.readouterr().err
