"""Links to other pages wait for what the page is just telling the server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st


def hold_links() -> None:
    """Draws nothing. Streamlit drops what a field told when a link follows it at once."""
    with st.container(key="links"):
        _holder()(key="links_held")


@st.cache_resource(show_spinner=False)
def _holder() -> Any:
    code = Path(__file__).parents[1] / "links.js"
    return st.components.v2.component("mhkd_links", js=code.read_text("utf-8"))
