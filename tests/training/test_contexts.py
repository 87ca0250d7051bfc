import torch

from mhkd.training.contexts import average_contexts
from mhkd.training.stages import RunFolder
from mhkd.training.texts import keep_states
from tests.tiny import build_tiny_bundle


def test_a_word_gets_the_mean_of_its_places_and_one_of_all(tmp_path):
    build_tiny_bundle(tmp_path)
    backbone = str(tmp_path / "backbones" / "bert")
    texts = ["Tired today", "so tired"]
    kept = keep_states(backbone, 1, texts, RunFolder(tmp_path, print))
    found = average_contexts(["tired", "today", "good"], texts, backbone, kept)
    places = [kept.states[0][0, 1], kept.states[1][0, 2]]  # one token each, after [CLS]
    today = kept.states[0][0, 2].float()
    tired = [place.float() for place in places]
    everywhere = (tired[0] + tired[1] + today) / 3
    assert torch.allclose(found[0], (tired[0] + tired[1] + everywhere) / 3, atol=1e-3)
    assert torch.allclose(found[1], (today + everywhere) / 2, atol=1e-3)
    assert torch.allclose(found[2], everywhere, atol=1e-3)
