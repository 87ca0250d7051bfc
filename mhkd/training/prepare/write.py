"""Writing prepared data files, once they are what was published."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from mhkd.errors import InputError
from mhkd.training.prepare.sources import SOURCES, Source, Tables

FACTS_FILE = "prepared.json"


def prepare(name: str, source: Path, out: Path, *, any_version: bool = False) -> dict[str, Any]:
    """Reads a published data set and writes the files that the recipes take.

    Args:
        name: one of ``SOURCES``.
        source: folder of the download.
        out: folder of the new files; files of these names are replaced.
        any_version: take other numbers of rows than the published version has.

    Returns:
        What was written: for each file its rows, labels and SHA-256; also ``prepared.json``.

    Raises:
        InputError: no such data set, a file is missing, changed or not as expected.
    """
    if name not in SOURCES:
        raise InputError(f"There is no data set '{name}'. Data sets: {', '.join(SOURCES)}.")
    if not source.is_dir():
        raise InputError(f"There is no folder {source}: download {SOURCES[name].origin}.")
    chosen = SOURCES[name]
    tables = chosen.read(source)
    if not any_version:
        _check(chosen, tables)
    out.mkdir(parents=True, exist_ok=True)
    facts: dict[str, Any] = {"data": name, "origin": chosen.origin, "licence": chosen.licence}
    facts["files"] = {}
    for file, table in tables.items():
        content = table.to_csv(index=False).encode("utf-8")
        _write(out / file, content)
        facts["files"][file] = {"rows": len(table), "sha256": hashlib.sha256(content).hexdigest()}
        if chosen.labels.get(file):
            facts["files"][file]["labels"] = _count(table["label"].tolist())
    _write(out / FACTS_FILE, json.dumps(facts, indent=2).encode())
    return facts


def _check(source: Source, tables: Tables) -> None:
    for file, expected in source.rows.items():
        found = len(tables[file])
        if found != expected:
            raise InputError(
                f"{file} would have {found} rows; the published version gives {expected}. The "
                f"download is incomplete or another version ({source.origin}); --any-version "
                "takes it as it is."
            )
    for file, labels in source.labels.items():
        counts = _count(tables[file]["label"].tolist())
        if counts != labels:
            raise InputError(f"{file} would have the labels {counts}; expected {dict(labels)}.")


def _count(labels: list[str]) -> dict[str, int]:
    return {label: labels.count(label) for label in sorted(set(labels))}


def _write(file: Path, content: bytes) -> None:
    partial = file.with_name(file.name + ".part")
    partial.write_bytes(content)
    partial.replace(file)
