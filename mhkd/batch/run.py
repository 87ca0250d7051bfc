"""The answers to a batch, chunk by chunk: cancelled or broken off, it goes on where it stood."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from mhkd.analysis import TEACHERS
from mhkd.batch.hearing import HeardRow, hear_rows
from mhkd.batch.posts import Posts
from mhkd.batch.predictor import ROW_ERRORS, Predictor, ask_in_turn
from mhkd.batch.recordings import Recordings
from mhkd.batch.sounds import Sounds, describe_spoken
from mhkd.batch.states import Bools, Places, SetRule, find_states
from mhkd.batch.table import RowFault
from mhkd.errors import InputError

Probabilities = npt.NDArray[np.float32]
FIRST_ROWS: Final = 16
FIRST_HEARD_ROWS: Final = 6  # a recording takes a second or two
_HEARD_FOR_ESTIMATE: Final = 3
MAX_CHUNK: Final = 64
MIN_CHUNK: Final = 8
_CHUNK_S: Final = 4.0  # how much a cancelled run may lose, and how often progress is told
READ_CHARS: Final = 4_500  # about the four windows that text models read


@dataclass(eq=False)
class BatchRun:
    """Answers as small arrays beside the posts; written by one thread, read by others.

    Attributes:
        models: among student, text, emotion and audio.
        probabilities: model → float32, shape (rows, classes), NaN where there is no answer.
        done: usable rows that are behind us.
        faults: by row; grows where a model can't answer a row.
        recordings: what the audio teacher hears of rows that name one; rows that name none have
            no audio answer. None: each post is spoken for it.
        compare: compare each recording that is heard with its text.
        outside_limit: distance from which on a post is outside what the student knows; None where
            that is not measured.
        distances: float32, shape (rows,), as ``Familiarity.distance``, NaN where there is none.
        sounds: of each row, where the audio teacher is asked.
        sets: the rule of the student's sets of labels; None where the bundle gives none.
        tokens: int32, shape (rows, 2), sub-words that the student (where it is not asked, the text
            teacher) read of a row, and those of the whole post; 0 where that is not told.
        busy_s: time spent on the texts of busy_rows rows, which hold busy_chars characters.
        hearing_s: time spent on the recordings of heard_rows rows.
    """

    posts: Posts
    labels: tuple[str, ...]
    models: tuple[str, ...]
    probabilities: dict[str, Probabilities] = field(default_factory=dict)
    done: int = 0
    faults: dict[int, RowFault] = field(default_factory=dict)
    recordings: Recordings | None = None
    compare: bool = False
    outside_limit: float | None = None
    distances: npt.NDArray[np.float32] | None = None
    sounds: Sounds | None = None
    sets: SetRule | None = None
    tokens: npt.NDArray[np.int32] = field(init=False)
    busy_s: float = 0.0
    busy_rows: int = 0
    busy_chars: int = 0
    hearing_s: float = 0.0
    heard_rows: int = 0

    def __post_init__(self) -> None:
        if not self.models:
            raise InputError("No model was chosen. Choose at least one.")
        shape = (len(self.posts), len(self.labels))
        for model in self.models:
            self.probabilities.setdefault(model, np.full(shape, np.nan, np.float32))
        self.faults = {**self.posts.faults, **self.faults}
        if "student" not in self.models:
            self.outside_limit = None
        if self.outside_limit is not None:
            self.distances = np.full(len(self.posts), np.nan, np.float32)
        self.sounds = Sounds(len(self.posts)) if "audio" in self.models else None
        self.tokens = np.zeros((len(self.posts), 2), np.int32)
        self._withheld_texts = np.zeros(len(self.posts), np.bool_)
        alone = [row - 1 for row, doubt in self.posts.doubts.items() if doubt.withheld]
        self._withheld_texts[alone] = True
        self._recorded = self._find_recorded()

    @property
    def total(self) -> int:
        """Usable rows."""
        return len(self.posts.usable)

    @property
    def finished(self) -> bool:
        """Every usable row is behind us."""
        return self.done >= self.total

    def count(self) -> dict[str, int | None]:
        """Rows in all, behind us, that can't be answered, and outside what the student knows."""
        outside = None if self.outside is None else int(self.outside.sum())
        return {
            "rows": len(self.posts),
            "done": self.done,
            "faults": len(self.faults),
            "outside": outside,
        }

    @property
    def hears(self) -> bool:
        """The audio teacher hears recordings."""
        return "audio" in self.models and self.recordings is not None

    @property
    def outside(self) -> npt.NDArray[np.bool_] | None:
        """Which rows are outside what the student knows, shape (rows,); None: not measured."""
        if self.distances is None or self.outside_limit is None:
            return None
        return self.distances > self.outside_limit  # NaN is not

    @property
    def withheld(self) -> Bools:
        """Which rows get no answer, by their text or as they are outside, shape (rows,)."""
        outside = self.outside
        return self._withheld_texts.copy() if outside is None else self._withheld_texts | outside

    @property
    def truncated(self) -> Bools:
        """Of which rows the end was not read, shape (rows,); not told counts as read."""
        found: Bools = self.tokens[:, 0] < self.tokens[:, 1]
        return found

    def judge(self, model: str, probabilities: npt.NDArray[np.float32]) -> Places:
        """The state of each row's answer by a model, as ``find_states``."""
        rule = self.sets if model == "student" else None
        return find_states(probabilities, self.withheld, rule)

    @property
    def rows_per_s(self) -> float | None:
        """Rows per second so far, None before the first chunk."""
        spent = self.busy_s + self.hearing_s
        return self.busy_rows / spent if spent > 0 and self.busy_rows else None

    @property
    def left_s(self) -> float | None:
        """Estimated time that is left, by the characters and recordings that are still to come."""
        if self.busy_s <= 0 or self.busy_chars <= 0:
            return None
        rest = self.posts.usable[self.done :]
        left = sum(_read_chars(self.posts.texts[place]) for place in rest)
        text_s = self.busy_s / self.busy_chars * left
        heard = self.hearing_s / self.heard_rows if self.heard_rows else 0.0
        return text_s + heard * int(self._recorded[rest].sum())

    def try_first(self, analyser: Predictor, cancel: threading.Event | None = None) -> None:
        """Answers the first rows, which tells how long all will take.

        Where few of them have a recording, some further down are heard, too, and their answers
        dropped; so is the very first, which waits for what is loaded.

        Raises:
            Cancelled: ``cancel`` was set.
            MhkdError: the models can't be asked at all.
        """
        recorded = self.posts.usable[self._recorded[self.posts.usable]]
        self._hear(analyser, recorded[:1], cancel)
        self.hearing_s, self.heard_rows = 0.0, 0
        self.advance(analyser, rows=self._first_rows, cancel=cancel)
        rest = self.posts.usable[self.done :]
        missing = max(0, _HEARD_FOR_ESTIMATE - self.heard_rows)
        self._hear(analyser, rest[self._recorded[rest]][:missing], cancel)

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
            heard = self._hear(analyser, chunk, cancel) if self.hears else None
            began = time.monotonic()
            self._answer(analyser, chunk, cancel)
            self.busy_s += time.monotonic() - began
            if heard is not None:
                self._note_heard(chunk, heard)
            self.busy_rows += size
            self.busy_chars += sum(_read_chars(self.posts.texts[place]) for place in chunk)
            self.done += size
            if on_chunk is not None:
                on_chunk()

    @property
    def _first_rows(self) -> int:
        return FIRST_HEARD_ROWS if self.hears else FIRST_ROWS

    def _chunk_size(self) -> int:
        if self.rows_per_s is None:
            return self._first_rows
        fewest = 1 if self.hears else MIN_CHUNK
        return int(min(max(self.rows_per_s * _CHUNK_S, fewest), MAX_CHUNK))

    def _find_recorded(self) -> npt.NDArray[np.bool_]:
        """Which rows name a recording that is there, shape (rows,)."""
        names, recordings = self.posts.recordings, self.recordings
        if names is None or recordings is None or not self.hears:
            return np.zeros(len(self.posts), np.bool_)
        return np.array([name in recordings for name in names], np.bool_)

    def _hear(
        self, analyser: Predictor, chunk: npt.NDArray[np.int64], cancel: threading.Event | None
    ) -> list[HeardRow]:
        recordings, names = self.recordings, self.posts.recordings
        if recordings is None or names is None:
            return []
        began = time.monotonic()
        rows = [(names[place], self.posts.texts[place]) for place in chunk]
        found = hear_rows(analyser, recordings, rows, cancel, compare=self.compare)
        self.hearing_s += time.monotonic() - began
        self.heard_rows += int(self._recorded[chunk].sum())
        return found

    def _note_heard(self, chunk: npt.NDArray[np.int64], heard: list[HeardRow]) -> None:
        for place, row in zip(chunk.tolist(), heard, strict=True):
            if place + 1 in self.faults or self.sounds is None:
                continue
            self.sounds.note(place, row.sound)
            if row.probabilities is not None:
                answer = [row.probabilities[label] for label in self.labels]
                self.probabilities["audio"][place] = answer

    def _answer(
        self, analyser: Predictor, chunk: npt.NDArray[np.int64], cancel: threading.Event | None
    ) -> None:
        try:
            self._ask(analyser, chunk, cancel)
            return
        except ROW_ERRORS as fault:
            told = fault
        failed = 0
        for place in chunk:  # one of them is to blame: ask for each alone
            try:
                self._ask(analyser, place[None], cancel)
            except ROW_ERRORS:
                self._blame(int(place))
                failed += 1
        if failed == len(chunk) and failed > 1:  # not the rows, then
            for place in chunk:
                del self.faults[int(place) + 1]
            raise told

    def _ask(
        self, analyser: Predictor, chunk: npt.NDArray[np.int64], cancel: threading.Event | None
    ) -> None:
        models = [name for name in self.models if name != "audio" or not self.hears]
        if not models:
            return
        texts = [self.posts.texts[place] for place in chunk]
        familiar = self.outside_limit is not None
        found = ask_in_turn(
            lambda: analyser.answer_texts(texts, models, familiar=familiar, cancel=cancel), cancel
        )
        if self.distances is not None and found.distances is not None:
            self.distances[chunk] = found.distances
        counted = [found.tokens[name] for name in ("student", "text") if name in found.tokens]
        if counted:
            self.tokens[chunk] = counted[0]
        if self.sounds is not None and not self.hears:
            spoken_s = [None] * len(chunk) if found.spoken_s is None else found.spoken_s.tolist()
            for place, seconds in zip(chunk.tolist(), spoken_s, strict=True):
                self.sounds.note(place, describe_spoken(seconds))
        for model in models:
            self.probabilities[model][chunk] = found.probabilities[model]
            for place, row in zip(chunk, found.probabilities[model], strict=True):
                if not np.isfinite(row).all():
                    self._blame(int(place))

    def _blame(self, place: int) -> None:
        self.faults[place + 1] = RowFault(
            place + 1, "model", "A model could not answer this row. The others are not affected."
        )
        for answers in self.probabilities.values():
            answers[place] = np.nan
        if self.distances is not None:
            self.distances[place] = np.nan
        self.tokens[place] = 0


def mean_of_teachers(probabilities: Mapping[str, Probabilities]) -> Probabilities | None:
    """Mean over the teachers that answered a row, shape (rows, classes); None with fewer than two.

    A row that no teacher answered has NaN.
    """
    present = [probabilities[name] for name in TEACHERS if name in probabilities]
    if len(present) < 2:
        return None
    stacked = np.stack(present)  # (teachers, rows, classes)
    answered = ~np.isnan(stacked).any(2, keepdims=True)
    count = answered.sum(0).astype(np.float32)
    total = np.where(answered, stacked, 0).sum(0, dtype=np.float32)
    return np.where(count > 0, total / np.maximum(count, 1), np.float32(np.nan))


def name_teachers(probabilities: Mapping[str, Probabilities]) -> list[str]:
    """The teachers that answered each row, joined by ``; ``."""
    names = [name for name in TEACHERS if name in probabilities]
    answered = np.array([~np.isnan(probabilities[name]).any(1) for name in names])
    return [
        "; ".join(n for n, there in zip(names, row, strict=True) if there) for row in answered.T
    ]


def _read_chars(text: str) -> int:
    return min(len(text), READ_CHARS) + 50  # a short post costs something, too
