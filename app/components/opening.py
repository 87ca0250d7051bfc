"""Waiting for the models, and what is said if they can't be opened."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

import streamlit as st

from app import models
from app.escape import write_note, write_small_print
from mhkd.errors import MhkdError

if TYPE_CHECKING:
    from mhkd.analyser import Analyser


def await_analyser(opening: Future[Analyser]) -> Analyser | None:
    """The models once they are open; until then, or after a fault, draws what is going on."""
    if not opening.done():
        _watch(opening)
        return None
    fault = opening.exception()
    if isinstance(fault, MhkdError):
        write_note("The models can’t be opened", fault.public_message)
        st.button("Open the models again", on_click=models.open_analyser.clear)
        return None
    return opening.result()


@st.fragment(run_every=0.5)
def _watch(opening: Future[Analyser]) -> None:
    if opening.done():
        st.rerun(scope="app")
    write_small_print("The models are being opened …")
    st.skeleton(height=240)
