"""A backup brings the cases back, and only a backup of cases is taken."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from mhkd.cases.backup import back_up, copy_cases, restore
from mhkd.cases.place import sqlite_file
from mhkd.cases.store import CaseStore
from mhkd.errors import CaseError
from tests.cases.making import new_case


def test_there_and_back(sqlite_store: CaseStore, tmp_path: Path) -> None:
    first, second = new_case(text="first"), new_case(text="second")
    sqlite_store.keep(first)
    backup = tmp_path / "backup.sqlite"
    back_up(sqlite_store.engine, backup)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    sqlite_store.keep(second)
    assert copy_cases(sqlite_store.engine)[:16] == b"SQLite format 3\0"
    restore(sqlite_store.engine, backup.read_bytes())
    assert sqlite_store.list() == (first.case,)
    file = sqlite_file(sqlite_store.engine)
    assert file is not None
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("kind", ["words", "other", "trigger", "empty"])
def test_anything_else_is_refused_and_the_cases_stay(
    sqlite_store: CaseStore, tmp_path: Path, kind: str
) -> None:
    new = new_case()
    sqlite_store.keep(new)
    given = tmp_path / "given.sqlite"
    if kind == "words":
        given.write_bytes(b"these are only words " * 300)
    elif kind == "empty":
        given.write_bytes(b"")
    elif kind == "other":
        with sqlite3.connect(given) as other:
            other.execute("CREATE TABLE notes (a)")
    else:
        back_up(sqlite_store.engine, given)
        with sqlite3.connect(given) as other:
            other.execute(
                "CREATE TRIGGER t AFTER INSERT ON mhkd_cases BEGIN DELETE FROM mhkd_cases; END"
            )
    with pytest.raises(CaseError):
        restore(sqlite_store.engine, given.read_bytes())
    assert sqlite_store.list() == (new.case,)


def test_nothing_to_back_up(sqlite_store: CaseStore, tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="No case"):
        back_up(sqlite_store.engine, tmp_path / "backup.sqlite")
    with pytest.raises(CaseError, match="No case"):
        copy_cases(sqlite_store.engine)


def test_a_server_is_left_to_its_own_tools(store: CaseStore, tmp_path: Path) -> None:
    if sqlite_file(store.engine) is not None:
        pytest.skip("a file")
    with pytest.raises(CaseError, match="pg_dump"):
        back_up(store.engine, tmp_path / "backup")
