"""Where cases lie: a SQLite file of the user's, or a PostgreSQL database by its URL."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import platformdirs
from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from mhkd.cases.schema import VERSION_TABLE
from mhkd.errors import CaseError

URL_VARIABLE: Final = "MHKD_CASES_URL"
_MIGRATIONS: Final = Path(__file__).with_name("migrations")
_ONE_AT_A_TIME: Final = threading.Lock()  # Alembic's context belongs to the process


def find_url() -> URL:
    """The database that ``MHKD_CASES_URL`` names, or a file in the user's data folder.

    Raises:
        CaseError: the variable holds no URL of SQLite or PostgreSQL.
    """
    given = os.environ.get(URL_VARIABLE)
    if not given:
        return URL.create("sqlite", database=str(data_folder() / "cases.sqlite"))
    try:
        url = make_url(given)
    except ArgumentError as fault:
        raise CaseError(_expected_url()) from fault
    kind = url.get_backend_name()
    if kind == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if kind != "sqlite" or not url.database or url.database == ":memory:":
        raise CaseError(_expected_url())
    return url


def data_folder() -> Path:
    """The folder of this user's data, which need not exist."""
    return platformdirs.user_data_path("mhkd", appauthor=False)


def connect(url: URL) -> Engine:
    """An engine that shows no values in errors; nothing is opened or created yet."""
    try:
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    except ImportError as fault:
        raise CaseError(
            "The driver for PostgreSQL is missing. Install it with: pip install '.[postgres]'."
        ) from fault
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _guard_sqlite)
    return engine


def sqlite_file(engine: Engine) -> Path | None:
    """The file behind an engine; None for a server."""
    return Path(str(engine.url.database)) if engine.dialect.name == "sqlite" else None


def holds_cases(engine: Engine) -> bool:
    """A database of cases is there. Looking creates nothing."""
    file = sqlite_file(engine)
    if file is not None and not file.is_file():
        return False
    with saying_faults(), engine.connect() as connection:
        return inspect(connection).has_table(VERSION_TABLE)


def prepare(engine: Engine) -> None:
    """Makes the database if there is none, and brings it to this version.

    Raises:
        CaseError: it can't be written, or a later version of mhkd made it.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    file = sqlite_file(engine)
    if file is not None:
        create_private(file)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with _ONE_AT_A_TIME, saying_faults(), engine.begin() as connection:
        _lock(connection)
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as fault:
            raise CaseError(
                "The database of cases was made by a later version of mhkd. Update mhkd."
            ) from fault


def create_private(file: Path) -> None:
    """An empty file that only its owner can read, in a folder of the same kind."""
    if file.is_file():
        return
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as fault:
        raise CaseError(f"{file} can't be written: {fault.strerror}.") from fault


@contextmanager
def saying_faults() -> Iterator[None]:
    """Turns a fault of the database into a sentence without what was stored.

    Raises:
        CaseError: in place of any ``SQLAlchemyError``.
    """
    try:
        yield
    except SQLAlchemyError as fault:
        raise CaseError(
            f"The database of cases can't be used ({type(fault).__name__}). Check that it is "
            f"there, whole, and that {URL_VARIABLE} names it rightly."
        ) from fault


def _expected_url() -> str:
    return (
        f"{URL_VARIABLE} is not a database that can be used: expected sqlite:////folder/file or "
        "postgresql://user@host/name."
    )


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":  # two apps that start at once
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(6304811)")


def _guard_sqlite(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        "secure_delete = ON",  # deleted rows are overwritten with zeros
        "temp_store = MEMORY",  # VACUUM works in memory, not in a temporary file
        "trusted_schema = OFF",
        "busy_timeout = 5000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
