import pytest
import torch

from mhkd.errors import BundleError
from mhkd.models.backbones import keep_layers, load_text_backbone, split_encoder
from mhkd.models.encoded import encode_post
from mhkd.models.text import TextClassifier, batch_posts
from tests.tiny import build_tiny_bundle


@pytest.fixture(scope="module")
def backbones(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    build_tiny_bundle(folder)
    return folder / "backbones"


@pytest.fixture(params=["bert", "mpnet"])
def backbone(request, backbones):
    return load_text_backbone(str(backbones / request.param))


def test_lower_and_upper_layers_together_are_the_encoder(backbone):
    post = encode_post(backbone.tokenizer, "I feel so tired and alone today")
    embeddings = backbone.encoder.get_input_embeddings()(post.input_ids)
    whole = backbone.encoder(inputs_embeds=embeddings, attention_mask=post.attention_mask)
    bottom, top = split_encoder(backbone.encoder, 1)
    lower = bottom(inputs_embeds=embeddings, attention_mask=post.attention_mask)
    upper = top(
        inputs_embeds=lower.last_hidden_state, attention_mask=post.attention_mask
    ).last_hidden_state
    assert torch.equal(upper, whole.last_hidden_state)


def test_splitting_leaves_the_encoder_as_it_was(backbone):
    before = len(backbone.encoder.encoder.layer)
    names = list(backbone.encoder.state_dict())
    split_encoder(backbone.encoder, 1)
    assert len(backbone.encoder.encoder.layer) == before
    assert list(backbone.encoder.state_dict()) == names


def test_more_layers_than_there_are_is_refused(backbone):
    with pytest.raises(BundleError, match="99 were asked for"):
        keep_layers(backbone.encoder, 99)


def test_a_post_alone_and_in_a_batch_gets_the_same_logits(backbone):
    model = TextClassifier(backbone.encoder, 2).eval()
    texts = ["tired", "I feel so tired and alone. The walk today was good (calm)! " * 60]
    posts = [encode_post(backbone.tokenizer, text) for text in texts]
    device = torch.device("cpu")
    with torch.inference_mode():
        together = model(batch_posts(posts, 0, device))
        alone = torch.cat([model(batch_posts([post], 0, device)) for post in posts])
    assert torch.allclose(together, alone, atol=1e-5)


def test_the_head_reads_the_uppermost_layers_side_by_side(backbone):
    model = TextClassifier(backbone.encoder, 2, pooled_layers=2).eval()
    post = encode_post(backbone.tokenizer, "so tired")
    with torch.inference_mode():
        states = backbone.encoder(
            post.input_ids, attention_mask=post.attention_mask, output_hidden_states=True
        ).hidden_states
        expected = model.head(torch.cat([state[0].mean(0) for state in states[-2:]]))
        found = model(batch_posts([post], 0, torch.device("cpu")))
    assert torch.allclose(found[0], expected, atol=1e-5)


def test_pooling_counts_no_padding(backbone):
    model = TextClassifier(backbone.encoder, 2)
    post = encode_post(backbone.tokenizer, "so tired")
    batch = batch_posts([post], 0, torch.device("cpu"))
    hidden = torch.randn(*post.input_ids.shape, model.head.in_features)
    assert torch.allclose(model.pool(hidden, batch)[0], hidden[0].mean(0), atol=1e-6)


def test_a_long_post_is_cut_after_four_windows_and_says_so(backbone):
    text = "tired " * 2000
    post = encode_post(backbone.tokenizer, text, window_tokens=16, max_windows=4)
    assert post.input_ids.shape == (4, 16)
    assert post.tokens_read == 4 * 14
    assert post.tokens_total > post.tokens_read


def test_offsets_point_into_the_post_itself(backbone):
    text = "I feel\x00 so \ud800tired, and alone"
    post = encode_post(backbone.tokenizer, text)
    spans = post.offsets[post.special_mask == 0].tolist()
    read = [text[start:end].lower() for start, end in spans]
    assert {"feel", "so", "alone"} <= set(read)


def test_an_empty_post_is_one_window_of_special_tokens(backbone):
    post = encode_post(backbone.tokenizer, "")
    assert post.input_ids.shape == (1, 2)
    assert post.tokens_read == 0
