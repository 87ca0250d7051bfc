"""The answers to a batch, chunk by chunk: cancelled or broken off, it goes on where it stood."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from mhkd.analysis import TEACHERS
from mhkd.batch.posts import Posts
from mhkd.batch.table import RowFault
from mhkd.errors import Cancelled, InputError

Probabilities = npt.NDArray[np.float32]
FIRST_ROWS: Final = 16
MAX_CHUNK: Final = 64
MIN_CHUNK: Final = 8
_CHUNK_S: Final = 4.0  # how much a cancelled run may lose, and how often progress is told
READ_CHARS: Final = 4_500  # about the four windows that text models read
_TRY_AGAIN_S: Final = 0.5
# What a tokenizer or network raises over one odd text. Anything else ends the run.
_ROW_ERRORS: Final = (ValueError, RuntimeError, IndexError, KeyError, TypeError, OverflowError)


class Predictor(Protocol):
    """What of ``mhkd.analyser.Analyser`` a batch needs."""

    @property
    def labels(self) -> tuple[str, ...]:
        """In the order of the logits."""

    def predict_texts(
        self,
        texts: Sequence[str],
        models: Sequence[str] = ...,
        *,
        cancel: threading.Event | None = ...,
    ) -> Mapping[str, npt.NDArray[np.float64]]:
        """Calibrated probabilities: model → shape (posts, classes)."""


@dataclass(eq=False)
class BatchRun:
    """Answers as small arrays beside the posts; written by one thread, read by others.

    Attributes:
        models: among student, text, emotion and audio.
        probabilities: model → float32, shape (rows, classes), NaN where there is no answer.
        done: usable rows that are behind us.
        faults: by row; grows where a model can't answer a row.
        busy_s: time spent on the rows that are done. busy_chars: characters read in it.
    """

    posts: Posts
    labels: tuple[str, ...]
    models: tuple[str, ...]
    probabilities: dict[str, Probabilities] = field(default_factory=dict)
    done: int = 0
    faults: dict[int, RowFault] = field(default_factory=dict)
    busy_s: float = 0.0
    busy_chars: int = 0

    def __post_init__(self) -> None:
        if not self.models:
            raise InputError("No model was chosen. Choose at least one.")
        shape = (len(self.posts), len(self.labels))
        for model in self.models:
            self.probabilities.setdefault(model, np.full(shape, np.nan, np.float32))
        self.faults = {**self.posts.faults, **self.faults}

    @property
    def total(self) -> int:
        """Usable rows."""
        return len(self.posts.usable)

    @property
    def finished(self) -> bool:
        """Every usable row is behind us."""
        return self.done >= self.total

    @property
    def rows_per_s(self) -> float | None:
        """Rows per second so far, None before the first chunk."""
        return self.done / self.busy_s if self.busy_s > 0 else None

    @property
    def left_s(self) -> float | None:
        """Estimated time that is left, by the characters that are still to be read."""
        if self.busy_s <= 0 or self.busy_chars <= 0:
            return None
        left = sum(_read_chars(self.posts.texts[p]) for p in self.posts.usable[self.done :])
        return self.busy_s / self.busy_chars * left

    def advance(
        self,
        analyser: Predictor,
        *,
        rows: int | None = None,
        cancel: threading.Event | None = None,
        on_chunk: Callable[[], None] | None = None,
    ) -> None:
        """Goes on with the next rows.

        Args:
            analyser: asked chunk by chunk, so that others get their turn in between.
            rows: how many at most; None goes on to the end.
            cancel: looked at before each batch of a model; what is done is kept.
            on_chunk: called after each chunk.

        Raises:
            Cancelled: ``cancel`` was set.
            MhkdError: the models can't be asked at all.
        """
        end = self.total if rows is None else min(self.total, self.done + rows)
        while self.done < end:
            size = min(self._chunk_size(), end - self.done)
            chunk = self.posts.usable[self.done : self.done + size]
            began = time.monotonic()
            self._answer(analyser, chunk, cancel)
            self.busy_s += time.monotonic() - began
            self.busy_chars += sum(_read_chars(self.posts.texts[place]) for place in chunk)
            self.done += size
            if on_chunk is not None:
                on_chunk()

    def _chunk_size(self) -> int:
        if self.rows_per_s is None:
            return FIRST_ROWS
        return int(min(max(self.rows_per_s * _CHUNK_S, MIN_CHUNK), MAX_CHUNK))

    def _answer(
        self, analyser: Predictor, chunk: npt.NDArray[np.int64], cancel: threading.Event | None
    ) -> None:
        try:
            self._ask(analyser, chunk, cancel)
            return
        except _ROW_ERRORS as fault:
            told = fault
        failed = 0
        for place in chunk:  # one of them is to blame: ask for each alone
            try:
                self._ask(analyser, place[None], cancel)
            except _ROW_ERRORS:
                self._blame(int(place))
                failed += 1
        if failed == len(chunk) and failed > 1:  # not the rows, then
            for place in chunk:
                del self.faults[int(place) + 1]
            raise told

    def _ask(
        self, analyser: Predictor, chunk: npt.NDArray[np.int64], cancel: threading.Event | None
    ) -> None:
        texts = [self.posts.texts[place] for place in chunk]
        found = _ask_in_turn(analyser, texts, self.models, cancel)
        for model in self.models:
            self.probabilities[model][chunk] = found[model]
            for place, row in zip(chunk, found[model], strict=True):
                if not np.isfinite(row).all():
                    self._blame(int(place))

    def _blame(self, place: int) -> None:
        self.faults[place + 1] = RowFault(
            place + 1, "model", "A model could not answer this row. The others are not affected."
        )
        for answers in self.probabilities.values():
            answers[place] = np.nan


def _ask_in_turn(
    analyser: Predictor,
    texts: Sequence[str],
    models: Sequence[str],
    cancel: threading.Event | None,
) -> Mapping[str, npt.NDArray[np.float64]]:
    """A batch is patient: a full queue is waited for."""
    while True:
        if cancel is not None and cancel.is_set():
            raise Cancelled
        try:
            return analyser.predict_texts(texts, models, cancel=cancel)
        except InputError as fault:
            if fault.code != "busy":
                raise
            time.sleep(_TRY_AGAIN_S)


def mean_of_teachers(probabilities: Mapping[str, Probabilities]) -> Probabilities | None:
    """Mean of the teachers that answered, shape (rows, classes); None with fewer than two."""
    present = [probabilities[name] for name in TEACHERS if name in probabilities]
    if len(present) < 2:
        return None
    mean: Probabilities = np.mean(present, axis=0, dtype=np.float32)
    return mean


def _read_chars(text: str) -> int:
    return min(len(text), READ_CHARS) + 50  # a short post costs something, too
