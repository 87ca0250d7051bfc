"""A comparison under way: the stages of both sides, and Cancel."""

from __future__ import annotations

import streamlit as st

from app.compare_work import CompareDesk, Comparison, open_compare_desk
from app.comparison import NAMES
from app.components.running import show_stages
from app.escape import write_note, write_small_print

_EVERY_S = 0.5


def watch_comparison(desk: CompareDesk, comparison: Comparison) -> None:
    """Draws what goes on, and redraws the page when there is something new to show."""
    if comparison.fault is not None:
        side, fault = comparison.fault
        where = NAMES[comparison.mode][side - 1] if side else "Explanations"
        write_note(f"{where}: the models did not answer", fault.message)
    if comparison.busy:
        _watch(comparison, comparison.version, comparison.fault is None)
        # outside of what redraws itself, where a click can be lost
        st.button("Cancel", key="compare_cancel", on_click=desk.drop)
    elif desk.comparison is comparison and comparison.fault is None:
        took = sum(
            (stage.ended_s or stage.began_s) - stage.began_s
            for case in comparison.cases
            for stage in case.stages
        )
        write_small_print(f"Both sides are answered and explained; that took {took:.1f} s.")


@st.fragment(run_every=_EVERY_S)
def _watch(comparison: Comparison, drawn_version: int, well: bool) -> None:
    desk = open_compare_desk()
    if (
        comparison.version != drawn_version
        or not comparison.busy
        or desk.comparison is not comparison
        or (comparison.fault is None) != well
    ):
        st.rerun(scope="app")
    for name, case in zip(NAMES[comparison.mode], comparison.cases, strict=True):
        shown = case.stages if case.analysis is None else case.stages[-1:]
        if shown and (case.analysis is None or shown[-1].ended_s is None):
            show_stages(shown, f"{name}: ")
    waiting = max(case.waiting for case in comparison.cases)
    if waiting:
        write_small_print(f"Posts waiting for the models: {waiting}.")
