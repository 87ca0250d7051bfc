"""The log holds no content, and any change of it is found."""

from __future__ import annotations

import hashlib
import hmac
import json
import multiprocessing
import stat
from pathlib import Path

import pytest

from mhkd.analysis import BundleReference
from mhkd.cases.audit import AuditLog, Event, verify_log
from mhkd.errors import CaseError

POST = "I feel like a burden, says Wilhelmina."


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    made = AuditLog(tmp_path / "audit.jsonl", tmp_path / "audit.key")
    for number in range(5):
        made.note(_event(number))
    return made


def _event(number: int) -> Event:
    return Event(
        "analysed",
        f"session-{number}",
        {"speak": True},
        {"label": "suicide", "outside": False},
        BundleReference("example", "1", "0" * 64),
        POST,
    )


def test_a_whole_log(log: AuditLog) -> None:
    found = verify_log(log.file)
    assert found.lines == 5
    assert verify_log(log.file, found.head).head == found.head
    for file in (log.file, log.key_file, log.file.with_name("audit.jsonl.head")):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_no_content_and_a_keyed_hash(log: AuditLog) -> None:
    told = log.file.read_text()
    assert "burden" not in told
    entry = json.loads(told.splitlines()[0])
    key = log.key_file.read_bytes()
    assert entry["input_hmac"] == hmac.new(key, POST.encode(), hashlib.sha256).hexdigest()
    assert hashlib.sha256(POST.encode()).hexdigest() not in told
    assert entry["bundle"]["sha256"] == "0" * 64


def test_the_chain_worked_by_hand(log: AuditLog) -> None:
    previous = "0" * 64
    for line in log.file.read_text().splitlines():
        entry = json.loads(line)
        assert entry["previous"] == previous
        previous = entry.pop("hash")
        plain = json.dumps(entry, sort_keys=True, separators=(",", ":")) + "\n"
        assert hashlib.sha256(plain.encode()).hexdigest() == previous


@pytest.mark.parametrize("number", range(5))
def test_a_changed_line_is_found(log: AuditLog, number: int) -> None:
    lines = log.file.read_text().splitlines(keepends=True)
    lines[number] = lines[number].replace('"suicide"', '"depression"')
    log.file.write_text("".join(lines))
    with pytest.raises(CaseError, match=f"Line {number + 1} was changed"):
        verify_log(log.file)


@pytest.mark.parametrize("number", range(5))
def test_a_dropped_line_is_found(log: AuditLog, number: int) -> None:
    lines = log.file.read_text().splitlines(keepends=True)
    log.file.write_text("".join(lines[:number] + lines[number + 1 :]))
    with pytest.raises(CaseError, match="dropped|missing at the end"):
        verify_log(log.file)


def test_moved_lines_are_found(log: AuditLog) -> None:
    lines = log.file.read_text().splitlines(keepends=True)
    for order in ([1, 0, 2, 3, 4], [0, 1, 2, 4, 3], [0, 0, 1, 2, 3, 4]):
        log.file.write_text("".join(lines[n] for n in order))
        with pytest.raises(CaseError):
            verify_log(log.file)


def test_a_rewritten_end_is_found_by_a_noted_hash(log: AuditLog) -> None:
    noted = verify_log(log.file).head
    head = log.file.with_name("audit.jsonl.head")
    lines = log.file.read_text().splitlines(keepends=True)
    log.file.write_text("".join(lines[:3]))
    head.write_text(f"3 {json.loads(lines[2])['hash']}\n")
    log.note(_event(9))
    assert verify_log(log.file).lines == 4
    with pytest.raises(CaseError, match="rewritten"):
        verify_log(log.file, noted)


def test_an_emptied_log_takes_no_more(log: AuditLog) -> None:
    log.file.write_text("")
    with pytest.raises(CaseError, match="emptied"):
        log.check()


def _note_many(file: str, key: str) -> None:
    for number in range(10):
        AuditLog(Path(file), Path(key)).note(_event(number))


def test_several_processes_keep_one_chain(log: AuditLog) -> None:
    context = multiprocessing.get_context("fork")
    given = (str(log.file), str(log.key_file))
    workers = [context.Process(target=_note_many, args=given) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert verify_log(log.file).lines == 35


def test_off_unless_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MHKD_AUDIT_LOG", raising=False)
    assert AuditLog.configured() is None
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MHKD_AUDIT_LOG", str(tmp_path / "file" / "audit.jsonl"))
    found = AuditLog.configured()
    assert found is not None
    with pytest.raises(CaseError, match="can't be written"):
        found.check()
