"""Without which words the student would answer otherwise."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.counterfactual import say_counterfactual
from app.escape import write_marked_text, write_small_print
from mhkd.analysis import Counterfactual


def show_counterfactual(
    found: Counterfactual | None, text: str, sources: Mapping[str, str]
) -> None:
    """Says it and marks the words in the post; nothing before it was looked for.

    Args:
        found: with places in ``text``.
        text: the post.
        sources: label → where such posts come from.
    """
    if found is None:
        return
    st.header("What would change the student’s answer", anchor=False)
    write_small_print(say_counterfactual(found, sources))
    if found.removed:
        marks = [(f"removed {found.unit}", word.start, word.end) for word in found.removed]
        write_marked_text(text, marks)
