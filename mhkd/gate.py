"""One loaded model serves many callers: one at a time, the others in a short queue."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from mhkd.errors import Cancelled, InputError
from mhkd.limits import MAX_WAIT_S, MAX_WAITING

_LOOK_AT_CANCEL_S = 0.1


class Gate:
    """Lets callers in singly, in the order in which they came.

    Args:
        max_waiting: callers in the queue; the next one is turned away.
        max_wait_s: longest wait of one caller.
    """

    def __init__(self, max_waiting: int = MAX_WAITING, max_wait_s: float = MAX_WAIT_S) -> None:
        self._max_waiting, self._max_wait_s = max_waiting, max_wait_s
        self._changed = threading.Condition()
        self._queue: deque[object] = deque()
        self._taken = False

    @property
    def waiting(self) -> int:
        """Callers in the queue, without the one inside."""
        return len(self._queue)

    @contextmanager
    def entered(self, cancel: threading.Event | None = None) -> Iterator[None]:
        """Waits for its turn and holds the gate for the length of the ``with``.

        Raises:
            InputError: the queue is full or the wait too long; its code is ``busy``.
            Cancelled: ``cancel`` was set while waiting.
        """
        self._enter(cancel)
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()

    def _enter(self, cancel: threading.Event | None) -> None:
        with self._changed:
            if self._taken or self._queue:
                self._wait(cancel)
            self._taken = True

    def _wait(self, cancel: threading.Event | None) -> None:
        if len(self._queue) >= self._max_waiting:
            raise _busy(f"{len(self._queue)} others are waiting already")
        ticket = object()
        deadline = time.monotonic() + self._max_wait_s
        self._queue.append(ticket)
        try:
            while self._taken or self._queue[0] is not ticket:
                if cancel is not None and cancel.is_set():
                    raise Cancelled
                if time.monotonic() >= deadline:
                    raise _busy(f"the turn did not come within {self._max_wait_s:g} s")
                self._changed.wait(_LOOK_AT_CANCEL_S)
        finally:
            self._queue.remove(ticket)
            self._changed.notify_all()


def _busy(reason: str) -> InputError:
    return InputError(f"The model is busy: {reason}. Try again in a minute.", code="busy")
