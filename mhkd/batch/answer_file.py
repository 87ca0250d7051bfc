"""A file of posts → a Parquet file of answers. Broken off, the next call goes on."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mhkd.batch.output import (
    count_answers,
    describe_run,
    load_partial,
    save_partial,
    tabulate_answers,
    write_csv,
    write_file,
    write_parquet,
)
from mhkd.batch.posts import Columns, check_posts, guess_columns, guess_recording
from mhkd.batch.predictor import Predictor
from mhkd.batch.recordings import Recordings, open_recordings
from mhkd.batch.run import BatchRun
from mhkd.batch.sounds import SoundOrigin
from mhkd.batch.states import StateCounts, read_set_rule
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
        sounds: rows by where their sound came from (recorded, spoken, none).
        sound_faults: row and reason, where nothing was heard that should have been.
        outside: rows outside what the student knows; None where that was not measured.
        states: model → its answered rows, decided by label, not decided, or with no answer.
        truncated: rows of whose text the end was not read.
        compared: recordings that could be compared with their texts; None where none were to be.
        differing: of them, those that say something else.
    """

    rows: int
    answered: int
    resumed: int
    faults: tuple[RowFault, ...]
    sounds: Mapping[SoundOrigin, int] = field(default_factory=dict)
    sound_faults: tuple[tuple[int, str], ...] = ()
    outside: int | None = None
    states: Mapping[str, StateCounts] = field(default_factory=dict)
    truncated: int = 0
    compared: int | None = None
    differing: int = 0


@dataclass(frozen=True)
class Choice:
    """What is asked of a file.

    Attributes:
        models: among ``MODELS``.
        text, id, label: names of the columns; None lets them be guessed.
        recordings: a ZIP file or a folder of what the audio teacher hears; None: each post is
            spoken for it.
        recording: the column that names a recording for each row; None lets it be guessed.
        compare: whether each recording is compared with its text, which a transcriber does.
        with_text: whether the text goes into the output.
        version: of the bundle, in words and hash; an unfinished run of another is not resumed.
    """

    models: Sequence[str] = ("student",)
    text: str | None = None
    id: str | None = None
    label: str | None = None
    recordings: Path | None = None
    recording: str | None = None
    compare: bool = False
    with_text: bool = False
    version: str = ""


def answer_file(
    analyser: Predictor,
    file: Path,
    out: Path,
    choice: Choice,
    on_progress: Callable[[BatchRun], None] | None = None,
    noting: Callable[[BatchRun], AbstractContextManager[None]] | None = None,
) -> Answered:
    """Answers every post of a file.

    While it runs, ``out`` with ``.partial`` behind its name keeps the answers so far.

    Args:
        analyser: the models.
        file: CSV, Parquet or JSONL.
        out: Parquet, or CSV by its ending.
        choice: what is asked.
        on_progress: called after each chunk.
        noting: within which the rows are answered, for a log.

    Raises:
        InputError: the file, an option or the place of ``out`` can't be used.
    """
    unknown = sorted(set(choice.models) - set(MODELS))
    if unknown:
        raise InputError(f"There is no model '{unknown[0]}'. Models: {', '.join(MODELS)}.")
    if out.suffix.lower() not in (".parquet", ".csv"):
        raise InputError(f"{out} ends neither in .parquet nor in .csv. Give it one of them.")
    if choice.compare and choice.recordings is None:
        raise InputError(
            "There are no recordings to compare with the texts. Give the ZIP file or folder with "
            "--recordings."
        )
    if choice.compare and analyser.missing_transcriber is not None:
        raise InputError(analyser.missing_transcriber)
    with _open_recordings(choice) as recordings:
        return _answer(
            analyser, file, out, choice, recordings, on_progress, noting or _note_nothing
        )


def _answer(
    analyser: Predictor,
    file: Path,
    out: Path,
    choice: Choice,
    recordings: Recordings | None,
    on_progress: Callable[[BatchRun], None] | None,
    noting: Callable[[BatchRun], AbstractContextManager[None]],
) -> Answered:
    content = _read_content(file)
    table = read_table(file.name, content)
    columns = _choose_columns(table, choice, recordings)
    posts = check_posts(table, columns, analyser.labels)
    run = BatchRun(
        posts,
        tuple(analyser.labels),
        tuple(dict.fromkeys(choice.models)),
        recordings=recordings,
        compare=choice.compare,
        outside_limit=analyser.familiarity_limit,
        sets=read_set_rule(analyser.manifest),
    )
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

    with noting(run):
        try:
            run.advance(analyser, on_chunk=note)
        finally:
            save_partial(run, partial, key)
    answers = tabulate_answers(
        run,
        ids=None if columns.id is None else table.columns[columns.id],
        texts=posts.texts if choice.with_text else None,
        about=describe_run(run) | {"bundle": choice.version, "file": file.name},
    )
    write_file((write_csv if out.suffix.lower() == ".csv" else write_parquet)(answers), out)
    partial.unlink(missing_ok=True)
    faults = tuple(run.faults[row] for row in sorted(run.faults))
    return Answered(
        len(posts),
        len(posts) - len(faults),
        resumed,
        faults,
        {} if run.sounds is None else {**run.sounds.count_origins()},
        () if run.sounds is None else tuple(run.sounds.list_faults()),
        None if run.outside is None else int(run.outside.sum()),
        count_answers(run),
        int(run.truncated.sum()),
        run.sounds.count_compared() if run.sounds is not None and run.compare else None,
        0 if run.sounds is None else int(run.sounds.differing.sum()),
    )


def _note_nothing(_: BatchRun) -> AbstractContextManager[None]:
    return nullcontext()


def _open_recordings(choice: Choice) -> AbstractContextManager[Recordings | None]:
    if choice.recordings is None:
        if choice.recording is not None:
            raise InputError(
                f"The column “{choice.recording}” names recordings, but none were given. "
                "Give the ZIP file or folder with --recordings."
            )
        return nullcontext()
    if "audio" not in choice.models:
        raise InputError(
            "Recordings are heard by the audio teacher, which was not asked. "
            "Add audio to --models, or leave the recordings out."
        )
    return open_recordings(choice.recordings)


def _read_content(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_TABLE_BYTES:
            raise InputError(
                f"{file} has more than {MAX_TABLE_BYTES // 1024**2} MB. Give it in parts."
            )
        return file.read_bytes()
    except OSError as fault:
        raise InputError(f"{file} can't be read: {fault.strerror}.") from fault


def _choose_columns(table: PostTable, choice: Choice, recordings: Recordings | None) -> Columns:
    guessed = guess_columns(table)
    recording = None
    if recordings is not None:
        recording = choice.recording or guess_recording(table, recordings)
        if recording is None:
            raise InputError(
                "No column seems to name the recordings. Name it with --recording-column. "
                f"Columns: {', '.join(list(table.columns)[:8])}."
            )
    return Columns(
        choice.text or guessed.text,
        choice.id or guessed.id,
        choice.label or guessed.label,
        recording,
    )


def _identify(content: bytes, columns: Columns, run: BatchRun, version: str) -> str:
    heard = None if run.recordings is None else run.recordings.identity
    asked = (columns, run.models, run.labels, version, heard, run.outside_limit)
    told = repr((*asked, "compared") if run.compare else asked).encode("utf-8", "replace")
    return hashlib.sha256(hashlib.sha256(content).digest() + told).hexdigest()
