"""What the keys of kept results see of a recipe."""

import pytest
from pydantic import Field, ValidationError

from mhkd.training.recipe import (
    EmotionRecipe,
    FitRecipe,
    StudentCandidate,
    StudentRecipe,
    TextRecipe,
    load_recipe,
)


class WiderFit(FitRecipe):
    clipping: float = Field(1.0)


class WiderText(TextRecipe):
    heads: int | None = Field(None)
    fit: WiderFit = WiderFit()


def test_a_new_field_leaves_the_keys_of_kept_results_as_they_are():
    values = {"backbone": "b", "frozen_layers": 2, "fit": {"epochs": 5}}
    wider = WiderText.model_validate(values)
    assert wider.chosen() == TextRecipe.model_validate(values).chosen() == values
    changed = WiderText.model_validate({**values, "heads": 12, "fit": {"clipping": 0.5}})
    assert changed.chosen()["heads"] == 12
    assert changed.chosen()["fit"] == {"clipping": 0.5}


def test_a_written_default_is_no_choice_and_every_other_value_is():
    written = TextRecipe(backbone="b", frozen_layers=0, lora_rank=16, fit=FitRecipe(epochs=3))
    assert written.chosen() == {"backbone": "b", "frozen_layers": 0}
    assert "lora_rank" in written.model_copy(update={"lora_rank": 8}).chosen()


def test_fields_may_be_left_out():
    emotion = load_recipe("embedded/sdcnl").emotion
    assert isinstance(emotion, EmotionRecipe)
    assert {"fit", "tune_embeddings"} <= set(emotion.chosen())
    assert "fit" not in emotion.chosen(exclude={"fit", "tune_embeddings"})


@pytest.mark.parametrize("name", ["sdcnl", "idendep"])
def test_an_embedded_recipe_names_its_labels_and_where_they_come_from(name):
    recipe = load_recipe(f"embedded/{name}")
    assert recipe.name == name
    assert set(recipe.label_sources) == set(recipe.labels)
    assert sum(recipe.speech.voices.values()) == pytest.approx(1)
    assert min(recipe.speech.voices.values()) >= 0.2


def test_a_copy_of_a_held_out_post_is_not_learned_from():
    candidate = StudentCandidate(backbone="b", layers=2)
    with pytest.raises(ValidationError, match="exclude each other"):
        StudentRecipe(candidates=[candidate], masked_copies=1, fit=FitRecipe(patience=2))
