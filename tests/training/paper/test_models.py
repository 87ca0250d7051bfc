"""The switches do to the networks what they say."""

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score
from transformers import ASTForAudioClassification, AutoTokenizer

from mhkd.emotion.lexicon import Lexicon
from mhkd.emotion.lexicons import open_lexicon
from mhkd.errors import RecipeError
from mhkd.training.paper.emog import PlainGraph, learn_token_table, mark_posts
from mhkd.training.paper.measures import answer_linearly, measure_model, summarise
from mhkd.training.paper.models import (
    EmotionMlp,
    build_audio_model,
    build_text_model,
    find_pretrained,
)
from mhkd.training.paper.recipe import load_paper_recipe
from mhkd.training.paper.students import distillation_term
from tests.training.paper.tiny_hub import GLAD, LOW, build_tiny_hub, write_paper_recipe


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return build_tiny_hub(tmp_path_factory.mktemp("hub"))


def load(folder, **changes):
    return load_paper_recipe(write_paper_recipe(folder, "paper/sdcnl", **changes))


def test_text_models_are_cut_and_changed_as_asked(folder):
    recipe = load(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder / "bert")
    tokenizer.add_tokens(["_URL_"])
    model = build_text_model(recipe.text, tokenizer, 3, allow_hub=False, seed=0)
    assert len(model.bert.encoder.layer) == 2
    assert model.config.num_attention_heads == 2
    assert model.config.hidden_act == "relu"
    assert model.config.attention_probs_dropout_prob == 0.1  # fault 13: its own
    assert model.get_input_embeddings().num_embeddings == len(tokenizer)
    assert model.classifier.out_features == 3
    with pytest.raises(RecipeError, match="can't be cut in 5 heads"):
        wrong = recipe.text.model_copy(update={"heads": 5})
        build_text_model(wrong, tokenizer, 3, allow_hub=False, seed=0)
    with pytest.raises(RecipeError, match="has 3 layers; 4"):
        wrong = recipe.text.model_copy(update={"layers": 4})
        build_text_model(wrong, tokenizer, 3, allow_hub=False, seed=0)


def test_cropped_positions_are_the_pretrained_ones_of_what_is_heard(folder):
    whole = ASTForAudioClassification.from_pretrained(folder / "ast")
    long = whole.audio_spectrogram_transformer.embeddings.position_embeddings
    recipe = load(folder).audio
    found = {}
    for kind in ("untrained", "cropped"):
        chosen = recipe.model_copy(update={"positions": kind})
        model = build_audio_model(chosen, 2, allow_hub=False, seed=0)
        found[kind] = model.audio_spectrogram_transformer.embeddings.position_embeddings
        assert model(input_values=torch.zeros(1, 64, 32)).logits.shape == (1, 2)
    # Patches of 16 in steps of 10: two bands, twelve times of 128 frames and five of 64.
    assert long.shape[1] == 2 + 2 * 12
    assert found["cropped"].shape[1] == 2 + 2 * 5
    assert torch.equal(found["cropped"][:, :2], long[:, :2])
    assert torch.equal(found["cropped"][:, 2:7], long[:, 2:7])
    assert torch.equal(found["cropped"][:, 7:12], long[:, 14:19])
    assert not torch.allclose(found["untrained"], found["cropped"])


def test_the_emotion_mlp_counts_padding_only_where_the_fault_is_wanted(folder):
    recipe = load(folder).emotion
    table = torch.randn(9, 4)
    ids, mask = torch.tensor([[3, 5, 0, 0]]), torch.tensor([[1, 1, 0, 0]])
    other = torch.tensor([[3, 5, 7, 8]])
    mean = EmotionMlp(recipe.model_copy(update={"pooling": "mean"}), table, 4, 2).eval()
    assert torch.equal(mean(ids, mask), mean(other, mask))
    flat = EmotionMlp(recipe, table, 4, 2).eval()
    assert flat.layers[0].in_features == 16
    assert (flat(ids, mask) >= 0).all()
    assert not flat.embedding.weight.requires_grad


def test_the_loss_of_the_notebooks_is_kl_divided_by_the_classes(folder):
    recipe = load(folder).student
    logits, soft = torch.randn(4, 3), torch.softmax(torch.randn(4, 3), -1)
    ours = distillation_term(logits, soft, recipe)
    theirs = torch.nn.KLDivLoss(reduction="mean")(torch.log_softmax(logits, -1), soft)
    assert ours.item() == pytest.approx(theirs.item(), abs=1e-6)
    mended = distillation_term(logits, soft, recipe.model_copy(update={"kl": "batchmean"}))
    assert mended.item() == pytest.approx(3 * ours.item(), abs=1e-6)


