"""Options of the commands around training that belong to one kind of recipe."""

import pytest
import yaml

from mhkd.cli import main
from mhkd.training.recipe import Recipe


def refuse(capsys, *arguments):
    assert main([str(argument) for argument in arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()[-1]


def test_a_recipe_is_shown_to_be_copied(capsys, tmp_path):
    assert main(["recipes", "--show", "embedded/sdcnl-quick"]) == 0
    shown = capsys.readouterr().out
    recipe = Recipe.model_validate(yaml.safe_load(shown))
    assert recipe.speech.words == 100
    assert (recipe.student.seeds, recipe.student.subset_seeds, recipe.student.large) == (1, 0, None)
    assert not recipe.student.study and not recipe.emotion.study
    assert "no recipe 'embedded/none'" in refuse(capsys, "recipes", "--show", "embedded/none")


@pytest.mark.parametrize(("option", "value"), [("--out", "x"), ("--workers", "2")])
def test_a_recipe_of_the_paper_refuses_what_it_would_ignore(capsys, tmp_path, option, value):
    told = refuse(capsys, "train", "paper/sdcnl", "--data-dir", tmp_path, option, value)
    assert f"{option} is for" in told


def test_a_run_folder_that_cant_be_made_is_told_in_one_line(capsys, tmp_path):
    (tmp_path / "file").touch()
    rows = [f"p{i},some words {i},{('depression', 'suicide')[i % 2]}" for i in range(12)]
    for name in ("train", "test"):
        content = [f"{name}{row}" for row in rows]
        (tmp_path / f"{name}.csv").write_text("\n".join(["id,text,label", *content]) + "\n")
    places = ("--data-dir", tmp_path, "--run-dir", tmp_path / "file" / "run")
    told = refuse(capsys, "train", "embedded/sdcnl", *places)
    assert "leave data.splits out" in told
    (tmp_path / "splits.csv").write_text("id,author_group\n")
    told = refuse(capsys, "train", "embedded/sdcnl", *places)
    assert "--run-dir" in told
