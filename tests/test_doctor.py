"""The doctor: what is missing is named, with what would fail and how to mend it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mhkd import doctor
from mhkd.errors import VoiceError


@pytest.fixture(autouse=True)
def no_assets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("mhkd.bundle.ASSETS", tmp_path)


def _by_name() -> dict[str, doctor.Check]:
    return {check.name: check for check in doctor.examine()}


def test_a_complete_installation() -> None:
    checks = _by_name()
    for name in ("python", "torch", "device", "torchaudio", "transformers", "captum", "av"):
        assert checks[name].ok, checks[name]
        assert checks[name].fails is None and checks[name].mend is None
    assert "libsndfile 1." in checks["soundfile"].found
    assert "FFmpeg 8" in checks["av"].found
    assert checks["onnxruntime"].ok


def test_a_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    check = _by_name()["av"]
    assert not check.ok
    assert "m4a" in str(check.fails) and "pip install" in str(check.mend)


def test_a_missing_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise VoiceError(f"The voice '{name}' is not the pinned one.")

    monkeypatch.setattr(doctor, "open_voice", refuse)
    check = _by_name()["voice joe"]
    assert not check.ok
    assert check.fails == "posts can't be spoken"
    assert check.mend == "The voice 'joe' is not the pinned one."


def test_no_bundle_and_a_damaged_one(tmp_path: Path) -> None:
    assert not _by_name()["bundles"].ok
    damaged = tmp_path / "bundles" / "mine"
    damaged.mkdir(parents=True)
    (damaged / "bundle.json").write_text("{}", "utf-8")
    check = _by_name()["bundle mine"]
    assert not check.ok and check.found == "damaged"
    assert "not a bundle manifest" in str(check.mend)
