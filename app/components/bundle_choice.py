"""Which task and bundle answers: on every page, and in its address."""

from __future__ import annotations

import os

import streamlit as st

from app.models import BUNDLE, CHOICE_KEY, SERVICE
from mhkd.shelf import ShelvedBundle, list_shelf

_PARAMETER = "bundle"


def choose_bundle() -> None:
    """Draws the choice where there is one; a case that is open keeps the bundle it had.

    The address holds the bundle's name and nothing else, so that it can be shared.
    """
    shelf = {bundle.key: bundle for bundle in list_shelf()}
    if len(shelf) < 2 or os.environ.get(SERVICE):
        return
    asked = st.query_params.get(_PARAMETER)
    if CHOICE_KEY not in st.session_state and asked in shelf:
        st.session_state[CHOICE_KEY] = asked
    chosen = st.selectbox(
        "Task and bundle",
        sorted(shelf, key=lambda key: key != BUNDLE),
        format_func=lambda key: name_bundle(shelf[key], shelf),
        key=CHOICE_KEY,
        persist_state="session",
        width=460,
        help="Which models answer. A case that is open keeps those it was given to.",
    )
    _note(chosen)


def name_bundle(bundle: ShelvedBundle, shelf: dict[str, ShelvedBundle]) -> str:
    """The title, and the key beside it where others have the same or it is one's own."""
    alone = sum(other.title == bundle.title for other in shelf.values()) == 1
    return bundle.title if alone and ":" not in bundle.key else f"{bundle.title} · {bundle.key}"


def _note(chosen: str) -> None:
    if chosen == BUNDLE:
        st.query_params.pop(_PARAMETER, None)
    elif st.query_params.get(_PARAMETER) != chosen:
        st.query_params[_PARAMETER] = chosen
