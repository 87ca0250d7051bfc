"""``hub:NAME`` in an embedded recipe, from a cache laid out as the hub's; nothing is downloaded."""

import json
import shutil

import pytest
import yaml
from transformers import AutoModel, BertConfig, BertModel

from mhkd.errors import RecipeError
from mhkd.models.backbones import load_text_backbone
from mhkd.training.hub import import_text_backbone, take_from_hub
from mhkd.training.recipe import load_recipe
from mhkd.training.run import train
from tests.tiny import build_tiny_bundle, save_tokenizer
from tests.training.test_run import write_data, write_recipe


@pytest.fixture
def cached(tmp_path, monkeypatch):
    """A tiny BERT in a cache of the hub, as ``someone/tiny-bert``."""
    home = tmp_path / "hub" / "models--someone--tiny-bert"
    snapshot = home / "snapshots" / ("0" * 40)
    special = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    size = save_tokenizer(snapshot, special, cls="[CLS]", sep="[SEP]", pad="[PAD]", mask="[MASK]")
    config = BertConfig(
        vocab_size=size,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
    )
    BertModel(config).save_pretrained(snapshot)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text("0" * 40)
    for place in ("huggingface_hub.constants.HF_HUB_CACHE", "transformers.utils.hub.HF_HUB_CACHE"):
        monkeypatch.setattr(place, str(tmp_path / "hub"), raising=False)
    return snapshot


def test_a_cached_backbone_becomes_a_folder_and_the_bundle_forgets_the_hub(cached, tmp_path):
    build_tiny_bundle(tmp_path)
    write_data(tmp_path)
    content = yaml.safe_load(write_recipe(tmp_path, tmp_path / "backbones").read_text())
    content["text"] |= {"backbone": "hub:someone/tiny-bert", "probe": 0.1, "frozen_layers": 1}
    (tmp_path / "hub.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(RecipeError, match="--allow-hub"):
        train(tmp_path / "hub.yaml", data_dir=tmp_path, run_dir=tmp_path / "run", workers=1)
    bundle = train(
        tmp_path / "hub.yaml", data_dir=tmp_path, run_dir=tmp_path / "run", workers=1,
        allow_hub=True,
    )  # fmt: skip
    assert "hub:" not in (bundle / "bundle.json").read_text()
    kept = json.loads((bundle / "bundle.json").read_text())["text"]["backbone"]
    shutil.rmtree(cached.parent.parent)
    loaded = load_text_backbone(kept)
    assert len(loaded.encoder.encoder.layer) == 2


def test_the_weights_are_those_of_the_hub_in_16_bit(cached, tmp_path):
    import_text_backbone("someone/tiny-bert", tmp_path / "kept")
    ours = load_text_backbone(str(tmp_path / "kept")).encoder.state_dict()
    for name, value in AutoModel.from_pretrained(cached).state_dict().items():
        if "pooler" not in name:
            assert ours[name].tolist() == value.half().float().tolist()


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(RecipeError, match="can't be loaded"):
        import_text_backbone("someone/absent", tmp_path / "kept")
    recipe = load_recipe("embedded/sdcnl")
    audio = recipe.audio.model_copy(update={"backbone": "hub:MIT/ast"})
    with pytest.raises(RecipeError, match="paper/sdcnl"):
        take_from_hub(
            recipe.model_copy(update={"audio": audio}), tmp_path, allow_hub=True, say=print
        )
    same = take_from_hub(recipe, tmp_path, allow_hub=False, say=print)
    assert same is recipe
