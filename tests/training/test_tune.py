"""The search itself on a made-up objective, and each part of a tiny recipe."""

import sqlite3

import numpy as np
import pytest
import yaml

from mhkd.errors import RecipeError
from mhkd.training.trials import tune
from mhkd.training.tune import HeldOut, default_space, search, set_field
from tests.tiny import build_tiny_bundle
from tests.training.test_run import write_data, write_recipe

SPACE = {"rate": [0.1, 0.2, 0.3, 0.4], "width": [1, 2, 3]}
TRUTH = np.arange(40) % 2


def objective(tried, stop_after=None):
    def folds(settings):
        if stop_after is not None and len(tried) == stop_after:
            raise KeyboardInterrupt
        tried.append(dict(settings))
        wrong = round(40 * settings["rate"]) // 4 + settings["width"]
        for fold in range(4):
            rows = np.arange(fold * 10, fold * 10 + 10)
            right = np.eye(2)[TRUTH[rows]]
            right[:wrong] = right[:wrong, ::-1]
            yield HeldOut(rows, right)

    return folds


def run(folder, tried, trials, stop_after=None):
    return search(
        "text", SPACE, objective(tried, stop_after), TRUTH, folder,
        trials=trials, seed=5, say=lambda _: None,
    )  # fmt: skip


def test_a_search_that_was_killed_tries_what_it_would_have_tried(tmp_path):
    whole, first, rest = [], [], []
    best = run(tmp_path / "whole", whole, 14)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "parts", first, 14, stop_after=6)
    again = run(tmp_path / "parts", rest, 14)
    assert first + rest == whole
    assert again == best
    assert best.settings == {"rate": 0.1, "width": 1}
    assert best.score == pytest.approx(0.8)
    assert run(tmp_path / "parts", [], 14) == best
    written = yaml.safe_load((tmp_path / "parts" / "tune-text.yaml").read_text())
    assert written == best.settings
    with sqlite3.connect(tmp_path / "whole" / "tune.db") as stored:
        states = [row[0] for row in stored.execute("select state from trials")]
    assert "PRUNED" in states
    assert states.count("COMPLETE") + states.count("PRUNED") == 14


def test_another_space_or_other_inputs_are_a_search_of_their_own(tmp_path):
    def run_in(space, inputs=None):
        tried = []
        search(
            "text", space, objective(tried), TRUTH, tmp_path, trials=1, seed=5,
            say=lambda _: None, inputs=inputs,
        )  # fmt: skip
        return tried

    assert len(run_in(SPACE)) == 1
    assert len(run_in(SPACE)) == 0
    assert len(run_in({**SPACE, "width": [1, 2]})) == 1
    assert len(run_in(SPACE, {"labels": ["a", "b"]})) == 1
    assert len(run_in(SPACE, {"labels": ["b", "a"]})) == 1
    assert len(run_in(SPACE, {"labels": ["a", "b"]})) == 0


def test_a_field_is_set_where_it_stands_and_nowhere_else():
    part = {"fit": {"dropout": 0.1}, "large": None, "alpha": 0.5}
    set_field(part, "fit.dropout", 0.2, part="student")
    assert part == {"fit": {"dropout": 0.2}, "large": None, "alpha": 0.5}
    for name, message in (
        ("ftt.dropout", "tune.student: ftt.dropout: .* Did you mean fit"),
        ("fit.dropuot", "tune.student: fit.dropuot: .* Did you mean dropout"),
        ("large.fit.epochs", "the recipe's large has no fields"),
        ("alpha.x", "the recipe's alpha has no fields"),
    ):
        with pytest.raises(RecipeError, match=message):
            set_field(part, name, 1, part="student")
    assert part == {"fit": {"dropout": 0.2}, "large": None, "alpha": 0.5}


def test_the_default_spaces_are_those_of_the_supplement():
    assert default_space("text")["fit.learning_rate"] == [1e-4, 1e-5, 2e-5, 3e-5, 4e-5, 5e-5]
    assert default_space("emotion")["hidden"] == [100, 200, 300, 400, 500]
    assert default_space("student", layers=6)["candidate.layers"] == [2, 4, 6]
    assert "fit.epochs" not in default_space("text", probed=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tune")
    build_tiny_bundle(folder)
    write_data(folder)
    content = yaml.safe_load(write_recipe(folder, folder / "backbones").read_text())
    content["tune"] = {
        "text": {"fit.epochs": [1, 2], "fit.learning_rate": [1e-4, 1e-3]},
        "audio": {"fit.dropout": [0.01, 0.5]},
        "emotion": {"hidden": [4, 6], "width": [8, 12]},
        "student": {"alpha": [0.3, 1.0], "candidate.layers": [2, 3], "fit.epochs": [1]},
    }
    (folder / "tune.yaml").write_text(yaml.safe_dump(content))
    return folder


@pytest.mark.parametrize("part", ["text", "audio", "emotion", "student"])
def test_each_part_is_searched_and_the_search_goes_on(folder, part):
    said = []
    for trials in (1, 2):
        found = tune(
            folder / "tune.yaml", part, data_dir=folder, run_dir=folder / "run", workers=1,
            trials=trials, say=said.append,
        )  # fmt: skip
        assert found.trials == trials
    space = yaml.safe_load((folder / "tune.yaml").read_text())["tune"][part]
    assert {name: value in space[name] for name, value in found.settings.items()} == dict.fromkeys(
        space, True
    )
    assert 0 <= found.score <= 1
    assert len([line for line in said if line.startswith(f"{part} ") and "/" in line]) == 2


def test_another_backbone_is_searched_anew(folder):
    content = yaml.safe_load((folder / "tune.yaml").read_text())
    places = {"data_dir": folder, "run_dir": folder / "other", "workers": 1, "trials": 1}
    said = []
    for backbone in ("mpnet", "bert", "mpnet"):
        content["text"]["backbone"] = str(folder / "backbones" / backbone)
        (folder / "other.yaml").write_text(yaml.safe_dump(content))
        tune(folder / "other.yaml", "text", **places, say=said.append)
    assert len([line for line in said if line.startswith("text 1/1")]) == 2


def test_a_field_that_is_not_there_is_named(folder):
    content = yaml.safe_load((folder / "tune.yaml").read_text())
    content["tune"]["text"] = {"heads": [2]}
    (folder / "wrong.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(RecipeError, match="tune.text: heads"):
        tune(folder / "wrong.yaml", "text", data_dir=folder, run_dir=folder / "run")
    content["tune"]["text"] = {"ftt.dropout": [0.1, 0.2]}
    (folder / "wrong.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(RecipeError, match=r"tune\.text: ftt\.dropout: .*Did you mean fit"):
        tune(folder / "wrong.yaml", "text", data_dir=folder, run_dir=folder / "run")
    with pytest.raises(RecipeError, match="no part 'voice'"):
        tune(folder / "tune.yaml", "voice", data_dir=folder, run_dir=folder / "run")
