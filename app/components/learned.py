"""What the student learned from each teacher."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.batch_numbers import Numbers
from app.components.figure import show_figure
from app.escape import write_small_print, write_table
from app.learned import WHAT_IT_IS, draw_learned, list_learned, say_learned
from mhkd.analysis import Analysis


def show_learned(analysis: Analysis, sources: Mapping[str, str], *, tour: bool = False) -> None:
    """Draws the students' Shapley values; nothing where the bundle has no such students.

    Args:
        analysis: the finished predictions.
        sources: label → where such posts come from.
        tour: it is part of the tour.
    """
    found = analysis.student_contributions
    if found is None:
        return
    st.header("What the student learned from each teacher", anchor=False)
    show_figure(
        draw_learned(found),
        Numbers(("step", "value"), list_learned(found)),
        key="learned_chart",
        title="What the student learned from each teacher",
        alt="; ".join(f"{step}: {value}" for step, value in list_learned(found)),
        tour=tour,
    )
    write_small_print(f"{say_learned(found, sources)} {WHAT_IT_IS}")
    with st.expander("Rule, numbers and seeds"):
        write_small_print(found.rule)
        write_table(("Step", "Value"), list_learned(found), numeric=(1,))
        write_small_print(
            "± is the standard deviation over seeds; a hollow bar is no longer than it."
        )
