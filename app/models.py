"""The models behind the page: opened once, in the background, shared by all sessions."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from mhkd.limits import MAX_OPEN_BUNDLES
from mhkd.shelf import ShelvedBundle, list_shelf

if TYPE_CHECKING:
    from mhkd.analyser import Analyser

BUNDLE: Final = "sdcnl"
CHOICE_KEY: Final = "bundle"


def load_analyser() -> Analyser:
    """Verifies and loads the bundle that comes first; takes some seconds.

    Raises:
        BundleError: it is missing or damaged.
    """
    return load_from(Path(BUNDLE))


def load_from(folder: Path) -> Analyser:
    """Verifies and loads a bundle; takes some seconds.

    Raises:
        BundleError: it is missing or damaged.
    """
    from mhkd.analyser import Analyser

    return Analyser.open(folder)


def chosen_bundle() -> ShelvedBundle | None:
    """The bundle of this session; None for the one that comes first."""
    key = st.session_state.get(CHOICE_KEY, BUNDLE)
    if key == BUNDLE:
        return None
    return next((bundle for bundle in list_shelf() if bundle.key == key), None)


def open_analyser() -> Future[Analyser]:
    """The models, or the promise of them: the page can be used while they load."""
    chosen = chosen_bundle()
    return _open(None if chosen is None else str(chosen.folder))


def open_by_key(key: str) -> Future[Analyser]:
    """The models of one bundle of the shelf, or of a folder of one's own."""
    if key == BUNDLE:
        return _open(None)
    shelf = {bundle.key: str(bundle.folder) for bundle in list_shelf()}
    return _open(shelf.get(key, key))


@st.cache_resource(show_spinner=False, max_entries=MAX_OPEN_BUNDLES)
def _open(folder: str | None) -> Future[Analyser]:
    loader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="models")
    opening = loader.submit(load_analyser if folder is None else partial(load_from, Path(folder)))
    loader.shutdown(wait=False)
    return opening


open_analyser.clear = _open.clear  # type: ignore[attr-defined]
