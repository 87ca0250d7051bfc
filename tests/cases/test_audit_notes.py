"""Analyses are noted with their outcome, faults with their code, and nothing without a log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mhkd.analysis import BundleReference
from mhkd.cases.audit import verify_log
from mhkd.cases.audit_notes import noting_action, noting_analysis, noting_batch
from mhkd.errors import Cancelled, CaseError, InputError
from tests.app.example_analysis import TEXT, build_analysis


def test_outcome_and_fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    monkeypatch.setenv("MHKD_AUDIT_LOG", str(file))
    with noting_analysis(TEXT, "me", {"speak": True}) as noting:
        noting.analysis = build_analysis()
    with pytest.raises(InputError), noting_analysis(TEXT, "me", {}):
        raise InputError("too long")
    with noting_action("deleted", "me", {"cases": 2}):
        pass
    assert verify_log(file).lines == 3
    analysed, refused, deleted = map(json.loads, file.read_text().splitlines())
    assert analysed["outcome"]["probabilities"]["suicide"] == 0.78
    assert analysed["outcome"]["findings"] == ["teachers_disagree"]
    assert analysed["input_hmac"] == refused["input_hmac"]
    assert refused["outcome"] == {"fault": "input"}
    assert deleted["input_hmac"] is None
    assert "burden" not in file.read_text()


def test_what_can_not_be_noted_is_not_done(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MHKD_AUDIT_LOG", str(tmp_path / "file" / "audit.jsonl"))
    with pytest.raises(CaseError), noting_analysis(TEXT, "me", {}):
        pytest.fail("it was done")


def test_without_a_log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MHKD_AUDIT_LOG", raising=False)
    monkeypatch.chdir(tmp_path)
    with noting_analysis(TEXT, "me", {}) as noting:
        noting.analysis = build_analysis()
    with noting_action("kept", "me", {}):
        pass
    assert not list(tmp_path.iterdir())


def test_an_act_that_fails_is_not_noted_as_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "audit.jsonl"
    monkeypatch.setenv("MHKD_AUDIT_LOG", str(file))
    with pytest.raises(CaseError), noting_action("deleted", "me", {}):
        raise CaseError("The database is away.")
    assert not file.exists() or not file.read_text()


def test_a_batch_is_noted_with_how_far_it_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "audit.jsonl"
    monkeypatch.setenv("MHKD_AUDIT_LOG", str(file))
    bundle, done = BundleReference("example", "1", "0" * 64), {"rows": 2, "done": 0}
    texts = [TEXT, "\ud800 torn"]
    with (
        pytest.raises(Cancelled),
        noting_batch(texts, bundle, "me", {"models": ["student"]}, lambda: done),
    ):
        done["done"] = 1
        raise Cancelled
    with noting_batch(texts, bundle, "me", {"models": ["student"]}, lambda: done):
        done["done"] = 2
    with noting_batch(["".join(texts), ""], bundle, "me", {}, lambda: done):
        pass
    assert verify_log(file).lines == 3
    stopped, answered, other = map(json.loads, file.read_text().splitlines())
    assert (stopped["action"], stopped["outcome"]["done"]) == ("batch stopped", 1)
    assert (answered["action"], answered["outcome"]["done"]) == ("batch answered", 2)
    assert answered["bundle"]["name"] == "example"
    assert stopped["input_hmac"] == answered["input_hmac"] != other["input_hmac"]
    assert "burden" not in file.read_text()
