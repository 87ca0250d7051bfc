"""A tiny, untrained Bark speaks through the same code as the real one."""

import json

import numpy as np
import pytest
import torch
from transformers import (
    AutoTokenizer,
    BarkCoarseConfig,
    BarkConfig,
    BarkFineConfig,
    BarkModel,
    BarkProcessor,
    BarkSemanticConfig,
    EncodecConfig,
)
from transformers.models.bark.generation_configuration_bark import (
    BarkCoarseGenerationConfig,
    BarkFineGenerationConfig,
    BarkSemanticGenerationConfig,
)

from mhkd.audio.bark import BarkVoice
from mhkd.audio.speak import speak_post
from mhkd.errors import VoiceError
from tests.tiny import save_tokenizer


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bark")
    special = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    save_tokenizer(folder, special, cls="[CLS]", sep="[SEP]", pad="[PAD]", mask="[MASK]")
    small = {"hidden_size": 8, "num_layers": 1, "num_heads": 2, "block_size": 1024}
    torch.manual_seed(0)
    config = BarkConfig(
        semantic_config=BarkSemanticConfig(
            input_vocab_size=129_600, output_vocab_size=10_048, **small
        ).to_dict(),
        coarse_acoustics_config=BarkCoarseConfig(
            input_vocab_size=12_096, output_vocab_size=12_096, **small
        ).to_dict(),
        fine_acoustics_config=BarkFineConfig(
            input_vocab_size=1056, output_vocab_size=1056, **small
        ).to_dict(),
        codec_config=EncodecConfig(
            num_filters=2, hidden_size=8, codebook_dim=8, num_lstm_layers=1
        ).to_dict(),
    )
    BarkModel(config).save_pretrained(folder)
    semantic = BarkSemanticGenerationConfig(max_new_tokens=16, do_sample=True)
    generation = {
        "sample_rate": 24_000,
        "codebook_size": 1024,
        "semantic_config": semantic.to_dict(),
        "coarse_acoustics_config": BarkCoarseGenerationConfig(do_sample=True).to_dict(),
        "fine_acoustics_config": BarkFineGenerationConfig().to_dict(),
    }
    (folder / "generation_config.json").write_text(json.dumps(generation))
    BarkProcessor(AutoTokenizer.from_pretrained(folder)).save_pretrained(folder)
    return folder


def test_bark_speaks_and_says_the_same_again(folder):
    voice = BarkVoice(str(folder), None, local_files_only=True)
    assert voice.rate_hz == 24_000
    first = voice.speak_sentence("the walk today was good").samples
    assert first.dtype == np.float32
    assert first.ndim == 1
    assert len(first) > 1000
    assert np.abs(first).max() <= 1
    assert np.array_equal(first, voice.speak_sentence("the walk today was good").samples)
    recording = speak_post("The walk today. It was good.", voice)
    assert recording.origin == "synthesised"
    assert recording.rate_hz == 24_000


def test_a_missing_bark_is_named(tmp_path):
    with pytest.raises(VoiceError, match="expected a Bark model"):
        BarkVoice(str(tmp_path), None, local_files_only=True)
