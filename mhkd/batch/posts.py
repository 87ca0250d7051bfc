"""Which column is what, and which rows can be answered."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from mhkd.batch.table import PostTable, RowFault
from mhkd.errors import InputError
from mhkd.limits import MAX_CHARS, MIN_LETTERS
from mhkd.text.quality import check_text, judge_text

_TEXT_NAMES: Final = ("text", "post", "body", "content", "selftext", "message", "tweet")
_ID_NAMES: Final = ("id", "post_id", "row_id", "uid", "index")
_LABEL_NAMES: Final = ("label", "labels", "class", "target", "gold", "y")
_RECORDING_NAMES: Final = (
    *("recording", "recordings", "recording_file", "audio", "audio_file", "audio_path", "sound"),
    *("sound_file", "file", "filename", "file_name", "path", "wav"),
)
_LOOKED_AT: Final = 200
UNKNOWN: Final = -1


@dataclass(frozen=True)
class Columns:
    """Which column holds what; None where the file has none."""

    text: str
    id: str | None = None
    label: str | None = None
    recording: str | None = None


@dataclass(frozen=True)
class Doubt:
    """What limits the answer to a row.

    Attributes:
        codes: of the findings, as in ``Analysis.quality``.
        withheld: it gets no answer; the numbers are a forced choice.
    """

    codes: tuple[str, ...]
    withheld: bool


@dataclass(frozen=True, eq=False)
class Posts:
    """The posts of a table and what was found about them before any model read them.

    Attributes:
        texts: one for each row, as uploaded.
        faults: by row, of rows that get no answer.
        usable: int64, places (from 0) of the rows that do.
        truth: int64, shape (rows,), place of the given label; -1 where there is none.
        doubts: by row, of usable rows whose text limits the answer.
        recordings: the name of each row's recording, empty for none; None without such a column.
    """

    texts: Sequence[str]
    faults: Mapping[int, RowFault]
    usable: npt.NDArray[np.int64]
    truth: npt.NDArray[np.int64]
    doubts: Mapping[int, Doubt] = field(default_factory=dict)
    recordings: Sequence[str] | None = None

    def __len__(self) -> int:
        return len(self.texts)


def guess_columns(table: PostTable) -> Columns:
    """The columns by their names; the text else is the column with most characters."""
    names = {name.strip().lower(): name for name in table.columns}

    def find(wanted: Sequence[str]) -> str | None:
        return next((names[name] for name in wanted if name in names), None)

    text = find(_TEXT_NAMES) or max(
        table.columns, key=lambda name: sum(map(len, table.columns[name][:_LOOKED_AT]))
    )
    others = (find(_ID_NAMES), find(_LABEL_NAMES), find(_RECORDING_NAMES))
    return Columns(text, *(None if name == text else name for name in others))


def guess_recording(table: PostTable, recordings: Container[str]) -> str | None:
    """The column of recordings: whose first values name most of them, else by its own name."""
    named = guess_columns(table).recording
    counts = {
        name: sum(value in recordings for value in values[:_LOOKED_AT])
        for name, values in table.columns.items()
    }
    best = max(counts, key=lambda name: (counts[name], name == named))
    return best if counts[best] else named


def count_values(values: Sequence[str]) -> dict[str, int]:
    """Value → how often, most frequent first; empty ones are left out."""
    counts: dict[str, int] = {}
    for value in values:
        if value.strip():
            counts[value.strip()] = counts.get(value.strip(), 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def match_labels(values: Sequence[str], labels: Sequence[str]) -> dict[str, str | None]:
    """Each value of a label column → the bundle's label that it spells, else None."""
    known = {label.strip().lower(): label for label in labels}
    return {value: known.get(value.lower()) for value in count_values(values)}


def check_posts(
    table: PostTable,
    columns: Columns,
    labels: Sequence[str],
    meanings: Mapping[str, str | None] | None = None,
) -> Posts:
    """Looks at each row once.

    Args:
        table: the rows.
        columns: which column holds what.
        labels: of the bundle, in the order of its logits.
        meanings: value of the label column → label; None takes ``match_labels``.

    Raises:
        InputError: the table has no column of that name.
    """
    for name in (columns.text, columns.id, columns.label, columns.recording):
        if name is not None and name not in table.columns:
            raise InputError(
                f"There is no column “{name}”. Columns: {', '.join(list(table.columns)[:8])}."
            )
    texts = table.columns[columns.text]
    faults = {fault.row: fault for fault in table.faults}
    for row, text in enumerate(texts, start=1):
        if row not in faults:
            fault = find_fault(row, text)
            if fault is not None:
                faults[row] = fault
    truth = np.full(len(texts), UNKNOWN, np.int64)
    if columns.label is not None:
        given = table.columns[columns.label]
        told = match_labels(given, labels) if meanings is None else meanings
        places = {v: labels.index(name) for v, name in told.items() if name is not None}
        truth[:] = [places.get(value.strip(), UNKNOWN) for value in given]
    usable = np.array([p for p in range(len(texts)) if p + 1 not in faults], np.int64)
    doubts = {p + 1: doubt for p in usable.tolist() if (doubt := _find_doubt(texts[p])) is not None}
    named = None if columns.recording is None else table.columns[columns.recording]
    return Posts(texts, dict(sorted(faults.items())), usable, truth, doubts, named)


def name_doubts(posts: Posts, rows: Sequence[int]) -> list[str]:
    """Each row's slice by the quality of its text; ``rows`` are places, from 0."""
    named = []
    for place in rows:
        doubt = posts.doubts.get(place + 1)
        if doubt is None:
            named.append("nothing found")
        else:
            named.append("no answer" if doubt.withheld else "answer limited")
    return named


def _find_doubt(text: str) -> Doubt | None:
    found = judge_text(text)
    if not found:
        return None
    return Doubt(tuple(f.code for f in found), any(f.effect == "abstains" for f in found))


def find_fault(row: int, text: str) -> RowFault | None:
    """Why a text can't be answered, None if it can."""
    if not text.strip():
        return RowFault(row, "empty", "The text is empty.")
    if any("\ud800" <= char <= "\udfff" for char in text):
        return RowFault(
            row, "not_unicode", "The text is not valid Unicode. Save the file in UTF-8."
        )
    if len(text) > MAX_CHARS:
        return RowFault(
            row,
            "too_long",
            f"The text has {len(text):,} characters; at most {MAX_CHARS:,} are read.",
        )
    try:
        check_text(text)
    except InputError:
        return RowFault(row, "too_few_letters", f"The text has fewer than {MIN_LETTERS} letters.")
    return None
