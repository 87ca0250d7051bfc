"""The shipped recipes of the paper through the same code, on tiny stand-in backbones."""

import csv
import json
import re

import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from mhkd.cli import main
from mhkd.errors import MhkdError, RecipeError
from mhkd.training.paper.files import find_lexicon
from mhkd.training.paper.recipe import choose_teachers, load_paper_recipe
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
    assert results["leaks"]["label_words"].keys() == {"depression", "suicide"}
    assert results["leaks"]["authors_on_both_sides"] is None  # no file tells them
    assert results["student"]["runs"] == 2
    runs = results["student"]["single_runs"]
    accuracies = [run["accuracy"] for run in runs]
    assert results["student"]["mean"]["accuracy"] == pytest.approx(sum(accuracies) / 2)
    assert results["student"]["best_by_test"]["f1_weighted"] == max(r["f1_weighted"] for r in runs)
    low, high = results["student"]["interval"]["f1_macro"]
    assert low <= results["student"]["mean"]["f1_macro"] <= high
    for found in (*results["teachers"].values(), results["tf_idf_linear"]):
        assert {"ece", "ece_if_calibrated", "brier", "intervals"} <= set(found)
    gap = results["student_against_twin"]
    twin = results["student_without_teachers"]["mean"]["accuracy"]
    assert gap["difference"] == pytest.approx(sum(accuracies) / 2 - twin)
    with (file.parent / "predictions.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 8 * (3 + 1 + 2 + 2)  # teachers, TF-IDF, students, twins
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
    students = {f"{kind}-run{n}" for kind in ("student", "twin") for n in (0, 1)}
    assert changed == {"emotion", "audio", *students}


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


# Table A3 of the supplement: dropout, rate, weight decay, layers, heads, activation, epochs.
A3 = {
    "paper/twitsuicide": {
        "text+emotion+audio": (0.05, 1e-4, 0, 10, 3, "gelu", 3),
        "text+emotion": (0.1, 1e-4, 0.01, 10, 12, "gelu", 4),
        "text+audio": (0.05, 1e-4, 0, 12, 4, "gelu", 4),
        "text": (0.1, 1e-4, 0, 12, 8, "relu", 3),
    },
    "paper/deptweet": {
        "text+emotion+audio": (0.01, 3e-5, 0, 6, 12, "gelu", 5),
        "text+emotion": (0.01, 3e-5, 0, 10, 12, "gelu", 5),
        "text+audio": (0.05, 1e-4, 0, 4, 8, "relu", 3),
        "text": (0.01, 4e-5, 0, 12, 6, "gelu", 4),
    },
    "paper/idendep": {
        "text+emotion+audio": (0.1, 5e-5, 0, 10, 8, "gelu", 3),
        "text+emotion": (0.1, 5e-5, 0, 10, 6, "gelu", 3),
        "text+audio": (0.05, 4e-5, 0, 12, 12, "gelu", 4),
        "text": (0.05, 1e-4, 0, 4, 4, "gelu", 5),
    },
    "paper/sdcnl": {
        "text+emotion+audio": (0.05, 5e-5, 0.01, 12, 12, "gelu", 3),
        "text+emotion": (0.05, 4e-5, 0, 12, 3, "gelu", 5),
        "text+audio": (0.05, 5e-5, 0, 12, 12, "gelu", 5),
        "text": (0.05, 4e-5, 0, 10, 12, "relu", 4),
    },
}  # fmt: skip


# Table A2: dropout, learning rate, layers, and what else each teacher has.
A2 = {
    "paper/twitsuicide": ((0.01, 4e-5, 10, 8, 4, 128), (0.1, 1e-5, 2, 400, 0, 128),
                          (0.1, 5e-5, 8, 4, 4, 0.5)),
    "paper/deptweet": ((0.01, 4e-5, 8, 8, 3, 64), (0.1, 1e-4, 4, 400, 0.01, 64),
                       (0.1, 1e-5, 6, 6, 4, 0.5)),
    "paper/idendep": ((0.05, 4e-5, 2, 6, 5, 64), (0.05, 1e-4, 3, 100, 0.1, 64),
                      (0.01, 1e-5, 6, 8, 3, 0.5)),
    "paper/sdcnl": ((0.01, 5e-5, 4, 12, 4, 64), (0.01, 1e-5, 5, 100, 0, 64),
                    (0.01, 5e-5, 8, 8, 4, 0.1)),
}  # fmt: skip


@pytest.mark.parametrize("name", SHIPPED)
def test_students_have_the_settings_of_the_supplement(name):
    recipe = load_paper_recipe(name)
    assert {"+".join(recipe.student.teachers), *recipe.students_of} == set(A3[name])
    for teachers, expected in A3[name].items():
        found = choose_teachers(recipe, teachers).student
        assert found.teachers == teachers.split("+")
        assert (
            found.dropout, found.fit.learning_rate, found.fit.weight_decay, found.layers,
            found.heads, found.activation, found.fit.epochs,
        ) == expected  # fmt: skip
        assert found.fit.batch == 32


@pytest.mark.parametrize("name", SHIPPED)
def test_teachers_have_the_settings_of_the_supplement(name):
    recipe = load_paper_recipe(name)
    text, emotion, audio = recipe.text, recipe.emotion, recipe.audio
    backbone = "mental/mental-bert-base-uncased" if "dep" in name[:9] else "bert-base-uncased"
    assert text.backbone == f"hub:{backbone}"
    assert (
        (text.dropout, text.fit.learning_rate, text.layers, text.heads, text.fit.epochs,
         text.fit.batch),
        (emotion.dropout, emotion.fit.learning_rate, emotion.layers, emotion.hidden,
         emotion.fit.weight_decay, emotion.fit.batch),
        (audio.dropout, audio.fit.learning_rate, audio.layers, audio.heads,
         audio.fit.plateau_patience, audio.fit.plateau_factor),
    ) == A2[name]  # fmt: skip


def test_a_student_of_fewer_teachers_shares_the_folder_and_has_results_of_its_own(folder, plain):
    _, own, _ = plain
    recipe, before = write_paper_recipe(folder, "paper/sdcnl"), own.read_text()
    with pytest.raises(RecipeError, match="no student of 'audio'.*text\\+audio"):
        train_paper(recipe, teachers="audio", run_dir=folder / "run")
    said = []
    file = train_paper(recipe, teachers="text", run_dir=folder / "run", say=said.append)
    assert file == folder / "run" / "results-text.json"
    assert set(json.loads(file.read_text())["teachers"]) == {"text"}
    assert (folder / "run" / "predictions-text.csv").is_file()
    assert "text-part0: kept from an earlier run" in said
    assert own.read_text() == before


def test_it_does_not_run_in_several_processes(folder, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(RecipeError, match="without torchrun"):
        train_paper(write_paper_recipe(folder, "paper/sdcnl"), run_dir=folder / "many")


def begun(said):
    return {line.removesuffix(" …") for line in said if line.endswith(" …")}


def test_what_is_in_the_files_of_a_recipe_decides_what_is_kept(folder, plain):
    recipe, _, _ = plain
    other = write_paper_recipe(folder, "paper/sdcnl", emoticons="faces.txt")
    (folder / "faces.txt").write_text(":(\n")
    lexicon, weights = folder / "senticnet.tsv", folder / "bert" / "model.safetensors"
    before = {file: file.read_bytes() for file in (lexicon, weights)}

    def run(file):
        said = []
        train_paper(file, run_dir=folder / "run", say=said.append)
        return begun(said)

    students = {"student-part0-run0", "student-part0-run1"}
    twins = {"twin-part0-run0", "twin-part0-run1"}
    try:
        lexicon.write_bytes(before[lexicon].replace(b"tired", b"calmer"))
        assert run(recipe) == {"emotion-tokens", "emotion-part0", *students}
        lexicon.write_bytes(before[lexicon])
        tensors = load_file(weights)
        save_file(
            {name: 1.5 * tensor for name, tensor in tensors.items()}, weights, {"format": "pt"}
        )
        assert {"text-part0", *students, *twins} <= run(recipe)
        weights.write_bytes(before[weights])
        run(other)
        (folder / "faces.txt").write_text(":(\n:-|\n")
        assert "text-part0" in run(other)
    finally:
        for file, content in before.items():
            file.write_bytes(content)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"audio__voices": ["bob"]}, "no voice 'bob': expected joe"),
        ({"audio__voices": ["bert#v2"]}, "no voice 'bert#v2'"),
        ({"audio__layers": 9}, "has 2 layers; 9"),
        ({"emotion__embeddings__lexicon": "senticnet:none.tsv"}, "SenticNet file none.tsv"),
        ({"emoticons": "none.txt"}, "emoticons file none.txt is missing"),
        ({"student__teachers": ["text", "text"]}, "a teacher stands twice"),
        ({"labels": ["depression", "suicide", "suicide"]}, "a label stands twice"),
        ({"emotion__embeddings__bert_heads": 5}, "12 can't be cut in 5 heads"),
        ({"text__fit__warmup": 0.1, "text__fit__plateau_patience": 2}, "exclude each other"),
        ({"data__splits": "none.csv"}, "leave data.splits out"),
    ],
)
def test_what_can_not_be_used_is_told_before_anything_is_trained(folder, changes, told):
    said = []
    recipe = write_paper_recipe(folder, "paper/sdcnl", **changes)
    with pytest.raises(MhkdError, match=re.escape(told)):
        train_paper(recipe, run_dir=folder / "early", say=said.append)
    assert not begun(said)


def test_a_run_folder_that_can_not_be_made_is_told_first(folder):
    (folder / "a-file").write_text("")
    with pytest.raises(RecipeError, match="--run-dir"):
        train_paper(write_paper_recipe(folder, "paper/sdcnl"), run_dir=folder / "a-file" / "run")


def test_the_rate_may_fall_at_once(folder):
    recipe = write_paper_recipe(
        folder, "paper/sdcnl", student__teachers=["text"], twin=False, runs=1,
        text__fit__plateau_patience=0,
    )  # fmt: skip
    assert train_paper(recipe, run_dir=folder / "at-once").is_file()


def test_files_of_a_recipe_are_looked_for_beside_the_data(tmp_path):
    (tmp_path / "mine.tsv").write_text("calm\tjoy\n")
    assert find_lexicon("mine.tsv", tmp_path) == str(tmp_path / "mine.tsv")
    assert find_lexicon("senticnet:mine.tsv", tmp_path) == f"senticnet:{tmp_path / 'mine.tsv'}"
    assert find_lexicon("goemotions", tmp_path) == "goemotions"
    assert find_lexicon("mine.tsv", tmp_path / "elsewhere") == "mine.tsv"
