"""One figure of a batch: heading, chart with what saves it, and how to read it."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from app.batch_numbers import Numbers
from app.components import figure as component
from app.escape import write_small_print


def show_figure(title: str, figure: go.Figure, numbers: Numbers, told: str, *, key: str) -> None:
    """Draws it.

    Args:
        title: heading.
        figure: the chart.
        numbers: all that it shows.
        told: what it shows and how to read it.
        key: of its widgets.
    """
    st.subheader(title, anchor=False)
    alt = f"{title}. {told}"
    component.show_figure(figure, numbers, key=f"{key}_chart", title=title, alt=alt)
    write_small_print(told)
