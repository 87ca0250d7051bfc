"""What each teacher contributes to the teachers' mean."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app import charts
from app.components.figure import show_figure
from app.escape import write_small_print, write_table
from app.figure_numbers import list_contributions
from app.wording import MODEL_NAMES, say_contributions, say_points
from mhkd.analysis import Analysis


def show_contributions(analysis: Analysis, sources: Mapping[str, str]) -> None:
    """Draws the steps from no teacher to all of them, with the rule and the residual.

    Args:
        analysis: with the contributions.
        sources: label → where such posts come from.
    """
    found, figure = analysis.teacher_contributions, charts.draw_contributions(analysis, sources)
    st.header("What each teacher contributes", anchor=False)
    if found is None or figure is None:
        write_small_print("No teacher answered, so there is nothing to share out.")
        return
    show_figure(
        figure,
        list_contributions(found),
        key="contributions_chart",
        title="What each teacher contributes",
        alt=f"From {found.empty:.3f} with no teacher to {found.full:.3f} with all.",
    )
    write_small_print(
        f"{say_contributions(analysis, sources)} These are shares of the teachers’ mean. "
        "The student reads text only; the teachers reach it through its training."
    )
    with st.expander("Rule, numbers and residual"):
        write_small_print(found.rule)
        rows = [("No teacher", f"{found.empty:.4f}")]
        rows += [
            (MODEL_NAMES[name], "absent" if value is None else say_points(value))
            for name, value in found.shapley.items()
        ]
        rows += [("All teachers", f"{found.full:.4f}"), ("Residual", f"{found.residual:.1e}")]
        write_table(("Step", "Value"), rows, numeric=(1,))
