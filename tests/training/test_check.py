"""What a recipe asks for and is not there is told before a word is spoken."""

import pytest
import yaml

from mhkd.errors import RecipeError
from mhkd.training.check import check_recipe
from mhkd.training.recipe import load_recipe
from mhkd.training.run import train
from tests.tiny import build_tiny_bundle
from tests.training.test_run import write_data, write_recipe


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("check")
    build_tiny_bundle(folder)
    write_data(folder)
    write_recipe(folder, folder / "backbones")
    return folder


def change(folder, place, value):
    """The tiny recipe with another value, its file."""
    content = yaml.safe_load((folder / "tiny.yaml").read_text())
    *parents, last = place
    inside = content
    for parent in parents:
        inside = inside[parent]
    inside[last] = value
    (folder / "changed.yaml").write_text(yaml.safe_dump(content))
    return folder / "changed.yaml"


def contexts(folder, layer):
    return {"backbone": str(folder / "backbones" / "mpnet"), "layer": layer}


def test_the_tiny_recipe_and_the_shipped_ones_pass(folder):
    check_recipe(load_recipe(folder / "tiny.yaml"))
    check_recipe(load_recipe("embedded/sdcnl-quick"))


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("speech", "voices"), {"bob": 1.0}, "speech.voices: there is no voice 'bob'"),
        (("speech", "app_voice"), "bob", "speech.app_voice: there is no voice 'bob'"),
        (("text", "frozen_layers"), 99, "text: 99 layers of .*, which has 3"),
        (("text", "pooled_layers"), 99, "text.pooled_layers: 99 layers can't be read"),
        (("text", "frozen_layers"), 3, "text.lora_rank: no layer above"),
        (("text", "backbone"), "nope", "text.backbone: There is no backbone 'nope'"),
        (("audio", "backbone"), "nope", "audio.backbone: There is no backbone 'nope'"),
        (("emotion", "features"), "nope", "emotion.features.*no backbone 'nope'"),
        (("emotion", "lexicon"), "nope", "emotion.lexicon"),
        (("student", "candidates", 1, "layers"), 99, "student.candidates.1: 99 layers of"),
        (("student", "large", "candidate", "layers"), 9, "student.large.candidate: 9 layers of"),
    ],
)
def test_what_is_not_there_is_named_with_its_field(folder, place, value, message):
    with pytest.raises(RecipeError, match=message):
        check_recipe(load_recipe(change(folder, place, value)))


def test_contexts_come_from_a_layer_that_the_backbone_has(folder):
    check_recipe(load_recipe(change(folder, ("emotion", "contexts"), contexts(folder, 3))))
    file = change(folder, ("emotion", "contexts"), contexts(folder, 4))
    with pytest.raises(RecipeError, match="emotion.contexts: 4 layers of .*, which has 3"):
        check_recipe(load_recipe(file))


def test_another_kind_of_backbone_is_named(folder):
    file = change(folder, ("text", "backbone"), str(folder / "backbones" / "whisper"))
    with pytest.raises(RecipeError, match="text.backbone"):
        check_recipe(load_recipe(file))
    file = change(folder, ("audio", "backbone"), str(folder / "backbones" / "bert"))
    with pytest.raises(RecipeError, match="audio.backbone"):
        check_recipe(load_recipe(file))


def test_a_run_tells_it_before_it_speaks(folder):
    file = change(folder, ("student", "candidates", 0, "layers"), 99)
    said = []
    with pytest.raises(RecipeError, match="99 layers"):
        train(file, data_dir=folder, run_dir=folder / "run", workers=1, say=said.append)
    assert said == []
    assert not list((folder / "run").iterdir())
