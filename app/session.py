"""What a session keeps between two runs of the page."""

from __future__ import annotations

import streamlit as st

from app import access
from app.work import Desk


def _close(desk: Desk) -> None:
    desk.close()


@st.cache_resource(scope="session", show_spinner=False, on_release=_close)
def open_desk() -> Desk:
    """The session's desk; its work is stopped when the session ends."""
    desk = Desk()
    desk.pseudonym = access.find_pseudonym() or desk.pseudonym
    return desk
