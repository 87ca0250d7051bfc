"""Without which words the student would answer otherwise."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.counterfactual import say_counterfactual
from app.escape import write_marked_text, write_small_print
from app.work import Case


def show_counterfactual(case: Case, sources: Mapping[str, str]) -> None:
    """Says it and marks the words in the post; nothing before it was looked for.

    Args:
        case: with its analysis.
        sources: label → where such posts come from.
    """
    found = None if case.analysis is None else case.analysis.attributions.counterfactual
    if found is None:
        return
    st.header("What would change the student’s answer", anchor=False)
    write_small_print(say_counterfactual(found, sources))
    if found.removed:
        marks = [(f"removed {found.unit}", word.start, word.end) for word in found.removed]
        write_marked_text(case.order.text, marks)
