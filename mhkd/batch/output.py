"""The answers of a batch as a table, and the partial file that lets a run go on."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from mhkd.batch.posts import Doubt
from mhkd.batch.run import BatchRun, Probabilities, mean_of_teachers, name_teachers
from mhkd.batch.sounds import Sounds
from mhkd.batch.states import NO_ANSWER, STATES, StateCounts, count_states, hold_labels
from mhkd.batch.table import RowFault
from mhkd.errors import InputError
from mhkd.formulas import disarm

if TYPE_CHECKING:
    import pyarrow as pa

NOTICE: Final = "Labels posts, not people; not a diagnosis."


def collect_answers(run: BatchRun) -> dict[str, Probabilities]:
    """Model → probabilities; with ``teachers``, the mean of those that ran, where two did.

    The mean of a row is that of the teachers that answered it.
    """
    mean = mean_of_teachers(run.probabilities)
    return dict(run.probabilities) if mean is None else {**run.probabilities, "teachers": mean}


def count_answers(run: BatchRun) -> dict[str, StateCounts]:
    """Model → its answered rows by state."""
    return {
        model: count_states(run.labels, found, run.judge(model, found))
        for model, found in collect_answers(run).items()
    }


def tabulate_answers(
    run: BatchRun,
    *,
    ids: Sequence[str] | None = None,
    texts: Sequence[str] | None = None,
    about: Mapping[str, str] | None = None,
) -> pa.Table:
    """One line for each row of the file, in its order.

    Columns: ``row`` (from 1), ``id``, ``text`` where given, ``given_label``; for each model a
    probability of each label, the most probable ``label`` and its ``state``: decided, not decided
    (the label is a forced choice) or no answer (it is withheld); for the student, where the bundle
    gives sets and the answer is not withheld, the ``set`` of labels; where a text model is asked,
    ``tokens_read`` of ``tokens_total``; where it was measured, ``distance`` from the posts that the
    student learned from, and ``outside``, whether that is beyond its limit; where the audio teacher
    is asked, ``sound`` (recorded, spoken or none), the seconds heard (``sound_s``) of the
    recording's (``sound_total_s``), why nothing was heard (``sound_fault``) and what limits it
    (``sound_findings``), where that was asked for, whether the recording says something else than
    the text (``text_differs``, empty where the two could not be compared), and with two teachers
    the ``teachers`` whose mean it is; ``fault`` where a row can't be answered; ``findings``, codes
    of what limits the answer, and ``withheld``, where they forbid one. ``NOTICE`` stands in the
    metadata.

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
        columns["given_label"] = _name_places(run.posts.truth, run.labels)
    for model, found in collect_answers(run).items():
        columns |= _tell_answers(run, model, found)
    if {"student", "text"} & set(run.models):
        for place, name in enumerate(("tokens_read", "tokens_total")):
            columns[name] = pa.array(run.tokens[:, place], mask=run.tokens[:, 1] == 0)
    if run.distances is not None and run.outside is not None:
        missing = np.isnan(run.distances)
        columns["distance"] = pa.array(run.distances, mask=missing)
        columns["outside"] = pa.array(run.outside, mask=missing)
    if run.sounds is not None:
        columns |= _tell_sounds(run.sounds, compared=run.hears and run.compare)
        if "teachers_label" in columns:
            names = [name or None for name in name_teachers(run.probabilities)]
            columns["teachers"] = pa.array(names, pa.string())
    told = [run.faults[row].message if row in run.faults else None for row in range(1, rows + 1)]
    columns["fault"] = pa.array(told, pa.string())
    columns["findings"] = _tell_findings(run)
    columns["withheld"] = pa.array(run.withheld)
    return pa.table(columns).replace_schema_metadata({"notice": NOTICE, **(about or {})})


def find_doubt(run: BatchRun, place: int) -> Doubt | None:
    """What limits the answer to a row (``place`` from 0).

    Its text, that not all of it was read, or that it is outside what the student knows.
    """
    doubt = run.posts.doubts.get(place + 1)
    more: tuple[str, ...] = ()
    if run.tokens[place, 0] < run.tokens[place, 1]:
        more += ("truncated",)
    outside = False
    if run.distances is not None and run.outside_limit is not None:
        outside = bool(run.distances[place] > run.outside_limit)
    if outside:
        more += ("unfamiliar",)
    if not more:
        return doubt
    if doubt is None:
        return Doubt(more, outside)
    return Doubt((*doubt.codes, *more), outside or doubt.withheld)


