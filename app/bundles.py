"""The bundles that can be chosen: those installed and a folder of one's own."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import streamlit as st

from app import models

if TYPE_CHECKING:
    from mhkd.analyser import Analyser

_KEPT: Final = 2  # beside the one of all pages; each holds its models in memory


def list_names() -> list[str]:
    """Names of the installed bundles, the app's own first."""
    from mhkd.analyser import list_bundle_names

    return sorted({models.BUNDLE, *list_bundle_names()}, key=lambda name: name != models.BUNDLE)


def open_bundle(name_or_folder: str) -> Future[Analyser]:
    """The models of a bundle, or the promise of them."""
    if name_or_folder == models.BUNDLE:
        return models.open_analyser()
    return _open_other(name_or_folder)


def load_other(name_or_folder: str) -> Analyser:
    """Verifies and loads a bundle; takes some seconds.

    Raises:
        BundleError: it is missing or damaged.
    """
    from mhkd.analyser import Analyser

    return Analyser.open(name_or_folder)


@st.cache_resource(show_spinner=False, max_entries=_KEPT)
def _open_other(name_or_folder: str) -> Future[Analyser]:
    loader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="models")
    opening = loader.submit(load_other, name_or_folder)
    loader.shutdown(wait=False)
    return opening
