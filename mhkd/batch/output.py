"""The answers of a batch as a table, and the partial file that lets a run go on."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mhkd.batch.run import BatchRun, Probabilities, mean_of_teachers
from mhkd.batch.table import RowFault
from mhkd.errors import InputError
from mhkd.formulas import disarm

if TYPE_CHECKING:
    import pyarrow as pa


def collect_answers(run: BatchRun) -> dict[str, Probabilities]:
    """Model → probabilities; with ``teachers``, the mean of those that ran, where two did."""
    mean = mean_of_teachers(run.probabilities)
    return dict(run.probabilities) if mean is None else {**run.probabilities, "teachers": mean}


def tabulate_answers(
    run: BatchRun,
    *,
    ids: Sequence[str] | None = None,
    texts: Sequence[str] | None = None,
    about: Mapping[str, str] | None = None,
) -> pa.Table:
    """One line for each row of the file, in its order.

    Columns: ``row`` (from 1), ``id``, ``text`` where given, ``given_label``; for each model a
    probability of each label and its ``label``; ``fault`` where there is no answer;
    ``findings``, codes of what limits it, and ``withheld``, where the post alone would get none.

    Args:
        run: as far as it is.
        ids: of the rows.
        texts: of the rows; left out unless the reader asked for them.
        about: facts that stand in the table's metadata.
    """
    import pyarrow as pa

    rows = len(run.posts)
    columns: dict[str, Any] = {"row": pa.array(np.arange(1, rows + 1, dtype=np.int32))}
    for name, values in (("id", ids), ("text", texts)):
        if values is not None:
            columns[name] = pa.array([_readable(value) for value in values], pa.string())
    if (run.posts.truth >= 0).any():
        columns["given_label"] = _name_labels(run.posts.truth, run.labels)
    for model, found in collect_answers(run).items():
        missing = np.isnan(found).any(1)
        for place, label in enumerate(run.labels):
            columns[f"{model}_{label}"] = pa.array(found[:, place], mask=missing)
        guess = np.where(missing, -1, np.nan_to_num(found).argmax(1))
        columns[f"{model}_label"] = _name_labels(guess, run.labels)
    told = [run.faults[row].message if row in run.faults else None for row in range(1, rows + 1)]
    columns["fault"] = pa.array(told, pa.string())
    doubts = [run.posts.doubts.get(row) for row in range(1, rows + 1)]
    codes = [None if doubt is None else "; ".join(doubt.codes) for doubt in doubts]
    columns["findings"] = pa.array(codes, pa.string())
    columns["withheld"] = pa.array([doubt is not None and doubt.withheld for doubt in doubts])
    return pa.table(columns).replace_schema_metadata(dict(about or {}))


def write_csv(table: pa.Table) -> bytes:
    """The table as CSV in UTF-8; a cell that a spreadsheet would run gets an apostrophe."""
    import pyarrow as pa
    from pyarrow import csv

    for place, name in enumerate(table.column_names):
        if pa.types.is_string(table.schema.field(name).type):
            cells = [None if cell is None else disarm(cell) for cell in table[name].to_pylist()]
            table = table.set_column(place, disarm(name), pa.array(cells, pa.string()))
    sink = io.BytesIO()
    csv.write_csv(table, sink)
    return sink.getvalue()


def write_parquet(table: pa.Table) -> bytes:
    """The table as Parquet."""
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def write_file(content: bytes, file: Path) -> None:
    """Writes to a temporary name beside the file and renames.

    Raises:
        InputError: the folder can't be written to.
    """
    partial = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        partial.write_bytes(content)
        partial.replace(file)
    except OSError as fault:
        raise InputError(f"{file} can't be written: {fault.strerror}.") from fault
    finally:
        partial.unlink(missing_ok=True)


def save_partial(run: BatchRun, file: Path, key: str) -> None:
    """Keeps how far a run is. No text is in it.

    Args:
        run: at the end of a chunk.
        file: the partial file.
        key: of everything that the answers depend on.
    """
    blamed = [fault.row for fault in run.faults.values() if fault.code == "model"]
    sink = io.BytesIO()
    np.savez_compressed(
        sink,
        allow_pickle=False,
        key=np.array(key),
        done=np.array(run.done),
        blamed=np.array(blamed, np.int64),
        **{f"p_{model}": found for model, found in run.probabilities.items()},
    )
    write_file(sink.getvalue(), file)


def load_partial(run: BatchRun, file: Path, key: str) -> bool:
    """Takes a run to where a partial file left it; False where there is none.

    Raises:
        InputError: the file belongs to another run or is damaged.
    """
    if not file.is_file():
        return False
    remedy = f"Delete {file}, or choose another --out."
    try:
        with np.load(file, allow_pickle=False) as kept:
            if str(kept["key"]) != key:
                raise InputError(
                    f"{file} was left by a run with another file, bundle or models. {remedy}"
                )
            found = {model: kept[f"p_{model}"] for model in run.models}
            done, blamed = int(kept["done"]), kept["blamed"].tolist()
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as fault:
        raise InputError(f"{file} is damaged. {remedy}") from fault
    shapes = {answers.shape for answers in found.values()}
    if shapes != {(len(run.posts), len(run.labels))} or not 0 <= done <= run.total:
        raise InputError(f"{file} is damaged. {remedy}")
    for model, answers in found.items():
        run.probabilities[model][:] = answers
    run.done = done
    for row in blamed:
        run.faults[row] = RowFault(row, "model", "A model could not answer this row.")
    return True


def _name_labels(places: Any, labels: Sequence[str]) -> pa.Array:
    import pyarrow as pa

    return pa.array([labels[place] if place >= 0 else None for place in places], pa.string())


def _readable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
