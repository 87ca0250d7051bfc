"""The models behind the page: opened once, in the background, shared by all sessions."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import streamlit as st

if TYPE_CHECKING:
    from mhkd.analyser import Analyser

BUNDLE: Final = "sdcnl"


def load_analyser() -> Analyser:
    """Verifies and loads the bundle; takes some seconds.

    Raises:
        BundleError: it is missing or damaged.
    """
    from mhkd.analyser import Analyser

    return Analyser.open(BUNDLE)


@st.cache_resource(show_spinner=False)
def open_analyser() -> Future[Analyser]:
    """The models, or the promise of them: the page can be used while they load."""
    loader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="models")
    opening = loader.submit(load_analyser)
    loader.shutdown(wait=False)
    return opening
