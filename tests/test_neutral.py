"""What teachers say of nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from mhkd.bundle import load_bundle
from mhkd.neutral import answer_neutral
from tests.tiny import LABELS, build_tiny_bundle


def test_every_teacher_answers_a_neutral_input(tmp_path: Path) -> None:
    members = load_bundle(build_tiny_bundle(tmp_path)).load_members("cpu")
    found = answer_neutral(members, LABELS)
    assert list(found) == ["text", "audio", "emotion"]
    for probabilities in found.values():
        assert list(probabilities) == list(LABELS)
        assert sum(probabilities.values()) == pytest.approx(1)
    assert found == answer_neutral(members, LABELS)
