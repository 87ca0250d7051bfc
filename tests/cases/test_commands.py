"""The commands over a store of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from mhkd.cases.audit import AuditLog, Event
from mhkd.cases.store import CaseStore
from mhkd.cli import main
from tests.cases.making import new_case


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MHKD_CASES_URL", f"sqlite:///{tmp_path}/cases.sqlite")
    return tmp_path


def test_the_way_of_a_case(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = new_case(text="a kept text", note="a note")
    CaseStore.open().keep(kept)
    assert main(["cases", "list"]) == 0
    told = capsys.readouterr().out
    assert kept.case.id in told
    assert "kept text" not in told
    assert main(["cases", "export", "--out", str(place / "a.csv"), "--bundle", "example"]) == 0
    assert "a kept text,suicide" in (place / "a.csv").read_text()
    assert main(["cases", "backup", str(place / "b.sqlite")]) == 0
    assert main(["cases", "delete", kept.case.id]) == 0
    assert main(["cases", "restore", str(place / "b.sqlite")]) == 0
    assert main(["cases", "restore", str(place / "b.sqlite")]) == 2
    assert CaseStore.open().list() == (kept.case,)
    assert main(["cases", "agreement", "--bundle", "example"]) == 0
    assert main(["cases", "purge"]) == 0


def test_faults_end_in_one_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for given in (["delete", "x"], ["backup", str(place / "b")], ["agreement"]):
        assert main(["cases", *given]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert not (place / "cases.sqlite").exists()


def test_verify(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = place / "audit.jsonl"
    log = AuditLog(file, place / "key")
    for _ in range(3):
        log.note(Event("analysed", "me", {}, {"label": "suicide"}))
    assert main(["audit", "verify", str(file)]) == 0
    assert "3 lines, whole" in capsys.readouterr().out
    file.write_text(file.read_text().replace("suicide", "depression", 1))
    assert main(["audit", "verify", str(file)]) == 2
    assert "Line 1 was changed" in capsys.readouterr().err
    assert main(["audit", "verify", str(place / "none")]) == 2
