"""The models behind the page: opened once, in the background, shared by all sessions."""

from __future__ import annotations

import gc
import os
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from mhkd.limits import MAX_OPEN_BUNDLES
from mhkd.shelf import ShelvedBundle, list_shelf

if TYPE_CHECKING:
    from mhkd.analyser import Analyser
    from mhkd.remote.client import RemoteAnalyser

BUNDLE: Final = "sdcnl"
CHOICE_KEY: Final = "bundle"
SERVICE: Final = "MHKD_SERVE_ADDRESS"  # set, the models of that service answer instead of own ones


def load_analyser() -> Analyser | RemoteAnalyser:
    """The bundle that comes first, which takes some seconds, or a service that holds one.

    Raises:
        BundleError: it is missing or damaged.
        MhkdError: the service is not there.
    """
    if os.environ.get(SERVICE):
        from mhkd.remote.client import RemoteAnalyser

        return RemoteAnalyser.open(os.environ[SERVICE])
    return load_from(Path(BUNDLE))


def load_from(folder: Path) -> Analyser:
    """Verifies and loads a bundle; takes some seconds.

    Raises:
        BundleError: it is missing or damaged.
    """
    from mhkd.analyser import Analyser

    analyser = Analyser.open(folder)
    settle_memory()
    return analyser


def settle_memory() -> None:
    """Takes what is loaded by now out of the collector's rounds.

    A whole round over the half million objects that the libraries and models are made of takes
    0.3 s, in one breath, in which no session is answered. A bundle that was closed since the last
    time goes first.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def chosen_bundle() -> ShelvedBundle | None:
    """The bundle of this session; None for the one that comes first."""
    key = st.session_state.get(CHOICE_KEY, BUNDLE)
    if key == BUNDLE or os.environ.get(SERVICE):
        return None
    return next((bundle for bundle in list_shelf() if bundle.key == key), None)


def open_analyser() -> Future[Analyser | RemoteAnalyser]:
    """The models, or the promise of them: the page can be used while they load."""
    chosen = chosen_bundle()
    return _open(None if chosen is None else str(chosen.folder))


def open_by_key(key: str) -> Future[Analyser | RemoteAnalyser]:
    """The models of one bundle of the shelf, or of a folder of one's own."""
    if key == BUNDLE:
        return _open(None)
    shelf = {bundle.key: str(bundle.folder) for bundle in list_shelf()}
    return _open(shelf.get(key, key))


def is_chosen(opening: Future[Any]) -> bool:
    """These models are those of the bundle that is chosen now, opened anew or not."""
    chosen = open_analyser()
    if opening is chosen:
        return True
    opened = [
        future.result().sha256
        for future in (opening, chosen)
        if future.done() and future.exception() is None
    ]
    return len(opened) == 2 and opened[0] == opened[1]


def say_bundle_option() -> str:
    """What a command of ``mhkd`` needs, with a space before, to be about the chosen bundle."""
    chosen = chosen_bundle()
    if chosen is None:
        return ""
    return f" --bundle {chosen.folder if ':' in chosen.key else chosen.key}"


@st.cache_resource(show_spinner=False, max_entries=MAX_OPEN_BUNDLES)
def _open(folder: str | None) -> Future[Analyser | RemoteAnalyser]:
    loader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="models")
    opening: Future[Analyser | RemoteAnalyser] = loader.submit(
        load_analyser if folder is None else partial(load_from, Path(folder))
    )
    loader.shutdown(wait=False)
    return opening


open_analyser.clear = _open.clear  # type: ignore[attr-defined]
