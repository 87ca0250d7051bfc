"""Copies of posts without some of their words."""

import pytest
import torch

from mhkd.errors import RecipeError
from mhkd.models.backbones import load_text_backbone
from mhkd.models.encoded import encode_post, place_tokens
from mhkd.text.spans import word_spans
from mhkd.training.masking import Masking
from mhkd.training.stages import RunFolder
from mhkd.training.texts import keep_states
from tests.tiny import build_tiny_bundle

TEXT = "i feel so tired today and good tomorrow maybe " * 12


@pytest.fixture
def backbone(tmp_path):
    build_tiny_bundle(tmp_path)
    return str(tmp_path / "backbones" / "bert")


def test_whole_words_are_hidden_and_nothing_else_changes(backbone):
    tokenizer = load_text_backbone(backbone).tokenizer
    post = encode_post(tokenizer, TEXT)
    copy = Masking(1, 0.9).mask(post, TEXT, tokenizer.mask_token_id)
    hidden = copy.input_ids == tokenizer.mask_token_id
    places = place_tokens(post, word_spans(TEXT))
    assert hidden.any() and not hidden.all()
    assert not hidden[places < 0].any()  # special tokens stay
    for word in places[places >= 0].unique():
        assert hidden[places == word].unique().numel() == 1
    assert torch.equal(copy.input_ids[~hidden], post.input_ids[~hidden])
    assert torch.equal(copy.attention_mask, post.attention_mask)


def test_a_text_loses_the_same_words_again_and_others_in_another_copy(backbone):
    tokenizer = load_text_backbone(backbone).tokenizer
    post = encode_post(tokenizer, TEXT)

    def mask(copy: int) -> torch.Tensor:
        return Masking(copy, 0.9).mask(post, TEXT, tokenizer.mask_token_id).input_ids

    assert torch.equal(mask(1), mask(1))
    assert not torch.equal(mask(1), mask(2))


def test_the_share_is_drawn_evenly_up_to_its_limit(backbone):
    tokenizer = load_text_backbone(backbone).tokenizer
    shares = []
    for number in range(200):
        text = f"{number} {TEXT}"
        post = encode_post(tokenizer, text)
        ids = Masking(1, 0.6).mask(post, text, tokenizer.mask_token_id).input_ids
        shares.append(
            float((ids == tokenizer.mask_token_id)[post.special_mask == 0].float().mean())
        )
    assert max(shares) < 0.75  # words are drawn one by one, around the share
    assert 0.25 < sum(shares) / len(shares) < 0.35
    assert min(shares) < 0.05


def test_a_post_without_words_stays(backbone):
    tokenizer = load_text_backbone(backbone).tokenizer
    post = encode_post(tokenizer, " ")
    assert Masking(1, 0.6).mask(post, " ", tokenizer.mask_token_id) is post


def test_states_of_copies_are_kept_apart(backbone, tmp_path):
    run = RunFolder(tmp_path, lambda _: None)
    whole = keep_states(backbone, 1, [TEXT], run)
    copy = keep_states(backbone, 1, [TEXT], run, Masking(1, 0.9))
    assert whole.states[0].shape == copy.states[0].shape
    assert not torch.equal(whole.states[0], copy.states[0])
    assert torch.equal(keep_states(backbone, 1, [TEXT], run).states[0], whole.states[0])


def test_a_backbone_without_a_mask_token_is_refused(backbone, tmp_path, monkeypatch):
    loaded = load_text_backbone(backbone)
    loaded.tokenizer.mask_token = None
    monkeypatch.setattr("mhkd.training.texts.load_text_backbone", lambda _: loaded)
    with pytest.raises(RecipeError, match=r"no mask token.*masked_copies"):
        keep_states(backbone, 1, [TEXT], RunFolder(tmp_path, print), Masking(1, 0.6))
