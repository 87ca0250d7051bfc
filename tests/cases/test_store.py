"""The same tests on SQLite and on a PostgreSQL that they start themselves."""

from __future__ import annotations

import io
import json
import os
import stat
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.engine import make_url

from mhkd.analysis import Finding
from mhkd.cases.place import connect, data_folder, find_url, sqlite_file
from mhkd.cases.schema import VERSION_TABLE, metadata
from mhkd.cases.store import CaseStore
from mhkd.errors import CaseError
from tests.app.example_analysis import build_analysis
from tests.cases.making import new_case

SECRET = "quixotic"


def test_a_case_comes_back_as_it_was_kept(store: CaseStore) -> None:
    new = new_case(note="päper ✓", text="I feel [name] 😀", first=True, after="depression")
    store.keep(new)
    assert store.list() == (new.case,)
    assert store.read_analysis(new.case.id) == json.loads(json.dumps(new.analysis))
    assert store.count() == 1


def test_nothing_is_made_before_the_first_case(store: CaseStore) -> None:
    assert store.list() == ()
    assert store.count() == 0
    assert store.delete_expired() == 0
    assert store.export_csv("example") == "id,text,label,judged_first\n"
    file = sqlite_file(store.engine)
    if file is not None:
        assert not file.parent.exists()
    else:
        with store.engine.connect() as connection:
            found = connection.execute(text("SELECT to_regclass('mhkd_cases')")).scalar()
        assert found is None


def test_search_takes_words_as_they_are(store: CaseStore) -> None:
    store.keep(new_case(note="Sleep was 100% better", text="a grey winter"))
    store.keep(new_case("depression", note="nothing"))
    assert len(store.list("SLEEP winter")) == 1
    assert len(store.list("100%")) == 1
    assert len(store.list("depression")) == 1
    assert store.list("%") == store.list("100%")
    assert store.list("'; DROP TABLE mhkd_cases; --") == ()
    assert len(store.list("", limit=1)) == 1


def test_deleted_is_gone_from_list_and_file(store: CaseStore) -> None:
    kept = [new_case(text=f"{SECRET} {n}") for n in range(3)]
    for new in kept:
        store.keep(new)
    assert store.delete([kept[0].case.id, "unknown"]) == 1
    assert {case.id for case in store.list()} == {new.case.id for new in kept[1:]}
    with pytest.raises(CaseError):
        store.read_analysis(kept[0].case.id)
    assert store.delete([new.case.id for new in kept[1:]]) == 2
    file = sqlite_file(store.engine)
    if file is not None:
        assert SECRET.encode() not in file.read_bytes()
        assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_expired_cases_go_on_their_day(store: CaseStore) -> None:
    store.keep(new_case(retention_days=30))
    store.keep(new_case(retention_days=90))
    assert store.delete_expired(date(2026, 12, 23)) == 0
    assert store.delete_expired(date(2026, 12, 24)) == 1
    assert [case.expires_on for case in store.list()] == [date(2027, 2, 22)]


def test_a_recipe_can_read_the_export(store: CaseStore, tmp_path: Path) -> None:
    from mhkd.training.data import read_posts_file

    awkward = 'a "quoted", text\nof two lines'
    kept = new_case(text=awkward)
    changed = new_case("neither", text="of two minds", first=True, after="depression")
    unsure = new_case("suicide", text="left out", first=True, after="neither")
    for new in (kept, new_case(), new_case("neither", text="left out"), changed, unsure):
        store.keep(new)
    file = tmp_path / "cases.csv"
    file.write_text(store.export_csv("example"), "utf-8")
    table = read_posts_file(file, ("id", "text", "label"))
    assert {(row.id, row.text, row.label) for row in table.itertuples()} == {
        (kept.case.id, awkward, "suicide"),
        (changed.case.id, "of two minds", "depression"),
    }
    assert {line.rsplit(",", 1)[-1] for line in file.read_text("utf-8").splitlines()[1:]} >= {
        "", "neither"
    }  # fmt: skip
    assert store.export_csv("other") == "id,text,label,judged_first\n"


def test_the_steps_lead_to_the_schema(store: CaseStore) -> None:
    store.keep(new_case())
    with store.engine.connect() as connection:
        options = {
            "version_table": VERSION_TABLE,
            "include_name": lambda name, kind, parents: kind != "table" or name in metadata.tables,
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_a_database_of_the_first_version_keeps_its_cases(store: CaseStore) -> None:
    short = Finding("too_few_words", "It has 2 words.", "abstains")
    new = new_case(first=True)
    withheld = new_case(analysis=replace(build_analysis(), quality=(short,)))
    assert withheld.case.withheld and not new.case.withheld
    store.keep(new)
    store.keep(withheld)
    with store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE mhkd_cases DROP COLUMN judged_after"))
        connection.execute(text("ALTER TABLE mhkd_cases DROP COLUMN withheld"))
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0001'"))
    later = CaseStore(store.engine).list()
    assert {case.id: case for case in later} == {c.id: c for c in (new.case, withheld.case)}
    assert {case.judgement.after for case in later} == {None}


def test_a_later_database_is_refused(store: CaseStore) -> None:
    store.keep(new_case())
    with store.engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(CaseError, match="later version"):
        CaseStore(store.engine).list()


def test_only_the_owner_reads_the_file(sqlite_store: CaseStore) -> None:
    earlier = os.umask(0)
    try:
        sqlite_store.keep(new_case())
    finally:
        os.umask(earlier)
    file = sqlite_file(sqlite_store.engine)
    assert file is not None
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_damaged_file_is_told_without_its_content(sqlite_store: CaseStore) -> None:
    file = sqlite_file(sqlite_store.engine)
    assert file is not None
    file.parent.mkdir()
    file.write_bytes(b"these are only words " * 400)
    with pytest.raises(CaseError) as told:
        sqlite_store.list()
    assert "only words" not in told.value.public_message


def test_the_place_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MHKD_CASES_URL", raising=False)
    assert find_url().database == str(data_folder() / "cases.sqlite")
    monkeypatch.setenv("MHKD_CASES_URL", "postgresql://a:secret@db/cases")
    assert "secret" not in CaseStore(connect(find_url())).place
    for wrong in ("nonsense", "sqlite://", "mysql://db/x", ":::"):
        monkeypatch.setenv("MHKD_CASES_URL", wrong)
        with pytest.raises(CaseError):
            find_url()


def test_a_folder_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = CaseStore(connect(make_url(f"sqlite:///{tmp_path}/file/cases.sqlite")))
    with pytest.raises(CaseError, match="can't be written"):
        store.keep(new_case())
    assert io.StringIO(store.export_csv("example")).read() == "id,text,label,judged_first\n"
