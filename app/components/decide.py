"""Decide first: the reader's judgement, noted before the models' answers are shown."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.escape import write_small_print
from app.wording import source_of
from app.work import Case
from mhkd.cases.records import NEITHER, UNSURE, Judgement

_QUESTION = "What does the post resemble, in your judgement?"


def ask_decide_first() -> bool:
    """Draws the switch."""
    return st.toggle(
        "Decide first",
        key="decide_first",
        bind="query-params",
        help="You note what you think before the models’ answers are shown, from the next post on "
        "where one is shown already.",
    )


def ask_judgement(
    labels: tuple[str, ...], sources: Mapping[str, str], key: str, question: str = _QUESTION
) -> str | None:
    """Draws the choice of a judgement; None while nothing is chosen."""
    return st.radio(
        question,
        [*labels, NEITHER, UNSURE],
        index=None,
        format_func=lambda label: say_judgement(label, sources),
        key=key,
    )


def show_question(case: Case, labels: tuple[str, ...], sources: Mapping[str, str]) -> None:
    """Draws the question that stands where the answer will be."""
    st.header("You decide first", anchor=False)
    write_small_print("The models’ answers are shown once you have noted yours.")
    chosen = ask_judgement(labels, sources, f"decide_choice_{id(case)}")
    if st.button("Note it and show the answers", disabled=chosen is None):
        case.judged_first = chosen
        st.rerun()


def say_judgement(label: str, sources: Mapping[str, str]) -> str:
    """A judgement as it is read."""
    return {NEITHER: "Neither", UNSURE: "Can’t tell"}.get(
        label, f"Posts from {source_of(label, sources)}"
    )


def say_judgements(judgement: Judgement, sources: Mapping[str, str]) -> str:
    """One judgement, or both, with when they were made."""
    label = say_judgement(judgement.label, sources)
    if not judgement.first:
        return f"{label}, after the answers"
    if judgement.after is None:
        return f"{label}, before the answers were shown"
    if judgement.after == judgement.label:
        return f"{label}, before the answers were shown and after"
    after = say_judgement(judgement.after, sources)
    return f"{label}, before the answers were shown; {after}, after"
