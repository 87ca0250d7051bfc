import numpy as np
import pytest
import torch

from mhkd.models.audio import WINDOW_SAMPLES, AudioClassifier, encode_sound
from mhkd.models.backbones import load_audio_backbone
from tests.tiny import build_tiny_bundle, tone


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    build_tiny_bundle(folder)
    return load_audio_backbone(str(folder / "backbones" / "whisper"), 2)


def test_a_full_window_gets_the_logits_of_transformers_own_head(backbone):
    sound = encode_sound(backbone.extractor, tone(10.0).samples)
    model = AudioClassifier(backbone.network).eval()
    with torch.inference_mode():
        ours = model(sound.features, sound.samples_heard, torch.zeros(1, dtype=torch.long))
        theirs = backbone.network(input_features=sound.features).logits
    assert torch.allclose(ours, theirs, atol=1e-5)


def test_what_was_heard_and_padded_adds_up(backbone):
    sound = encode_sound(backbone.extractor, tone(12.5).samples)
    assert sound.features.shape[0] == 2
    assert sound.samples_heard.tolist() == [WINDOW_SAMPLES, 40_000]
    assert (sound.seconds, sound.seconds_heard, sound.padding_s) == (12.5, 12.5, 7.5)


def test_a_long_recording_is_heard_for_thirty_seconds(backbone):
    sound = encode_sound(backbone.extractor, np.zeros(16_000 * 45, np.float32))
    assert (sound.seconds, sound.seconds_heard, len(sound.features)) == (45.0, 30.0, 3)


@pytest.mark.parametrize(("seconds", "windows", "heard"), [(10.9, 1, 10.0), (11.0, 2, 11.0)])
def test_a_short_rest_after_a_whole_window_is_not_heard(backbone, seconds, windows, heard):
    sound = encode_sound(backbone.extractor, np.zeros(int(16_000 * seconds), np.float32))
    assert (len(sound.features), sound.seconds, sound.seconds_heard) == (windows, seconds, heard)


def test_frames_of_padding_do_not_count(backbone):
    model = AudioClassifier(backbone.network).eval()
    sound = encode_sound(backbone.extractor, tone(4.0).samples)
    index = torch.zeros(1, dtype=torch.long)
    with torch.inference_mode():
        pooled = model.pool(sound.features, sound.samples_heard, index)
        states = backbone.network.encoder(sound.features, output_hidden_states=True).hidden_states
    heard = int(np.ceil(states[0].shape[1] * 0.4))
    expected = torch.stack([state[0, :heard].mean(0) for state in states])
    assert torch.allclose(pooled[0], expected, atol=1e-5)
