"""The pages and the ways between them."""

from __future__ import annotations

import importlib
from typing import Final, NoReturn

import streamlit as st

# Name in ``app/views`` → title. The first one opens the app.
_TITLES: Final = {
    "analyse": "Analyse",
    "compare": "Compare",
    "batch": "Batch",
    "cases": "Cases",
    "models": "Models",
    "tour": "Tour",
    "method": "Method and limits",
}


def build_pages() -> list[st.Page]:
    """All pages, in the order of the navigation."""
    return [_build_page(name) for name in _TITLES]


def go_to(name: str) -> NoReturn:
    """Leaves this page for another one.

    A callback cannot do this: it notes what is wanted, and the page goes there when it is
    drawn next.
    """
    st.switch_page(_build_page(name))


def _build_page(name: str) -> st.Page:
    # imported here, since views lead to each other
    view = importlib.import_module(f"app.views.{name}")
    return st.Page(
        view.show_page, title=_TITLES[name], url_path=name, default=name == next(iter(_TITLES))
    )
