"""A file of posts → columns of text. One bad row never stops the rest.

CSV, Parquet and JSONL are read without the pandas guesswork: every cell stays the
text that it is, an empty cell is an empty text.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mhkd.errors import InputError
from mhkd.limits import MAX_TABLE_BYTES, MAX_TABLE_COLUMNS, MAX_TABLE_ROWS

FORMATS: Final = ("csv", "parquet", "jsonl")
_DELIMITERS: Final = (",", ";", "\t")
_ROWS_AT_ONCE: Final = 256


@dataclass(frozen=True)
class RowFault:
    """A row that gets no answer. The message never quotes the row.

    Attributes:
        row: counted from 1, without the header.
        code: unreadable, columns, empty, too_long, too_few_letters, not_unicode, model.
    """

    row: int
    code: str
    message: str


@dataclass(frozen=True, eq=False)
class PostTable:
    """The rows of a file as they came.

    Attributes:
        name: of the file.
        columns: column → one text for each row, also for rows that could not be read.
        faults: rows that could not be read.
    """

    name: str
    columns: Mapping[str, Sequence[str]]
    faults: tuple[RowFault, ...]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


def read_table(name: str, content: bytes) -> PostTable:
    """Reads CSV (comma, semicolon or tab), Parquet or JSONL by the ending of its name.

    Bytes that are not UTF-8 become lone surrogates, which the check of rows finds.

    Raises:
        InputError: another format, no rows, or more than the limits allow.
    """
    ending = name.rsplit(".", 1)[-1].lower()
    readers: dict[str, Callable[[bytes], _Rows]] = {
        "csv": _read_csv,
        "tsv": _read_csv,
        "txt": _read_csv,
        "parquet": _read_parquet,
        "jsonl": _read_jsonl,
        "ndjson": _read_jsonl,
    }
    if ending not in readers:
        raise InputError("The file is none of CSV, Parquet or JSONL. Save it as one of them.")
    if len(content) > MAX_TABLE_BYTES:
        raise InputError(
            f"The file has more than {MAX_TABLE_BYTES // 1024**2} MB. Give it in parts."
        )
    if not content.strip():
        raise InputError("The file is empty: expected a column of texts.")
    rows = readers[ending](content)
    if not rows.count:
        raise InputError("The file has no rows: expected at least one post.")
    if not rows.columns:
        raise InputError("The file has no columns: expected a first line that names them.")
    return PostTable(name, rows.columns, tuple(rows.faults))


class _Rows:
    """Columns that grow row by row, within the limits."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns: dict[str, list[str]] = {}
        self.faults: list[RowFault] = []
        self.count = 0
        for column in columns:
            self.add_column(column)

    def add_column(self, column: str) -> None:
        if len(self.columns) >= MAX_TABLE_COLUMNS:
            raise InputError(
                f"The file has more than {MAX_TABLE_COLUMNS} columns. Keep those you need."
            )
        self.columns[column] = [""] * self.count

    def add(self, cells: Mapping[str, str], fault: tuple[str, str] | None = None) -> None:
        if self.count >= MAX_TABLE_ROWS:
            raise InputError(f"The file has more than {MAX_TABLE_ROWS:,} rows. Give it in parts.")
        self.count += 1
        for column, values in self.columns.items():
            values.append(cells.get(column, ""))
        if fault is not None:
            self.faults.append(RowFault(self.count, *fault))


def _read_csv(content: bytes) -> _Rows:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content[:4096]:
        raise InputError("The file is not CSV in UTF-8. Save it as “CSV UTF-8”.")
    csv.field_size_limit(max(csv.field_size_limit(), MAX_TABLE_BYTES))
    stream = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", "surrogateescape", newline="")
    first = stream.readline()
    delimiter = max(_DELIMITERS, key=first.count)
    stream.seek(0)
    reader = csv.reader(stream, delimiter=delimiter)
    rows = _Rows(_name_columns(next(reader, [])))
    names = list(rows.columns)
    for cells in _read_lines(reader):
        if not cells:
            continue
        fault = None
        if len(cells) != len(names):
            fault = "columns", f"The row has {len(cells)} cells; the header has {len(names)}."
        rows.add({} if fault else dict(zip(names, cells, strict=True)), fault)
    return rows


def _read_lines(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as fault:
        raise InputError(
            "The file can’t be read as CSV to its end. Save it again as “CSV UTF-8”."
        ) from fault


def _name_columns(header: Sequence[str]) -> list[str]:
    """Names that are all different; an empty one is called by its place."""
    names: list[str] = []
    for place, given in enumerate(header, start=1):
        wanted = _readable(given.strip()) or f"column {place}"
        name, again = wanted, 2
        while name in names:
            name, again = f"{wanted} ({again})", again + 1
        names.append(name)
    return names


def _read_jsonl(content: bytes) -> _Rows:
    rows = _Rows(())
    text = content.decode("utf-8-sig", "surrogateescape")
    for line in io.StringIO(text, newline="\n"):
        if not line.strip():
            continue
        cells = _read_object(line)
        if cells is None:
            rows.add({}, ("unreadable", "The line is not a JSON object."))
            continue
        for column in cells:
            if column not in rows.columns:
                rows.add_column(column)
        rows.add(cells)
    if rows.count == len(rows.faults):
        raise InputError("No line of the file is a JSON object: expected one on each line.")
    return rows


def _read_object(line: str) -> dict[str, str] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    return {_readable(name): _as_text(value) for name, value in found.items()}


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def _read_parquet(content: bytes) -> _Rows:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(content))
        texts = [f.name for f in file.schema_arrow if pa.types.is_string(f.type)]
        file = pq.ParquetFile(io.BytesIO(content), read_dictionary=texts)
        rows = _Rows([_readable(name) for name in file.schema_arrow.names])
        size = 0
        for batch in file.iter_batches(_ROWS_AT_ONCE, use_threads=False):
            size += sum(_decoded_bytes(column) for column in batch.columns)
            if size > MAX_TABLE_BYTES:
                raise InputError(
                    f"The file unpacks to more than {MAX_TABLE_BYTES // 1024**2} MB. "
                    "Give it in parts."
                )
            for row in batch.to_pylist():
                rows.add({_readable(name): _as_text(value) for name, value in row.items()})
    except (pa.ArrowException, OSError, UnicodeDecodeError) as fault:
        raise InputError("The file can’t be read as Parquet. Write it again.") from fault
    return rows


def _decoded_bytes(column: Any) -> int:
    """Size of a column once each row holds its own text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    lengths = pc.binary_length(column.dictionary)
    return int(pc.sum(pc.take(lengths, column.indices)).as_py() or 0)


def _readable(text: str) -> str:
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
