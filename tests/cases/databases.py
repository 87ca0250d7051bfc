"""Databases that the tests make themselves: a SQLite file, a PostgreSQL server."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def postgresql_server() -> Iterator[str]:
    """The URL of a fresh PostgreSQL that listens on a socket of its own."""
    programs = _find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed: apt-get install postgresql")
    owner = _find_owner()
    folder = Path(tempfile.mkdtemp(prefix="mhkd-pg-"))
    if owner is not None:
        shutil.chown(folder, owner)
    data = folder / "data"
    try:
        _run(programs / "initdb", "-D", data, "-A", "trust", "-U", "tester", "-N", owner=owner)
        options = f"-c listen_addresses='' -c fsync=off -k {folder}"
        server = (programs / "pg_ctl", "-D", data, "-w", "-t", "120")
        _run(*server, "-o", options, "-l", folder / "log", "start", owner=owner)
        try:
            yield f"postgresql://tester@/postgres?host={folder}"
        finally:
            _run(*server, "-m", "immediate", "stop", owner=owner)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _find_programs() -> Path | None:
    places = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr/local/pgsql").glob("bin")]
    found = [place for place in places if (place / "initdb").is_file()]
    if found:
        return max(found)
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _find_owner() -> str | None:
    """PostgreSQL refuses to run as root; then another user runs it."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _run(*command: object, owner: str | None) -> None:
    subprocess.run(
        [str(part) for part in command], check=True, stdout=subprocess.DEVNULL, user=owner, cwd="/"
    )
