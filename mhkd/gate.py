"""One loaded model serves many callers: one at a time, the others in a short queue.

A long call stands back once it has its answers, and between its explanations for who has none yet:
the answers of many readers don't wait for the explanations of one.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from mhkd.errors import Cancelled, InputError, MhkdError
from mhkd.limits import MAX_WAIT_S, MAX_WAITING

_LOOK_AT_CANCEL_S = 0.1


class Gate:
    """Lets callers in singly: first those who have no answer yet, then the others, as they came.

    Args:
        max_waiting: callers in the queue; the next one is turned away.
        max_wait_s: longest wait of one caller to be let in at first.
    """

    def __init__(self, max_waiting: int = MAX_WAITING, max_wait_s: float = MAX_WAIT_S) -> None:
        self._max_waiting, self._max_wait_s = max_waiting, max_wait_s
        self._changed = threading.Condition()
        self._first: deque[Turn] = deque()
        self._others: deque[Turn] = deque()
        self._inside: Turn | None = None

    @property
    def waiting(self) -> int:
        """Callers in the queue, without the one inside."""
        return len(self._first) + len(self._others)

    @contextmanager
    def entered(
        self,
        cancel: threading.Event | None = None,
        *,
        first: bool = False,
        max_inside_s: float = math.inf,
    ) -> Iterator[Turn]:
        """Waits for its turn and holds the gate for the length of the ``with``.

        Args:
            cancel: ends the wait.
            first: comes before all who are not; for a call that soon stands back.
            max_inside_s: longest that the caller may be inside, waits apart.

        Raises:
            InputError: the queue is full or the wait too long; its code is ``busy``.
            Cancelled: ``cancel`` was set while waiting.
            MhkdError: the caller was inside for too long and its turn made it leave; the code
                is ``slow``.
        """
        turn = Turn(self, cancel, max_inside_s)
        with self._changed:
            if self._inside is not None or self.waiting:
                if self.waiting >= self._max_waiting:
                    raise _busy(f"{self.waiting} others are waiting already")
                deadline = time.monotonic() + self._max_wait_s
                self._wait(turn, self._first if first else self._others, deadline)
            self._let_in(turn)
        try:
            yield turn
        except Cancelled:
            if turn.is_over:
                raise _slow(max_inside_s) from None
            raise
        finally:
            with self._changed:
                self._let_out(turn)

    def is_wanted(self, turn: Turn) -> bool:
        """Whether the caller inside has to stand back: at first for all, then for new ones."""
        return bool(self._first) or (not turn.stood_back and bool(self._others))

    def stand_back(self, turn: Turn) -> None:
        """Lets others in, and returns when it is the caller's turn again.

        The first time all who wait come before; later only those who have no answer yet.

        Raises:
            Cancelled: the caller's own event was set; the gate is not held any more.
        """
        with self._changed:
            wanted, behind = self.is_wanted(turn), not turn.stood_back
            turn.stood_back = True
            if wanted:
                self._let_out(turn)
                self._wait(turn, self._others, behind=behind)
                self._let_in(turn)

    def _wait(
        self, turn: Turn, queue: deque[Turn], deadline: float = math.inf, *, behind: bool = True
    ) -> None:
        queue.insert(len(queue) if behind else 0, turn)
        try:
            while self._inside is not None or turn is not (self._first or self._others)[0]:
                if turn.is_cancelled:
                    raise Cancelled
                if time.monotonic() >= deadline:
                    raise _busy(f"the turn did not come within {self._max_wait_s:g} s")
                self._changed.wait(_LOOK_AT_CANCEL_S)
        finally:
            queue.remove(turn)
            self._changed.notify_all()

    def _let_in(self, turn: Turn) -> None:
        self._inside = turn
        turn.begin()

    def _let_out(self, turn: Turn) -> None:
        if self._inside is turn:
            turn.end()
            self._inside = None
            self._changed.notify_all()


class Turn(threading.Event):
    """A caller's time inside. As an event it is set once the caller has to leave.

    Args:
        gate: the gate.
        cancel: the caller's own event.
        max_s: how long the caller may be inside.

    Attributes:
        stood_back: whether the caller has let others in before.
    """

    def __init__(self, gate: Gate, cancel: threading.Event | None, max_s: float) -> None:
        super().__init__()
        self._gate, self._cancel, self._left_s = gate, cancel, max_s
        self._began_s: float | None = None
        self.stood_back = False

    def begin(self) -> None:
        """The caller is let in."""
        self._began_s = time.monotonic()

    def end(self) -> None:
        """The caller is let out."""
        self._left_s, self._began_s = self._rest_s(), None

    @property
    def is_wanted(self) -> bool:
        """See ``Gate.is_wanted``."""
        return self._gate.is_wanted(self)

    @property
    def is_cancelled(self) -> bool:
        """The caller's own event is set."""
        return self._cancel is not None and self._cancel.is_set()

    @property
    def is_over(self) -> bool:
        """The caller was inside for as long as one may be, and does not want to leave."""
        return not self.is_cancelled and self._rest_s() <= 0

    def is_set(self) -> bool:
        """Whether the caller has to leave."""
        return super().is_set() or self.is_cancelled or self._rest_s() <= 0

    def stand_back(self) -> None:
        """See ``Gate.stand_back``."""
        self._gate.stand_back(self)

    def _rest_s(self) -> float:
        spent_s = 0.0 if self._began_s is None else time.monotonic() - self._began_s
        return self._left_s - spent_s


def _busy(reason: str) -> InputError:
    return InputError(f"The model is busy: {reason}. Try again in a minute.", code="busy")


def _slow(max_inside_s: float) -> MhkdError:
    return MhkdError(
        f"The models took longer than {max_inside_s / 60:g} minutes, so they were stopped. "
        "Try a shorter post, or when the machine has less to do.",
        code="slow",
    )
