"""A figure, and beside it what saves it: as PNG, as SVG, and its numbers as CSV.

All three are made in the browser from what it holds already, so saving needs neither
network nor a new run of the page.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import plotly.graph_objects as go
import streamlit as st

from app.batch_numbers import Numbers
from app.charts import CONFIG
from app.components.screen import find_scale
from app.enlarged import enlarge

_HTML: Final = """<div class="save" role="group"><span>Save</span>
<button data-kind="png">PNG</button><button data-kind="svg">SVG</button>
<button data-kind="csv">Numbers (CSV)</button></div>"""
_CSS: Final = """
.save { display: flex; gap: 0.75rem; align-items: baseline; font-size: 0.8rem;
  font-family: var(--st-font); color: var(--st-text-color); }
.save span { opacity: 0.8; }
.save button { font: inherit; color: var(--st-link-color); background: none; border: 0;
  padding: 0.3rem 0.1rem; cursor: pointer; text-decoration: underline;
  text-underline-offset: 0.15em; }
.save button:focus-visible { outline: 2px solid var(--st-primary-color); border-radius: 3px; }
@media print { .save { display: none; } }
"""
_NAME: Final = "mhkd_figure"


def show_figure(
    figure: go.Figure,
    numbers: Numbers,
    *,
    key: str,
    title: str,
    alt: str | None = None,
    tour: bool = False,
) -> None:
    """Draws a figure and what saves it.

    Args:
        figure: the chart.
        numbers: all that it shows.
        key: of its widgets, and of the files saved.
        title: what it is, in a few words.
        alt: what it shows, for those who don't see it; ``title`` where there is no more to say.
        tour: it is part of the tour, which is read from afar.
    """
    figure = enlarge(figure, find_scale(tour=tour))
    holder = re.sub(r"[^A-Za-z0-9_-]", "-", f"figure_{key}")
    with st.container(key=holder, gap=None):
        st.plotly_chart(figure, config=CONFIG, key=key, alt=alt or title)
        _saver()(
            key=f"{holder}_save",
            data={
                "figure": holder,
                "title": title,
                "name": key.removesuffix("_chart").replace("_", "-"),
                "csv": numbers.to_csv().decode("utf-8"),
            },
        )


@st.cache_resource(show_spinner=False)
def _saver() -> Any:
    code = Path(__file__).parents[1] / "figure.js"
    return st.components.v2.component(_NAME, html=_HTML, css=_CSS, js=code.read_text("utf-8"))
