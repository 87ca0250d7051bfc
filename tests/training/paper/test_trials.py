"""The search of a recipe of the paper, on tiny stand-ins."""

import numpy as np
import pytest

from mhkd.errors import RecipeError
from mhkd.training.paper.recipe import load_paper_recipe
from mhkd.training.paper.trials import SPACES, _with_settings, batch_f1, tune_paper
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


def test_the_notebooks_measure_depends_on_the_batches():
    truth, guess = np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1])
    assert batch_f1(2)(truth, guess) == pytest.approx((1.0 + 2 / 3) / 2)
    assert batch_f1(4)(truth, guess) == pytest.approx(0.7333, abs=1e-4)
