"""The one page: set of labels, what speaks for the answer and against, what was not read."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.escape import write_findings, write_small_print
from app.glossary import explain
from app.summary import Side, Summary, say_set, summarise
from app.withheld import say_withheld
from app.wording import say_answer, source_of
from mhkd.analysis import Analysis


def show_summary(analysis: Analysis, sources: Mapping[str, str]) -> None:
    """Draws it.

    Args:
        analysis: with the predictions; explanations are drawn once they are there.
        sources: label → where such posts come from.
    """
    found = summarise(analysis)
    show_set(analysis, sources)
    read = [("Read and heard", (), " ".join(found.unread))]
    if found.limits:
        read.append(("Limits of this answer", (), " ".join(found.limits)))
    with st.container(key="summary"):
        write_findings([*_list_sides(analysis, found, sources), *read])


def _list_sides(
    analysis: Analysis, found: Summary, sources: Mapping[str, str]
) -> list[tuple[str, tuple[str, ...], str]]:
    """What speaks for the answer and against it; nothing where no answer is given."""
    if say_withheld(analysis) is not None:
        return []
    here = source_of(found.target, sources)
    return [
        (f"Speaks for {here}", found.toward.words, _say(found.toward, found.words_fail)),
        (f"Speaks against {here}", found.against.words, _say(found.against, None)),
        *([("Take with care", (), found.caution)] if found.caution else []),
    ]


def show_set(analysis: Analysis, sources: Mapping[str, str]) -> None:
    """Draws the student's set of labels; nothing where there is none, or no answer is given."""
    student, held = analysis.predictions["student"], analysis.prediction_set
    if student is None or say_withheld(analysis) is not None:
        return
    decided = say_answer(student, sources, held).decided
    told = say_set(held, sources, ordered=analysis.ordered, decided=decided)
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
