"""What a reader asks for beside the analysis, one thing at a time, each with its own Stop."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field

from mhkd.answers import SoundAnswer
from mhkd.audio.manner import Manner, SaidOtherwise


class WhileWanted(threading.Event):
    """An event that is also set once the case that it belongs to is given up.

    Args:
        case_cancel: the case's own event.
    """

    def __init__(self, case_cancel: threading.Event) -> None:
        super().__init__()
        self._case_cancel = case_cancel

    def is_set(self) -> bool:
        """Whether it was set, or the case was."""
        return super().is_set() or self._case_cancel.is_set()


@dataclass(eq=False)
class Asked:
    """One such thing on its way; written by its worker, read by the page."""

    cancel: threading.Event
    stage: str = ""
    began_s: float = field(default_factory=time.monotonic)
    work: Future[None] | None = None

    @property
    def running(self) -> bool:
        """A thread works on it."""
        return self.work is not None and not self.work.done()

    @property
    def failed(self) -> BaseException | None:
        """What ended it before it had found anything."""
        if self.work is None or not self.work.done() or self.work.cancelled():
            return None
        return self.work.exception()


@dataclass(frozen=True, eq=False)
class HeardOtherwise:
    """The sound of a post said otherwise; its case holds it, and nothing keeps it.

    Attributes:
        manner: what was changed.
        said: the changed sound.
        answer: the audio teacher's; None until it is there.
    """

    manner: Manner
    said: SaidOtherwise
    answer: SoundAnswer | None = None
