"""A recording being written down, in a thread that never touches the page."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import streamlit as st

from app.work import as_fault
from mhkd.audio.transcribe import Transcript, write_down
from mhkd.errors import Cancelled


@dataclass(eq=False)
class Dictation:
    """One recording on its way to words.

    Attributes:
        data: the recording as it came.
        collected: its words were taken over by the page.
    """

    data: bytes
    cancel: threading.Event = field(default_factory=threading.Event)
    began_s: float = field(default_factory=time.monotonic)
    work: Future[Transcript] | None = None
    collected: bool = False

    @property
    def running(self) -> bool:
        """A thread listens."""
        return self.work is not None and not self.work.done()

    @property
    def found(self) -> Transcript | None:
        """The words, once they are there."""
        if self.work is None or not self.work.done() or self.work.cancelled():
            return None
        return None if self.work.exception() is not None else self.work.result()

    @property
    def fault(self) -> str | None:
        """Why there are none."""
        if self.work is None or not self.work.done() or self.work.cancelled():
            return None
        fault = as_fault(self.work.exception())
        return None if fault is None else fault.message


class TranscriptDesk:
    """The one dictation of a session."""

    def __init__(self) -> None:
        self.dictation: Dictation | None = None
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="transcript")

    def take(self, data: bytes) -> None:
        """Starts to write a recording down; an earlier one is dropped."""
        self.drop()
        self.dictation = new = Dictation(data)
        new.work = self._pool.submit(_write_down, new)

    def collect(self) -> Transcript | None:
        """The words, the first time they are asked for."""
        dictation = self.dictation
        if dictation is None or dictation.collected or dictation.found is None:
            return None
        dictation.collected = True
        return dictation.found

    def drop(self) -> None:
        """Stops the work and forgets its words."""
        if self.dictation is not None:
            self.dictation.cancel.set()
        self.dictation = None

    def close(self) -> None:
        """Stops for good."""
        self.drop()
        self._pool.shutdown(wait=False, cancel_futures=True)


def _close(desk: TranscriptDesk) -> None:
    desk.close()


@st.cache_resource(scope="session", show_spinner=False, on_release=_close)
def open_transcript_desk() -> TranscriptDesk:
    """The session's desk; its work is stopped when the session ends."""
    return TranscriptDesk()


def _write_down(dictation: Dictation) -> Transcript:
    from mhkd.analyser import read_recording

    recording = read_recording(dictation.data, cancel=dictation.cancel)
    if dictation.cancel.is_set():
        raise Cancelled
    return write_down(recording, dictation.cancel)
