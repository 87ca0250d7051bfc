"""A rounded student: close to the original, which stays as it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from mhkd import device
from mhkd.analyser import Analyser
from mhkd.assets import ASSETS
from mhkd.bundle import load_bundle
from mhkd.errors import InputError
from mhkd.models.rounded import round_member
from tests.tiny import build_tiny_bundle
from tests.unchanged import fingerprint


def test_the_member_itself_is_unchanged(tmp_path: Path) -> None:
    members = load_bundle(build_tiny_bundle(tmp_path)).load_members("cpu")
    before = fingerprint(members.student.model)
    rounded = round_member(members.student)
    assert next(rounded.model.encoder.parameters()).dtype == torch.bfloat16
    assert rounded.model.head.weight.dtype == torch.float32
    assert fingerprint(members.student.model) == before


def test_a_device_that_gains_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    assert not device.has_fast_bf16("cpu")
    with pytest.raises(InputError, match="AMX"):
        Analyser.open("sdcnl", device="cpu", rounded=True)


def test_rounded_answers_are_within_two_points(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True})
    texts = [
        json.loads(file.read_text("utf-8"))["text"]
        for file in sorted((ASSETS / "samples").glob("*.json"))
    ]
    exact, rounded = (
        Analyser.open("sdcnl", device="cpu", rounded=way).predict_texts(texts)["student"]
        for way in (False, True)
    )
    assert np.abs(exact - rounded).max() < 0.02
    assert not np.array_equal(exact, rounded)
