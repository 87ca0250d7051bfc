"""What a run keeps is not taken for other labels, texts, lexicons or backbones."""

import shutil

import numpy as np
import pytest
import yaml

from mhkd.training.data import LabelledPosts, load_task
from mhkd.training.own_files import identify_backbone, identify_lexicon, identify_own_files
from mhkd.training.recipe import load_recipe
from mhkd.training.run import Run
from mhkd.training.stages import RunFolder, make_key
from tests.tiny import build_tiny_bundle
from tests.training.test_run import write_data, write_recipe


@pytest.fixture
def made(tmp_path):
    build_tiny_bundle(tmp_path)
    write_data(tmp_path)
    return tmp_path, write_recipe(tmp_path, tmp_path / "backbones")


def _key(folder, file, **changes):
    content = {**yaml.safe_load(file.read_text()), **changes}
    file.write_text(yaml.safe_dump(content))
    recipe = load_recipe(file)
    data = load_task(recipe.data, recipe.labels, folder, recipe.seed)
    return make_key(Run(recipe, data, RunFolder(folder / "run", print)).inputs())


def test_labels_in_another_order_are_other_labels(made):
    first = _key(*made)
    assert _key(*made) == first
    assert _key(*made, labels=["suicide", "depression"]) != first


def test_a_lexicon_and_a_backbone_count_by_what_is_in_them(made):
    folder, _ = made
    first = _key(*made)
    lexicon = folder / "lexicon.tsv"
    content = lexicon.read_text()
    lexicon.write_text(content.replace("joy", "fear"))
    changed = _key(*made)
    assert changed != first
    lexicon.write_text(content)
    assert _key(*made) == first
    config = folder / "backbones" / "bert" / "config.json"
    config.write_text(config.read_text() + " ")
    assert _key(*made) not in (first, changed)


def test_what_is_shipped_counts_by_its_name(made):
    folder, _ = made
    assert identify_backbone("all-minilm-l6-v2") == "all-minilm-l6-v2"
    assert identify_lexicon("goemotions") == "goemotions"
    assert identify_own_files(load_recipe("embedded/sdcnl")) == []
    copied = shutil.copytree(folder / "backbones" / "bert", folder / "copied")
    told = identify_backbone(str(copied))
    assert told.split()[0] == str(copied)
    assert told.split()[1] == identify_backbone(str(folder / "backbones" / "bert")).split()[1]


def test_posts_count_by_text_and_label():
    labels = np.array([0, 1])
    posts = LabelledPosts(("a", "b"), ("one", "two"), labels, ("a", "b"), labels)
    same = LabelledPosts(("c", "d"), ("one", "two"), labels, ("a", "b"), labels)
    other = LabelledPosts(("a", "b"), ("one", "Two"), labels, ("a", "b"), labels)
    swapped = LabelledPosts(("a", "b"), ("one", "two"), 1 - labels, ("a", "b"), labels)
    assert posts.digest == same.digest
    assert len({posts.digest, other.digest, swapped.digest}) == 3
