"""Fields that would be ignored are refused."""

import pytest
import yaml

from mhkd.errors import RecipeError
from mhkd.training.idle import refuse_idle_search
from mhkd.training.recipe import load_recipe
from tests.training.test_run import write_recipe


def load(tmp_path, **parts):
    content = yaml.safe_load(write_recipe(tmp_path, tmp_path).read_text())
    for part, values in parts.items():
        content[part] |= values
    (tmp_path / "idle.yaml").write_text(yaml.safe_dump(content))
    return load_recipe(tmp_path / "idle.yaml")


@pytest.mark.parametrize("part", ["audio", "emotion"])
def test_a_teacher_without_adapters_has_no_dropout_before_them(tmp_path, part):
    with pytest.raises(RecipeError, match=rf"{part}\.fit\.adapter_dropout does nothing"):
        load(tmp_path, **{part: {"fit": {"adapter_dropout": 0.2}}})


def test_a_table_that_stays_has_no_learning_rate(tmp_path):
    fit = {"fit": {"learning_rate": 1e-3}}
    assert load(tmp_path, emotion=fit).emotion.fit.learning_rate == 1e-3
    with pytest.raises(RecipeError, match=r"emotion\.fit\.learning_rate does nothing"):
        load(tmp_path, emotion={**fit, "tune_embeddings": False})


@pytest.mark.parametrize(
    ("part", "field", "parts"),
    [
        ("text", "fit.epochs", {"text": {"probe": 0.1}}),
        ("text", "lora_rank", {"text": {"probe": 0.1}}),
        ("audio", "fit.adapter_dropout", {}),
        ("emotion", "study", {}),
        ("emotion", "fit.learning_rate", {"emotion": {"tune_embeddings": False}}),
        ("student", "large.fit.epochs", {}),
        ("student", "seeds", {}),
        ("student", "alpha", {"student": {"paper_loss": True}}),
        ("student", "masked_share", {}),
        ("student", "fit.adapter_dropout", {}),
    ],
)
def test_a_search_of_what_does_nothing_is_refused(tmp_path, part, field, parts):
    with pytest.raises(RecipeError, match=rf"tune\.{part}: {field} does nothing"):
        refuse_idle_search(load(tmp_path, **parts), part, [field])


def test_a_field_counts_where_the_search_itself_makes_it_count(tmp_path):
    recipe = load(tmp_path, emotion={"tune_embeddings": False})
    refuse_idle_search(recipe, "emotion", ["fit.learning_rate", "tune_embeddings"])
    refuse_idle_search(recipe, "student", ["masked_share", "masked_copies"])
    refuse_idle_search(recipe, "student", ["fit.adapter_dropout", "candidate.lora_rank"])
    refuse_idle_search(recipe, "text", ["fit.epochs", "lora_rank"])
    with pytest.raises(RecipeError, match="does nothing"):
        refuse_idle_search(recipe, "text", ["fit.epochs", "probe"])
