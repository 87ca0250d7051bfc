"""Brings a draft back after the page was loaded anew. Owns the keys that begin with ``draft_``."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import streamlit as st

from app import access
from app.drafts import Draft, Drafts, is_key, leave
from app.session import find_session, is_there

_AGAIN_S: Final = 2.0
_PATIENCE_S: Final = 45.0  # within it Streamlit has noticed that a connection is lost


@st.cache_resource(show_spinner=False)
def open_drafts() -> Drafts:
    """The drafts of all sessions; none is given but to the tab that has its key."""
    return Drafts(is_there)


@st.cache_resource(scope="session", show_spinner=False, on_release=leave)
def open_draft() -> Draft:
    """This session's draft; once the browser is gone, it is kept as long as the session is."""
    return Draft(find_session() or "", access.find_pseudonym())


def keep_draft(text: str, restore: Callable[[str], None], *, blurred: bool) -> None:
    """Notes what the post field holds, and gives back what it held before a reload.

    Args:
        text: what the field holds.
        restore: puts a text into the field.
        blurred: the post is not to be read on the screen.
    """
    draft = open_draft()
    draft.note(text, blurred=blurred)
    waiting = draft.waiting_since_s is not None
    with st.container(key="draft"):
        st.fragment(_meet, run_every=_AGAIN_S if waiting else None)(draft, restore)


def _meet(draft: Draft, restore: Callable[[str], None]) -> None:
    told = _teller()(
        key="draft_tab",
        data={"tab": draft.tab, "spent": draft.spent},
        on_tab_change=_take_note,
        on_typed_change=_take_note,
    )
    if isinstance(told.typed, str):
        draft.text = told.typed
    if not is_key(told.tab) or told.tab in (draft.tab, draft.spent):
        return
    waited, now = draft.waiting_since_s, time.monotonic()
    outcome = open_drafts().meet(told.tab, draft)
    if outcome == "wait" and (waited is None or now - waited < _PATIENCE_S):
        if waited is None:
            draft.waiting_since_s = now
            st.rerun(scope="app")
        return
    draft.waiting_since_s = None
    if outcome in ("wait", "spent"):
        draft.spent = told.tab
    if outcome == "taken":
        restore(draft.text)
    if outcome != "settled" or waited is not None:
        st.rerun(scope="app")


def _take_note() -> None:
    """A part of the component's state has a name only where something listens for it."""


@st.cache_resource(show_spinner=False)
def _teller() -> Any:
    code = Path(__file__).parents[1] / "draft.js"
    return st.components.v2.component("mhkd_draft", js=code.read_text("utf-8"))