def find_limited(run: BatchRun) -> npt.NDArray[np.bool_]:
    """Rows whose answer something limits, those of which ``find_doubt`` tells; shape (rows,)."""
    found = run.truncated if run.outside is None else run.truncated | run.outside
    found[[row - 1 for row in run.posts.doubts]] = True
    return found


def describe_run(run: BatchRun) -> dict[str, str]:
    """Facts for the metadata of a table: the models, and the limit of ``distance``."""
    limit = run.outside_limit
    return {"models": ",".join(run.models)} | (
        {} if limit is None else {"outside_limit": f"{limit:.6g}"}
    )


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
        tokens=run.tokens,
        **{f"p_{model}": found for model, found in run.probabilities.items()},
        **({} if run.distances is None else {"distances": run.distances}),
        **({} if run.sounds is None else run.sounds.to_arrays()),
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
            distances = None if run.distances is None else kept["distances"]
            tokens = kept.get("tokens", np.zeros_like(run.tokens))
            if run.sounds is not None:
                run.sounds.take_arrays(kept)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as fault:
        raise InputError(f"{file} is damaged. {remedy}") from fault
    fits = {answers.shape for answers in found.values()} == {(len(run.posts), len(run.labels))}
    fits = fits and (distances is None or distances.shape == (len(run.posts),))
    fits = fits and tokens.shape == run.tokens.shape
    if not fits or not 0 <= done <= run.total:
        raise InputError(f"{file} is damaged. {remedy}")
    if run.distances is not None and distances is not None:
        run.distances[:] = distances
    for model, answers in found.items():
        run.probabilities[model][:] = answers
    run.tokens[:] = tokens
    run.done = done
    for row in blamed:
        run.faults[row] = RowFault(row, "model", "A model could not answer this row.")
    return True


def _tell_findings(run: BatchRun) -> pa.Array:
    import pyarrow as pa

    codes: list[str | None] = [None] * len(run.posts)
    for place in np.flatnonzero(find_limited(run)).tolist():
        doubt = find_doubt(run, place)
        codes[place] = None if doubt is None else "; ".join(doubt.codes)
    return pa.array(codes, pa.string())


def _tell_answers(run: BatchRun, model: str, found: Probabilities) -> dict[str, Any]:
    import pyarrow as pa

    missing = np.isnan(found).any(1)
    columns: dict[str, Any] = {
        f"{model}_{label}": pa.array(found[:, place], mask=missing)
        for place, label in enumerate(run.labels)
    }
    guess = np.where(missing, -1, np.nan_to_num(found).argmax(1))
    columns[f"{model}_label"] = _name_places(guess, run.labels)
    states = run.judge(model, found)
    columns[f"{model}_state"] = _name_places(states, STATES)
    if model == "student" and run.sets is not None:
        held = hold_labels(found, run.sets) & (states != NO_ANSWER)[:, None]
        columns["student_set"] = _name_sets(held, run.labels)
    return columns


def _tell_sounds(sounds: Sounds, *, compared: bool) -> dict[str, Any]:
    import pyarrow as pa

    rows = list(sounds)
    heard = [row.heard_s or None if row is not None else None for row in rows]
    total = [row.total_s or None if row is not None else None for row in rows]
    codes = ["; ".join(row.findings) or None if row is not None else None for row in rows]
    differs = [row and row.text_differs for row in rows]
    return {
        "sound": pa.array([None if row is None else row.origin for row in rows], pa.string()),
        "sound_s": pa.array(heard, pa.float32()),
        "sound_total_s": pa.array(total, pa.float32()),
        "sound_fault": pa.array([row and row.fault for row in rows], pa.string()),
        "sound_findings": pa.array(codes, pa.string()),
        **({"text_differs": pa.array(differs, pa.bool_())} if compared else {}),
    }


def _name_places(places: npt.NDArray[np.integer[Any]], names: Sequence[str]) -> pa.Array:
    """Each row's name; none where its place is negative."""
    import pyarrow as pa

    return pa.array(list(names), pa.string()).take(pa.array(places, mask=places < 0))


def _name_sets(held: npt.NDArray[np.bool_], labels: Sequence[str]) -> pa.Array:
    """Each row's labels, joined by ``; ``; none where it holds none.

    Args:
        held: shape (rows, classes).
        labels: in the order of the classes.
    """
    kinds, places = np.unique(held, axis=0, return_inverse=True)
    names = ["; ".join(np.array(labels, object)[kind]) for kind in kinds]
    named = np.where(held.any(1), places.reshape(-1), -1)
    return _name_places(named, names)


def _readable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
