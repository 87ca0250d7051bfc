"""A store of cases on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from mhkd.cases.place import connect
from mhkd.cases.store import CaseStore
from tests.cases.databases import postgresql_server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    with postgresql_server() as url:
        yield url


@pytest.fixture
def sqlite_store(tmp_path: Path) -> CaseStore:
    return CaseStore(connect(make_url(f"sqlite:///{tmp_path}/kept/cases.sqlite")))


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> CaseStore:
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite_store")
    monkeypatch.setenv("MHKD_CASES_URL", request.getfixturevalue("postgresql"))
    found = CaseStore.open()
    with found.engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS mhkd_cases, mhkd_cases_version"))
    return found
