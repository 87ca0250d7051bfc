"""Which task and bundle answers: on every page, and in its address."""

from __future__ import annotations

import streamlit as st

from app.models import BUNDLE, CHOICE_KEY
from mhkd.shelf import list_shelf


def choose_bundle() -> None:
    """Draws the choice where there is one; a case that is open keeps the bundle it had."""
    shelf = {bundle.key: bundle for bundle in list_shelf()}
    if len(shelf) < 2:
        return
    keys = sorted(shelf, key=lambda key: key != BUNDLE)
    st.selectbox(
        "Task and bundle",
        keys,
        format_func=lambda key: f"{shelf[key].title} · {key}",
        key=CHOICE_KEY,
        bind="query-params",
        persist_state="session",
        width=460,
        help="Which models answer. A case that is open keeps those it was given to.",
    )
