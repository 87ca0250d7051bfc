import pytest
import torch

from mhkd.models.emotion import EmotionClassifier, batch_words, encode_words, weigh_words

VOCABULARY = {"tired": 1, "alone": 2, "walk": 3}


def make_model():
    torch.manual_seed(0)
    table = torch.cat([torch.zeros(1, 4), torch.randn(3, 4)])
    return EmotionClassifier(table, 2, 5).eval()


def test_known_words_are_found_where_they_stand():
    text = "So TIRED, and alone; nobody’s here."
    words = encode_words(VOCABULARY, text)
    assert words.words == ("tired", "alone")
    assert [text[a:b] for a, b in words.offsets] == ["TIRED", "alone"]
    assert (words.words_read, words.words_total) == (2, 6)


def test_padding_does_not_change_a_post():
    model = make_model()
    short, long = (encode_words(VOCABULARY, text) for text in ("tired", "tired alone walk walk"))
    device = torch.device("cpu")
    assert torch.allclose(
        model(batch_words([short, long], device))[0], model(batch_words([short], device))[0]
    )


def test_a_post_without_known_words_gets_an_answer():
    logits = make_model()(batch_words([encode_words(VOCABULARY, "hello")], torch.device("cpu")))
    assert torch.isfinite(logits).all()


def test_the_embeddings_reach_the_answer():
    model = make_model()
    words = batch_words([encode_words(VOCABULARY, "tired alone")], torch.device("cpu"))
    before = model(words)
    model.embedding.weight.data[1:] = model.embedding.weight.data[[3, 1, 2]]
    assert not torch.allclose(model(words), before)


def test_a_word_that_recurs_counts_once():
    device = torch.device("cpu")
    model = make_model().eval()
    once = batch_words([encode_words(VOCABULARY, "tired alone")], device)
    often = batch_words([encode_words(VOCABULARY, "tired tired alone tired")], device)
    assert weigh_words(often)[0].tolist() == pytest.approx([1 / 3, 1 / 3, 1, 1 / 3])
    assert torch.allclose(model(once), model(often), atol=1e-6)