def test_embeddings_reach_the_bert_only_where_they_are_handed_over(folder):
    texts = [(GLAD, LOW)[i % 2].lower() for i in range(20)]
    tokenizer = AutoTokenizer.from_pretrained(folder / "bert")
    base = load(folder).emotion.embeddings.model_copy(update={"bert_learning_rate": 1e-6})
    lexicon = open_lexicon(base.lexicon)
    tables = {
        name: learn_token_table(base.model_copy(update=change), lexicon, texts, tokenizer, 1)
        for name, change in {
            "faithful": {},
            "longer": {"graph_epochs": 9},
            "handed": {"hand_over": True},
            "graph": {"phase_two": False},
        }.items()
    }
    assert tables["faithful"].shape == (len(tokenizer), 12)
    assert torch.equal(tables["faithful"], tables["longer"])  # the graph changes nothing
    tired = tokenizer.convert_tokens_to_ids("tired")
    assert torch.allclose(tables["handed"][tired], tables["graph"][tired], atol=1e-4)
    assert not torch.allclose(tables["faithful"][tired], tables["graph"][tired], atol=1e-2)


def test_any_token_marks_a_post_or_an_unusual_share_does():
    lexicon = Lexicon("l", ("joy",), {"good": ("joy",)})
    posts = [[0], [0, 1], [0, 1, 1, 1], [1]]
    assert mark_posts(posts, ["good", "so"], lexicon, "any").ravel().tolist() == [1, 1, 1, 0]
    assert mark_posts(posts, ["good", "so"], lexicon, "share").ravel().tolist() == [1, 1, 0, 0]


def test_the_summary_names_the_run_chosen_by_the_test_part():
    truth = np.array([0, 0, 0, 1])
    first = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]])  # never says 1
    second = np.array([[0.1, 0.9], [0.8, 0.2], [0.7, 0.3], [0.2, 0.8]])
    found = summarise([first, second], truth)
    assert found["mean"]["accuracy"] == pytest.approx(0.75)
    assert found["sd"]["accuracy"] == 0
    assert found["interval"]["accuracy"][0] < 0.75 < found["interval"]["accuracy"][1]
    weighted = [f1_score(truth, a.argmax(1), average="weighted") for a in (first, second)]
    assert [run["f1_weighted"] for run in found["single_runs"]] == pytest.approx(weighted)
    assert found["best_by_test"]["run"] == int(np.argmax(weighted)) == 1
    assert "ece_if_calibrated" in found["best_by_test"]


def test_what_a_part_without_a_label_does_not_have_is_none():
    found = measure_model(np.array([[0.9, 0.1], [0.4, 0.6]]), np.array([0, 0]))
    assert found["auc"] is None
    assert (found["accuracy"], found["n"]) == (0.5, 2)
    assert found["brier"] == pytest.approx((0.1**2 + 0.6**2) / 2)


def test_the_linear_baseline_learns_from_its_rows_alone():
    texts = [f"{('glad calm good', 'tired alone low')[i % 2]} {i % 5}" for i in range(24)]
    labels = np.array([i % 2 for i in range(24)])
    rows, others = np.arange(20), np.arange(20, 24)
    found = answer_linearly(texts, labels, rows, others)
    assert found.shape == (4, 2)
    assert found.argmax(1).tolist() == [0, 1, 0, 1]
    turned = labels.copy()
    turned[others] = 1 - turned[others]
    assert np.array_equal(answer_linearly(texts, turned, rows, others), found)
    assert answer_linearly(texts, labels, np.array([0, 2, 4, 1]), others) is None


def test_the_second_bias_of_the_graph_is_not_spread_along_its_edges():
    torch.manual_seed(0)
    graph = PlainGraph(3, 4, 2, 1).eval()
    dense = torch.tensor([[0.5, 0.2, 0.0], [0.2, 0.3, 0.1], [0.0, 0.1, 0.9]])
    hidden = torch.relu(dense @ graph.first + graph.bias)
    expected = dense @ hidden @ graph.second.weight.T + graph.second.bias
    assert torch.allclose(graph.embed(dense.to_sparse_csr()), expected, atol=1e-6)


def test_the_hub_is_taken_only_where_it_is_allowed():
    with pytest.raises(RecipeError, match="--allow-hub"):
        find_pretrained("hub:a/b", allow_hub=False)
    assert find_pretrained("hub:a/b", allow_hub=True) == "a/b"
