"""The search of a recipe of the paper, on tiny stand-ins."""

import numpy as np
import pytest

from mhkd.errors import RecipeError
from mhkd.training.paper.recipe import load_paper_recipe
from mhkd.training.paper.run import open_run
from mhkd.training.paper.trials import SPACES, _change, _with_settings, batch_f1, tune_paper
from tests.training.paper.tiny_hub import build_tiny_hub, write_paper_recipe, write_posts


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    folder = build_tiny_hub(tmp_path_factory.mktemp("trials"))
    write_posts(folder)
    return write_paper_recipe(
        folder, "paper/sdcnl", student__teachers=["text"],
        tune={
            "text": {"heads": [2, 4], "layers": [1, 2]},
            "emotion": {"layers": [2, 3], "hidden": [4, 6]},
            "student": {"activation": ["relu", "gelu"], "fit.epochs": [1]},
            "objective": "pooled_macro_f1",
        },
    )  # fmt: skip


@pytest.mark.parametrize("part", ["text", "emotion", "student"])
def test_each_part_is_searched_and_the_search_goes_on(recipe, part):
    for trials in (1, 2):
        found = tune_paper(recipe, part, run_dir=recipe.parent / "run", trials=trials)
        assert found.trials == trials
    assert set(found.settings) == set(getattr(load_paper_recipe(recipe).tune, part))


def test_every_value_of_the_supplement_fits_the_shipped_recipe():
    shipped = load_paper_recipe("paper/deptweet")
    for part, space in SPACES.items():
        for name, values in space.items():
            for value in values:
                _with_settings(shipped, part, {name: value})
    with pytest.raises(RecipeError, match="tune.text: warmth"):
        _with_settings(shipped, "text", {"warmth": 1})


@pytest.mark.parametrize(
    ("part", "name", "told"),
    [
        ("text", "ftt.dropout", "Did you mean fit"),
        ("text", "fit.dropuot", "there is no such field"),
        ("emotion", "layers.fit", "has no fields to set"),
    ],
)
def test_a_field_that_is_not_there_is_refused_before_anything_is_read(part, name, told, tmp_path):
    recipe = write_paper_recipe(tmp_path, "paper/sdcnl", tune={part: {name: [0.1]}})
    with pytest.raises(RecipeError, match=told):
        tune_paper(recipe, part, run_dir=tmp_path / "run")


def test_a_value_that_the_backbone_does_not_fit_is_refused_before_anything_is_fitted(recipe):
    changed = write_paper_recipe(
        recipe.parent, "paper/sdcnl", tune={"text": {"layers": [1, 9]}}, name="too-deep"
    )
    with pytest.raises(RecipeError, match="has 3 layers; 9"):
        tune_paper(changed, "text", run_dir=recipe.parent / "deep")
    assert not (recipe.parent / "deep").exists()


def test_what_models_share_follows_the_settings_of_a_trial(recipe):
    run = open_run(
        load_paper_recipe(recipe), ["emotion"], data_dir=None, run_dir=recipe.parent / "shared",
        allow_hub=False, say=lambda _: None,
    )  # fmt: skip
    part = run.posts.parts[0]
    wider = _change(run, "emotion", {"embeddings.width": 24})
    assert (run.material.table(part).shape[1], wider.material.table(part).shape[1]) == (12, 24)
    assert _change(run, "emotion", {"hidden": 9}).material.reader is run.material.reader


def test_another_recipe_in_the_same_folder_is_a_search_of_its_own(recipe):
    folder = recipe.parent / "two"
    space = {"text": {"heads": [2, 4]}}
    for dropout in (0.0, 0.3):
        changed = write_paper_recipe(
            recipe.parent, "paper/sdcnl", tune=space, text__dropout=dropout, name="two"
        )
        said = []
        tune_paper(changed, "text", run_dir=folder, trials=1, say=said.append)
        assert [line for line in said if line.startswith("text 1/1")]


def test_the_notebooks_measure_depends_on_the_batches():
    truth, guess = np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1])
    assert batch_f1(2)(truth, guess) == pytest.approx((1.0 + 2 / 3) / 2)
    assert batch_f1(4)(truth, guess) == pytest.approx(0.7333, abs=1e-4)
