"""One figure of a batch: chart, what it says, and its numbers as CSV."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from app.batch_charts import CONFIG
from app.batch_numbers import Numbers
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
    st.plotly_chart(figure, config=CONFIG, key=f"{key}_chart", alt=f"{title}. {told}")
    write_small_print(told)
    st.download_button(
        "Numbers as CSV",
        numbers.to_csv(),
        file_name=f"{key.removeprefix('batch_')}.csv",
        mime="text/csv",
        key=f"{key}_numbers",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
    )
