"""The file, its columns and the models. Owns the keys that begin with ``batch_setup_``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from app.batch_tables import hold_table
from app.batch_wording import COST, HEARD_COST, say_count, say_matches, say_unknown
from app.batch_work import BatchDesk, Settings
from app.escape import write_note, write_small_print, write_table
from mhkd.batch.posts import (
    Columns,
    count_values,
    guess_columns,
    guess_recording,
    match_labels,
)
from mhkd.batch.recordings import Recordings
from mhkd.batch.table import FORMATS, PostTable
from mhkd.errors import InputError
from mhkd.limits import MAX_CHARS, MAX_UPLOAD_BYTES

_NONE: Final = "(none)"
_NOT_MEASURED: Final = "(not measured)"
_PREVIEW_ROWS: Final = 5
_PREVIEW_CHARS: Final = 140
_PREVIEW_COLUMNS: Final = 6
_MAX_MEANINGS: Final = 12


def ask_file(desk: BatchDesk) -> None:
    """Draws the upload; a file that can be read becomes the desk's table."""
    state = st.session_state
    state.setdefault("batch_setup_round", 0)
    given = st.file_uploader(
        f"File of posts: CSV, Parquet or JSONL, up to {MAX_UPLOAD_BYTES // 1024**2} MB",
        type=[*FORMATS, "tsv", "ndjson"],
        key=f"batch_setup_file_{state['batch_setup_round']}",
    )
    if given is None:
        return
    try:
        with st.spinner("Reading the file"):
            table = hold_table(given.name, given.getvalue())
    except InputError as fault:
        write_note("The file can’t be used", fault.public_message)
        return
    desk.table, desk.job = table, None
    state["batch_setup_round"] += 1  # the upload itself is not needed any more
    st.rerun()


def ask_settings(
    table: PostTable,
    chosen: Settings | None,
    labels: Sequence[str] | None,
    recordings: Recordings | None = None,
) -> Settings:
    """Draws the columns with a preview, the meaning of the labels, and the models.

    Args:
        table: the rows.
        chosen: what was asked before, None for the guess.
        labels: of the bundle; None while it is being opened.
        recordings: what the audio teacher could hear.
    """
    names = list(table.columns)
    guess = chosen.columns if chosen is not None else guess_columns(table)
    text_at, id_at, label_at, *more = st.columns(3 if recordings is None else 4)
    with text_at:
        text = st.selectbox("Text", names, names.index(guess.text), key="batch_setup_text")
    with id_at:
        id_ = _ask_optional("Id", names, guess.id, "batch_setup_id")
    with label_at:
        label = _ask_optional("Label", names, guess.label, "batch_setup_label")
    recording = None
    if recordings is not None:
        with more[0]:
            before = None if chosen is None else chosen.columns.recording
            guessed = before or guess_recording(table, recordings)
            recording = _ask_optional("Recording", names, guessed, "batch_setup_recording")
    columns = Columns(str(text), id_, label, recording)
    _show_preview(table, columns)
    if recordings is not None and recording is not None:
        write_small_print(say_matches(table.columns[recording], recordings))
    meanings = ()
    if label is not None and labels is not None:
        meanings = _ask_meanings(table.columns[label], labels)
    heard = None if recordings is None or recording is None else recordings.identity
    return Settings(columns, _ask_models(chosen, heard is not None), meanings, heard)


def _ask_models(chosen: Settings | None, hears: bool) -> tuple[str, ...]:
    costs = {**COST, **(HEARD_COST if hears else {})}
    before = ["student"] if chosen is None else [name for name in chosen.models if name in costs]
    if hears and (chosen is None or chosen.recordings is None):
        before.append("audio")
    models = st.pills(
        "Models",
        list(costs),
        selection_mode="multi",
        default=before,
        format_func=costs.__getitem__,
        key=f"batch_setup_models{'_heard' if hears else ''}",
        wrap=True,
    )
    told = (
        "The audio teacher hears the recordings; a row without one has no answer of it. With two "
        "teachers the page shows their mean, of a row that of the teachers that answered it"
        if hears
        else "Without recordings, batches are read as text and the audio teacher is left out. With "
        "both teachers the page shows their mean"
    )
    write_small_print(f"{told}, and where it disagrees with the student.")
    return tuple(name for name in costs if name in (models or ()))


def _ask_optional(title: str, names: list[str], guess: str | None, key: str) -> str | None:
    place = 0 if guess is None else names.index(guess) + 1
    found = st.selectbox(title, [_NONE, *names], place, key=key)
    return None if found == _NONE else found


def _show_preview(table: PostTable, columns: Columns) -> None:
    chosen = (columns.id, columns.text, columns.label, columns.recording)
    first = [name for name in chosen if name is not None]
    shown = list(dict.fromkeys([*first, *table.columns]))[:_PREVIEW_COLUMNS]
    rows = [
        [str(row + 1), *(_cut(table.columns[name][row]) for name in shown)]
        for row in range(min(len(table), _PREVIEW_ROWS))
    ]
    with st.container(key="batch_post_text"):
        write_table(["Row", *map(_cut, shown)], rows, numeric=(0,))
    left_out = len(table.columns) - len(shown)
    told = f"The first {len(rows)} of {len(table):,} rows, cut to {_PREVIEW_CHARS} characters."
    if left_out:
        told += f" {left_out} more columns are not shown; they can be used for slices."
    write_small_print(told)


def _ask_meanings(
    values: Sequence[str], labels: Sequence[str]
) -> tuple[tuple[str, str | None], ...]:
    told = match_labels(values, labels)
    counts = count_values(values)
    unknown = [value for value in counts if told[value] is None]
    if unknown:
        write_small_print(
            f"{say_unknown(len(unknown))} of this bundle. Say what is meant, or leave it out of "
            "the measures; the posts are answered all the same."
        )
        places = st.columns(3)
        for number, value in enumerate(unknown[:_MAX_MEANINGS]):
            with places[number % 3]:
                st.text(f"{_cut(value)} ({say_count(counts[value], 'row')})")
                found = st.selectbox(
                    f"Meaning of value {number + 1}",
                    [_NOT_MEASURED, *labels],
                    key=f"batch_setup_meaning_{number}",
                    label_visibility="collapsed",
                )
                told[value] = None if found == _NOT_MEASURED else found
    return tuple(told.items())


def say_formats() -> str:
    """What a file should hold."""
    return (
        "One post on each row, in a column of any name; a column of ids, of labels and any other "
        "columns may stand beside it. Rows that are empty, longer than "
        f"{MAX_CHARS:,} characters or not readable are listed, and the rest is answered. "
        "Recordings of the posts may follow as one ZIP file. "
        "All of it stays in this session and is stored nowhere."
    )


def _cut(text: str) -> str:
    line = " ".join(text[: 2 * _PREVIEW_CHARS].split())
    return line if len(line) <= _PREVIEW_CHARS else f"{line[: _PREVIEW_CHARS - 1]}…"
