"""The batch of one session, in a thread that never touches the page.

Nothing is kept on disk: the table, the recordings and the small arrays of answers live as
long as the session, and go with “Forget this batch”.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from mhkd.analysis import BundleReference
from mhkd.batch.measured import Measured, measure_answered, measure_rows, pick_labelled
from mhkd.batch.output import collect_answers
from mhkd.batch.posts import Columns, check_posts
from mhkd.batch.recordings import Recordings
from mhkd.batch.run import BatchRun
from mhkd.batch.states import read_set_rule
from mhkd.batch.table import PostTable
from mhkd.cases.audit_notes import noting_batch
from mhkd.errors import Cancelled, MhkdError

if TYPE_CHECKING:
    from mhkd.analyser import Analyser

_LOOK_AT_CANCEL_S = 0.2


@dataclass(frozen=True)
class Settings:
    """What is asked of a table.

    Attributes:
        meanings: value of the label column → label of the bundle, or None; in pairs.
        recordings: identity of what the audio teacher hears, None where nothing is heard.
        compare: compare each recording with its text.
    """

    columns: Columns
    models: tuple[str, ...]
    meanings: tuple[tuple[str, str | None], ...] = ()
    recordings: str | None = None
    compare: bool = False


@dataclass(eq=False)
class Job:
    """One batch on its way; written by its worker, read by the page.

    Attributes:
        stage: opening, first rows, ready, running, measuring, cancelled or done.
        measured: on the rows with labels, once that is done.
        measured_answered: without those that get no answer; None where no row or all would go.
        pseudonym: of the reader, for the audit log.
    """

    table: PostTable
    settings: Settings
    opening: Future[Analyser]
    recordings: Recordings | None = None
    cancel: threading.Event = field(default_factory=threading.Event)
    stage: str = "opening"
    run: BatchRun | None = None
    measured: Measured | None = None
    measured_answered: Measured | None = None
    work: Future[None] | None = None
    pseudonym: str = ""

    @property
    def busy(self) -> bool:
        """A thread works on it."""
        return self.work is not None and not self.work.done()

    @property
    def state(self) -> tuple[str, bool]:
        """Another one once there is something new to draw."""
        return self.stage, self.busy

    @property
    def fault(self) -> str | None:
        """Why the work ended before its time, None while all is well."""
        if self.work is None or not self.work.done() or self.work.cancelled():
            return None
        fault = self.work.exception()
        if fault is None or isinstance(fault, Cancelled):
            return None
        if isinstance(fault, MhkdError):
            return fault.public_message
        return (
            f"The batch stopped for a reason that was not foreseen ({type(fault).__name__}). "
            "What was answered so far is kept; try to continue."
        )


class BatchDesk:
    """The one table of a session, its batch, and the thread that works on it."""

    def __init__(self) -> None:
        self.table: PostTable | None = None
        self.recordings: Recordings | None = None
        self.recordings_name = ""
        self.job: Job | None = None
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="batch")

    def prepare(self, settings: Settings, opening: Future[Analyser], pseudonym: str = "") -> None:
        """Checks the rows and answers the first ones, which tells how long all will take."""
        self.stop()
        if self.table is not None:
            heard = None if settings.recordings is None else self.recordings
            self.job = job = Job(self.table, settings, opening, heard, pseudonym=pseudonym)
            job.work = self._pool.submit(_prepare, job)

    def go_on(self) -> None:
        """Starts the batch, or goes on where it was cancelled."""
        job = self.job
        if job is not None and not job.busy and job.run is not None:
            job.cancel.clear()
            job.stage = "running"
            job.work = self._pool.submit(_run, job)

    def stop(self) -> None:
        """Cancels the work; the answers so far are kept."""
        if self.job is not None:
            self.job.cancel.set()

    def leave_recordings_out(self) -> None:
        """Drops the recordings; a batch that heard them keeps its answers."""
        self.recordings, self.recordings_name = None, ""

    def forget(self) -> None:
        """Drops the table, the recordings and all answers."""
        self.stop()
        self.leave_recordings_out()
        self.table = self.job = None

    def close(self) -> None:
        """Stops for good."""
        self.forget()
        self._pool.shutdown(wait=False, cancel_futures=True)


def _close(desk: BatchDesk) -> None:
    desk.close()


@st.cache_resource(scope="session", show_spinner=False, on_release=_close)
def open_batch_desk() -> BatchDesk:
    """The session's batch; its work is stopped when the session ends."""
    return BatchDesk()


def _prepare(job: Job) -> None:
    analyser = _await_models(job)
    meanings = dict(job.settings.meanings) if job.settings.meanings else None
    posts = check_posts(job.table, job.settings.columns, analyser.labels, meanings)
    run = BatchRun(
        posts,
        tuple(analyser.labels),
        job.settings.models,
        recordings=job.recordings,
        compare=job.settings.compare,
        outside_limit=analyser.familiarity_limit,
        sets=read_set_rule(analyser.manifest),
    )
    job.stage = "first rows"
    run.try_first(analyser, job.cancel)
    job.run, job.stage = run, "ready"


def _run(job: Job) -> None:
    run = job.run
    if run is None:
        return
    stage = "cancelled"
    try:
        analyser = _await_models(job)
        manifest = analyser.manifest
        bundle = BundleReference(manifest.name, manifest.version, analyser.sha256)
        settings = {"models": run.models, "recordings": run.hears}
        with noting_batch(run.posts.texts, bundle, job.pseudonym, settings, run.count):
            run.advance(analyser, cancel=job.cancel)
        stage = "done"
    except Cancelled:
        pass  # what is done is measured all the same
    finally:
        job.stage = "measuring"
        try:
            _measure(job, run)
        finally:
            job.stage = stage


def _measure(job: Job, run: BatchRun) -> None:
    if not (run.posts.truth >= 0).any():
        return
    labelled = pick_labelled(collect_answers(run), run.posts.truth)
    job.measured = measure_rows(labelled, run.withheld)
    job.measured_answered = measure_answered(labelled, run.withheld)


def _await_models(job: Job) -> Analyser:
    while True:
        if job.cancel.is_set():
            raise Cancelled
        try:
            return job.opening.result(timeout=_LOOK_AT_CANCEL_S)
        except NotYet:
            if job.opening.done():
                raise
