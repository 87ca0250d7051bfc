"""The one page: set of labels, what speaks for the answer and against, what was not read."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.escape import write_findings, write_small_print
from app.glossary import explain
from app.summary import Side, say_set, summarise
from app.wording import source_of
from mhkd.analysis import Analysis


def show_summary(analysis: Analysis, sources: Mapping[str, str]) -> None:
    """Draws it.

    Args:
        analysis: with the predictions; explanations are drawn once they are there.
        sources: label → where such posts come from.
    """
    found = summarise(analysis)
    here = source_of(found.target, sources)
    show_set(analysis, sources)
    with st.container(key="summary"):
        write_findings(
            [
                (f"Speaks for {here}", found.toward.words, _say(found.toward, found.words_fail)),
                (f"Speaks against {here}", found.against.words, _say(found.against, None)),
                *([("Take with care", (), found.caution)] if found.caution else []),
                ("Read and heard", (), " ".join(found.unread)),
            ]
        )


def show_set(analysis: Analysis, sources: Mapping[str, str]) -> None:
    """Draws the student's set of labels; nothing where the bundle does not give one."""
    told = say_set(analysis.prediction_set, sources, ordered=analysis.ordered)
    if told is not None:
        st.markdown("Set of labels", help=explain("Set of labels"))
        write_small_print(told)


def _say(side: Side, words_fail: str | None) -> str:
    told = [words_fail] if words_fail else []
    if side.teachers:
        told.append(f"In the teachers’ mean: {', '.join(side.teachers)}.")
    if not side.words and not told:
        told.append("Nothing that stands out.")
    return " ".join(told)
