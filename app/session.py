"""What a session keeps between two runs of the page."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import RerunException, get_script_run_ctx

from app import access
from app.work import Desk
from mhkd.limits import GONE_S

_LOOK_EVERY_S: Final = 0.5
_BEGINNINGS: Final = 20

P = ParamSpec("P")


def finished(callback: Callable[P, None]) -> Callable[P, None]:
    """A callback that is carried out although another event asks for a new run meanwhile.

    Streamlit looks for such events whenever the session's state is touched, leaves the callback
    there and never comes back to it: what the reader clicked would be lost. Here it is begun
    again, which it has to bear, and the new run comes after it.
    """

    @wraps(callback)
    def carried_out(*args: P.args, **kwargs: P.kwargs) -> None:
        asked: RerunException | None = None
        for _ in range(_BEGINNINGS):
            try:
                callback(*args, **kwargs)
                break
            except RerunException as other:
                asked = other
        if asked is not None:
            raise asked

    return carried_out


class UntilGone(threading.Event):
    """An event that sets itself once a reader has been away for some seconds.

    A closed tab leaves its session in memory for a while, but its work should not hold the
    models while others wait.

    Args:
        is_there: whether the reader's browser is connected.
        clock: seconds that only grow.
    """

    def __init__(
        self, is_there: Callable[[], bool], clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._is_there, self._clock = is_there, clock
        self._seen_s = self._looked_s = clock()

    def is_set(self) -> bool:
        """Whether it was set, by hand or by the reader's absence."""
        now = self._clock()
        if not super().is_set() and now - self._looked_s >= _LOOK_EVERY_S:
            self._looked_s = now
            if self._is_there():
                self._seen_s = now
            elif now - self._seen_s >= GONE_S:
                self.set()
        return super().is_set()


def find_session() -> str | None:
    """The id of the session that is being drawn; None outside of one."""
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else context.session_id


def is_there(session: str) -> bool:
    """Whether the browser of a session is connected; True where there is no server."""
    return not runtime.exists() or runtime.get_instance().is_active_session(session)


def _close(desk: Desk) -> None:
    desk.close()


@st.cache_resource(scope="session", show_spinner=False, on_release=_close)
def open_desk() -> Desk:
    """The session's desk; its work is stopped when the reader leaves."""
    session = find_session()
    desk = Desk(lambda: UntilGone(lambda: session is None or is_there(session)))
    desk.pseudonym = access.find_pseudonym() or desk.pseudonym
    return desk
