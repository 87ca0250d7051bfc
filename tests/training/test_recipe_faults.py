"""A fault in a recipe is told with what mends it."""

import pytest
import yaml

from mhkd.errors import RecipeError
from mhkd.training.recipe import load_recipe
from tests.training.test_run import write_recipe


def refuse(tmp_path, edit):
    content = yaml.safe_load(write_recipe(tmp_path, tmp_path).read_text())
    edit(content)
    (tmp_path / "wrong.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(RecipeError) as fault:
        load_recipe(tmp_path / "wrong.yaml")
    return fault.value.public_message.removeprefix(f"{tmp_path / 'wrong.yaml'}: ")


def test_an_unknown_field_is_told_with_those_near_it(tmp_path):
    told = refuse(tmp_path, lambda c: c["student"].update(fit={"epoch": 3}))
    assert told == "student.fit.epoch: there is no such field. Did you mean epochs?"
    told = refuse(tmp_path, lambda c: c["student"]["candidates"][0].update(layer=1))
    assert told.startswith("student.candidates.0.layer: ") and "layers" in told
    told = refuse(tmp_path, lambda c: c["audio"].update(xyz=1))
    assert told == "audio.xyz: there is no such field. Fields: backbone, fit."


@pytest.mark.parametrize(("label", "quoted"), [(False, '"no"'), (True, '"yes"'), (3, '"3"')])
def test_a_word_that_yaml_reads_otherwise_is_to_be_quoted(tmp_path, label, quoted):
    told = refuse(tmp_path, lambda c: c.update(labels=[label, "other"]))
    assert told.startswith("labels.0: ") and f"quote it, as in {quoted}" in told


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: c.update(labels=["a", "b", "a"]), "labels: 'a' stands there twice."),
        (
            lambda c: c["student"].update(validation_folds=3),
            "student.validation_folds (3) is more than the 2 folds of data.folds.",
        ),
        (
            lambda c: c["speech"].update(voices={"joe": 1.5, "heart": -0.5}),
            "speech: the shares of the voices are 0 or more and add up to 1; these add up to 1, "
            "the least is -0.5.",
        ),
        (
            lambda c: c["student"]["candidates"][0].update(layers=1, frozen_layers=2),
            "student.candidates.0: frozen_layers (2) is more than the 1 layers kept.",
        ),
        (
            lambda c: c["student"]["candidates"][0].update(frozen_layers=2, lora_rank=4),
            "student.candidates.0: no layer above the 2 frozen ones is left for adapters.",
        ),
    ],
)
def test_fields_that_exclude_each_other_are_named(tmp_path, edit, message):
    assert refuse(tmp_path, edit) == message
