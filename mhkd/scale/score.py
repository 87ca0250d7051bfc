"""Ray Data over ``score_rows``: a stream of posts through workers that each hold the models.

The driver writes the answers in parts, each under a temporary name first. A call that was
broken off goes on: ids that stand in a part are not asked for again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from mhkd.errors import InputError
from mhkd.scale.cluster import joined

_ROWS_OF_A_BATCH: Final = 256  # so that posts of like length find each other
_BYTES_OF_A_BLOCK: Final = 512 * 1024
# Of the processors that a worker or a reading task is counted for. Ray lists files with one whole
# processor: workers counted in full would leave it none where they fill the machine, and all
# would wait for each other.
_SHARE_OF_WORKERS: Final = 0.5
_SHARE_OF_READING: Final = 0.05
_ROWS_OF_A_PART: Final = 10_000
Ids = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Job:
    """What is to be scored.

    Attributes:
        source: a Parquet file, or a folder of them, that every node can read.
        out: the folder of the answers.
        bundle: name or folder, on every node.
        id, text: the columns; ids are unique.
        models: among student, text, emotion and audio.
        workers: processes that hold the models.
        threads: of each worker.
        bf16: ask a rounded copy of the student.
        rows_of_a_batch: of a worker at a time.
        bytes_of_a_block: posts that go to a worker together, and are done again when it is lost.
        rows_of_a_part: at most so many when the driver is.
    """

    source: Path
    out: Path
    bundle: str = "sdcnl"
    id: str = "id"
    text: str = "text"
    models: tuple[str, ...] = ("student",)
    workers: int = 1
    threads: int = 1
    bf16: bool = False
    rows_of_a_batch: int = _ROWS_OF_A_BATCH
    bytes_of_a_block: int = _BYTES_OF_A_BLOCK
    rows_of_a_part: int = _ROWS_OF_A_PART


@dataclass(frozen=True)
class Scored:
    """How a job ended.

    Attributes:
        resumed: rows that an earlier call had done. answered, faults: rows of this call.
    """

    resumed: int
    answered: int
    faults: int


class Scorer:
    """A worker: the models of one bundle, loaded once."""

    def __init__(self, job: Job) -> None:
        import torch

        from mhkd.analyser import Analyser

        torch.set_num_threads(job.threads)
        self._job, self._analyser = job, Analyser.open(job.bundle, rounded=job.bf16)

    def __call__(self, table: pa.Table) -> pa.Table:
        """The answers to some rows."""
        from mhkd.batch.score import score_rows

        job = self._job
        texts = [text or "" for text in table[job.text].cast(pa.string()).to_pylist()]
        ids = table[job.id].cast(pa.string()).to_pylist()
        return score_rows(self._analyser, ids, texts, job.models)


def score(
    job: Job,
    *,
    address: str | None = None,
    cpus: int | None = None,
    on_rows: Callable[[int], None] | None = None,
) -> Scored:
    """Scores every row whose id has no answer yet.

    Args:
        job: what is scored.
        address: of a Ray cluster; None uses this machine.
        cpus: of this machine; None takes all.
        on_rows: told the number of rows answered so far.

    Raises:
        InputError: the source lacks a column, or ids are missing or not unique.
        MhkdError: the cluster can't be joined.
    """
    total = _check_source(job)
    job.out.mkdir(parents=True, exist_ok=True)
    done = read_ids(job.out)
    if len(done) >= total:
        return Scored(len(done), 0, 0)
    with joined(address, cpus=cpus) as ray:
        return _stream(ray, job, done, on_rows)


def read_ids(out: Path) -> Ids:
    """The ids that have an answer, sorted."""
    parts = sorted(out.glob("part-*.parquet"))
    if not parts:
        return np.empty(0, np.str_)
    ids = ds.dataset(parts).to_table(columns=["id"])["id"].to_pylist()
    return np.sort(np.array(ids, np.str_))


def _stream(ray: Any, job: Job, done: Ids, on_rows: Callable[[int], None] | None) -> Scored:
    kept = ray.put(done)
    ray.data.DataContext.get_current().target_max_block_size = job.bytes_of_a_block
    posts = ray.data.read_parquet(
        str(job.source), columns=[job.id, job.text], num_cpus=_SHARE_OF_READING
    ).map_batches(
        _leave_out,
        fn_kwargs={"job": job, "kept": kept},
        batch_format="pyarrow",
        num_cpus=_SHARE_OF_READING,
    )
    answers = posts.map_batches(
        Scorer,
        fn_constructor_args=(job,),
        batch_size=job.rows_of_a_batch,
        batch_format="pyarrow",
        zero_copy_batch=True,
        compute=ray.data.ActorPoolStrategy(size=job.workers, max_tasks_in_flight_per_actor=2),
        num_cpus=job.threads * _SHARE_OF_WORKERS,
    )
    waiting: list[pa.Table] = []
    rows = faults = 0
    try:
        for table in answers.iter_batches(batch_size=None, batch_format="pyarrow"):
            waiting.append(table)
            rows += len(table)
            faults += len(table) - table["fault"].null_count
            if sum(map(len, waiting)) >= job.rows_of_a_part:
                _write_part(job.out, waiting)
            if on_rows is not None:
                on_rows(rows)
    finally:
        _write_part(job.out, waiting)
    return Scored(len(done), rows - faults, faults)


def _leave_out(table: pa.Table, job: Job, kept: Any) -> pa.Table:
    """The rows whose id has no answer yet."""
    import ray

    done = ray.get(kept) if isinstance(kept, ray.ObjectRef) else kept
    if not len(done):
        return table
    ids = np.array(table[job.id].cast(pa.string()).to_pylist(), np.str_)
    places = np.minimum(np.searchsorted(done, ids), len(done) - 1)
    return table.filter(pa.array(done[places] != ids))


def _write_part(out: Path, waiting: list[pa.Table]) -> None:
    """Writes what waits under the next free number, and empties it."""
    tables = [table for table in waiting if len(table)]
    if not tables:
        return
    number = len(list(out.glob("part-*.parquet")))
    file = out / f"part-{number:06}.parquet"
    partial = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    try:
        pq.write_table(pa.concat_tables(tables), partial)
        partial.replace(file)
    except OSError as fault:
        raise InputError(f"{file} can't be written: {fault.strerror}.") from fault
    finally:
        partial.unlink(missing_ok=True)
    waiting.clear()


def _check_source(job: Job) -> int:
    """The number of rows.

    Raises:
        InputError: it can't be read, or its ids can't tell its rows apart.
    """
    try:
        source = ds.dataset(job.source, format="parquet")
        names: Sequence[str] = source.schema.names
    except (OSError, pa.ArrowInvalid) as fault:
        raise InputError(
            f"{job.source} can't be read as Parquet: one file, or a folder."
        ) from fault
    for name in (job.id, job.text):
        if name not in names:
            raise InputError(f"There is no column '{name}'. Columns: {', '.join(names[:8])}.")
    ids = source.to_table(columns=[job.id])[job.id]
    if ids.null_count or len(pc.unique(ids)) < len(ids):
        raise InputError(
            f"The column '{job.id}' has empty or repeated ids. Each row needs one of its own."
        )
    return len(ids)
