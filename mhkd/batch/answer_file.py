"""A file of posts → a Parquet file of answers. Broken off, the next call goes on."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mhkd.batch.output import (
    load_partial,
    save_partial,
    tabulate_answers,
    write_csv,
    write_file,
    write_parquet,
)
from mhkd.batch.posts import Columns, check_posts, guess_columns
from mhkd.batch.run import BatchRun, Predictor
from mhkd.batch.table import PostTable, RowFault, read_table
from mhkd.errors import InputError
from mhkd.limits import MAX_TABLE_BYTES

MODELS: Final = ("student", "text", "emotion", "audio")
_SAVE_EVERY_S: Final = 10.0


@dataclass(frozen=True)
class Answered:
    """How a file was answered.

    Attributes:
        rows: in the file. answered: of them. resumed: rows that an earlier call had done.
        faults: the other rows, with the reason.
    """

    rows: int
    answered: int
    resumed: int
    faults: tuple[RowFault, ...]


@dataclass(frozen=True)
class Choice:
    """What is asked of a file.

    Attributes:
        models: among ``MODELS``; for the audio teacher each post is spoken.
        columns: names of the columns of text, id and label; None lets them be guessed.
        with_text: whether the text goes into the output.
        version: of the bundle, in words and hash; an unfinished run of another is not resumed.
    """

    models: Sequence[str] = ("student",)
    text: str | None = None
    id: str | None = None
    label: str | None = None
    with_text: bool = False
    version: str = ""


def answer_file(
    analyser: Predictor,
    file: Path,
    out: Path,
    choice: Choice,
    on_progress: Callable[[BatchRun], None] | None = None,
) -> Answered:
    """Answers every post of a file.

    While it runs, ``out`` with ``.partial`` behind its name keeps the answers so far.

    Args:
        analyser: the models.
        file: CSV, Parquet or JSONL.
        out: Parquet, or CSV by its ending.
        choice: what is asked.
        on_progress: called after each chunk.

    Raises:
        InputError: the file, an option or the place of ``out`` can't be used.
    """
    unknown = sorted(set(choice.models) - set(MODELS))
    if unknown:
        raise InputError(f"There is no model '{unknown[0]}'. Models: {', '.join(MODELS)}.")
    if out.suffix.lower() not in (".parquet", ".csv"):
        raise InputError(f"{out} ends neither in .parquet nor in .csv. Give it one of them.")
    content = _read_content(file)
    table = read_table(file.name, content)
    columns = _choose_columns(table, choice)
    posts = check_posts(table, columns, analyser.labels)
    run = BatchRun(posts, tuple(analyser.labels), tuple(dict.fromkeys(choice.models)))
    key = _identify(content, columns, run, choice.version)
    partial = out.with_name(f"{out.name}.partial")
    load_partial(run, partial, key)
    resumed, saved = run.done, time.monotonic()
    save_partial(run, partial, key)  # a place that can't be written is told now

    def note() -> None:
        nonlocal saved
        if time.monotonic() - saved >= _SAVE_EVERY_S:
            save_partial(run, partial, key)
            saved = time.monotonic()
        if on_progress is not None:
            on_progress(run)

    try:
        run.advance(analyser, on_chunk=note)
    finally:
        save_partial(run, partial, key)
    answers = tabulate_answers(
        run,
        ids=None if columns.id is None else table.columns[columns.id],
        texts=posts.texts if choice.with_text else None,
        about={"bundle": choice.version, "file": file.name, "models": ",".join(run.models)},
    )
    write_file((write_csv if out.suffix.lower() == ".csv" else write_parquet)(answers), out)
    partial.unlink(missing_ok=True)
    faults = tuple(run.faults[row] for row in sorted(run.faults))
    return Answered(len(posts), len(posts) - len(faults), resumed, faults)


def _read_content(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_TABLE_BYTES:
            raise InputError(
                f"{file} has more than {MAX_TABLE_BYTES // 1024**2} MB. Give it in parts."
            )
        return file.read_bytes()
    except OSError as fault:
        raise InputError(f"{file} can't be read: {fault.strerror}.") from fault


def _choose_columns(table: PostTable, choice: Choice) -> Columns:
    guessed = guess_columns(table)
    return Columns(
        choice.text or guessed.text, choice.id or guessed.id, choice.label or guessed.label
    )


def _identify(content: bytes, columns: Columns, run: BatchRun, version: str) -> str:
    told = repr((columns, run.models, run.labels, version)).encode("utf-8", "replace")
    return hashlib.sha256(hashlib.sha256(content).digest() + told).hexdigest()
