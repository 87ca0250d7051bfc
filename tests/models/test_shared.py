"""Bundles share the encoders that training left as they were."""

from __future__ import annotations

import gc
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from mhkd.analyser import Analyser
from mhkd.bundle import MANIFEST, hash_file, save_manifest
from mhkd.errors import BundleError
from mhkd.manifest import Manifest
from mhkd.models import shared
from mhkd.models.members import AUDIO_FILE
from mhkd.models.shared import share_encoder
from mhkd.models.storage import load_weights, save_weights
from mhkd.post import Post
from tests.analysed import LONG, TEXT
from tests.tiny import build_tiny_bundle, tone

CPU = torch.device("cpu")


def test_what_is_there_is_not_loaded_again_and_goes_with_its_last_holder(tmp_path: Path) -> None:
    loads: list[int] = []

    def load() -> nn.Module:
        loads.append(1)
        return nn.Linear(2, 2)

    first = share_encoder(tmp_path, 2, CPU, load)
    assert share_encoder(tmp_path, 2, CPU, load) is first and len(loads) == 1
    assert not first.training and not any(p.requires_grad for p in first.parameters())
    assert share_encoder(tmp_path, 3, CPU, load) is not first
    before = len(shared._encoders)
    del first
    gc.collect()
    assert len(shared._encoders) == before - 1


def test_two_bundles_hold_one_speech_encoder_and_answer_as_each_alone(folder: Path) -> None:
    one, other = (Analyser.open(folder, device="cpu") for _ in range(2))
    audio: list[Any] = [each._members.audio.model.network for each in (one, other)]
    assert audio[0].encoder is audio[1].encoder
    assert audio[0].classifier is not audio[1].classifier
    alone = [one.analyse(Post(text, tone(2.0)), explain="all") for text in (TEXT, LONG[:900])]
    together: dict[int, Any] = {}

    def work(place: int, analyser: Analyser, text: str) -> None:
        together[place] = analyser.analyse(Post(text, tone(2.0)), explain="all")

    threads = [
        threading.Thread(target=work, args=(0, one, TEXT)),
        threading.Thread(target=work, args=(1, other, LONG[:900])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for place, expected in enumerate(alone):
        found = together[place]
        assert found.predictions == expected.predictions
        scores = [
            [part.score for part in each.attributions.audio.segments] for each in (found, expected)
        ]
        assert np.array_equal(*scores)


def test_a_bundle_that_would_change_a_shared_encoder_is_refused(tmp_path: Path) -> None:
    bundle = build_tiny_bundle(tmp_path)
    weights = load_weights(bundle / AUDIO_FILE)
    weights["encoder.layer_norm.weight"] = torch.zeros(8)
    save_weights(weights, bundle / AUDIO_FILE)
    manifest = Manifest.model_validate_json((bundle / MANIFEST).read_bytes())
    files = {**manifest.files, AUDIO_FILE: hash_file(bundle / AUDIO_FILE)}
    save_manifest(manifest.model_copy(update={"files": files}), bundle)
    with pytest.raises(BundleError, match="does not fit"):
        Analyser.open(bundle, device="cpu")
