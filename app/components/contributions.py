"""What each teacher contributes to the teachers' mean."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app import charts
from app.components.figure import show_figure
from app.contribution_wording import (
    LOG_ODDS_RULE,
    NEUTRAL_INPUTS,
    say_baselines,
    tabulate_pairs,
    tabulate_steps,
    tabulate_together,
)
from app.escape import write_small_print, write_table
from app.figure_numbers import list_contributions
from app.glossary import explain
from app.wording import say_contributions
from mhkd.analysis import Analysis


def show_contributions(analysis: Analysis, sources: Mapping[str, str]) -> None:
    """Draws the steps from no teacher to all of them, with the rule and the residual.

    Args:
        analysis: with the contributions.
        sources: label → where such posts come from.
    """
    found, figure = analysis.teacher_contributions, charts.draw_contributions(analysis, sources)
    meant = explain("Contribution", "Shapley value")
    st.header("What each teacher contributes", anchor=False, help=meant)
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
    if (told := say_baselines(found)) is not None:
        write_small_print(told)
    with st.expander("Rule, numbers and residual"):
        write_small_print(found.rule)
        header = ("Step", "Mean output", "Neutral input")
        write_table(header, tabulate_steps(found), numeric=(1, 2))
        if found.neutral is not None:
            write_small_print(NEUTRAL_INPUTS)
    if (together := found.interactions) is not None and together.pairs:
        with st.expander("Do the teachers say the same?"):
            header = ("Teacher", "Alone", "Shapley", "Last")
            write_table(header, tabulate_together(together), numeric=(1, 2, 3))
            write_table(("Pair", "Interaction"), tabulate_pairs(together), numeric=(1,))
            write_small_print(LOG_ODDS_RULE)
