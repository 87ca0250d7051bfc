"""A SQLite file of cases to another file and back. A server has tools of its own."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import URL

from mhkd.cases.place import connect, create_private, prepare, sqlite_file
from mhkd.cases.schema import VERSION_TABLE, cases
from mhkd.errors import CaseError


def back_up(engine: Engine, target: Path) -> None:
    """Writes a whole copy, readable by its owner only.

    Raises:
        CaseError: there are no cases yet, or the copy can't be written.
    """
    source = _file_of(engine)
    if not source.is_file():
        raise CaseError("No case has been kept yet, so there is nothing to back up.")
    partial = target.with_name(f"{target.name}.{os.getpid()}.part")
    partial.unlink(missing_ok=True)
    try:
        create_private(partial)
        with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(partial)) as there:
            here.backup(there)
        partial.replace(target)
    except (OSError, sqlite3.Error) as fault:
        raise CaseError(
            f"The backup {target} can't be written ({type(fault).__name__})."
        ) from fault
    finally:
        partial.unlink(missing_ok=True)


def copy_cases(engine: Engine) -> bytes:
    """The whole file of cases, as ``back_up`` writes it.

    Raises:
        CaseError: there are no cases yet, or they lie on a server.
    """
    source = _file_of(engine)
    if not source.is_file():
        raise CaseError("No case has been kept yet, so there is nothing to back up.")
    with closing(sqlite3.connect(source)) as here:
        return here.serialize()


def restore(engine: Engine, content: bytes) -> None:
    """Puts a backup in the place of the cases there are.

    Raises:
        CaseError: ``content`` is no whole backup of cases; the cases there are stay.
    """
    target = _file_of(engine)
    partial = target.with_name(f"{target.name}.{os.getpid()}.restored")
    partial.unlink(missing_ok=True)
    try:
        create_private(partial)
        partial.write_bytes(content)
        _check(partial)
        copy = connect(URL.create("sqlite", database=str(partial)))
        prepare(copy)
        copy.dispose()
        partial.replace(target)
    except OSError as fault:
        raise CaseError(f"The backup can't be restored: {fault.strerror}.") from fault
    finally:
        partial.unlink(missing_ok=True)


def _check(file: Path) -> None:
    try:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            whole = connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            found = set(connection.execute("SELECT type, name FROM sqlite_master").fetchall())
    except sqlite3.Error as fault:
        raise CaseError("This file is no backup of cases. The cases here were left.") from fault
    tables = {name for kind, name in found if kind == "table" and not name.startswith("sqlite_")}
    kinds = {kind for kind, _ in found}
    if not whole or tables != {cases.name, VERSION_TABLE} or kinds - {"table", "index"}:
        raise CaseError("This file is no whole backup of cases. The cases here were left.")


def _file_of(engine: Engine) -> Path:
    file = sqlite_file(engine)
    if file is None:
        raise CaseError("These cases lie on a PostgreSQL server: use pg_dump and pg_restore.")
    return file
