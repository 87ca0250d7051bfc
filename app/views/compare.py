"""The page “Compare”: two posts, one before and after an edit, or one under two bundles."""

from __future__ import annotations

import streamlit as st

from app.compare_work import CompareDesk, Comparison, open_compare_desk
from app.comparison import NAMES
from app.components.compare.answers import (
    Sources,
    show_answers,
    show_contributions,
    show_inputs,
)
from app.components.compare.export import show_export
from app.components.compare.running import watch_comparison
from app.components.compare.setup import (
    Question,
    ask_question,
    clear_comparison,
    known_case,
    note_recorded,
    settle_case,
)
from app.components.compare.words import show_pair_emotions, show_pair_words, show_texts
from app.components.help_lines import show_help_lines
from app.components.running import redraw_if_changed
from app.escape import grey_results, write_note, write_small_print
from app.seen import note_seen
from app.session import finished, open_desk


def show_page() -> None:
    """Draws the page."""
    before = _find_state()
    _draw()
    settle_case()  # at the end, for a page that is left half drawn has shown nothing
    redraw_if_changed(before, _find_state())


def _find_state() -> object:
    comparison = open_compare_desk().comparison
    return None if comparison is None else comparison.state


def _draw() -> None:
    desk = open_compare_desk()
    st.title("What changes the answer?", anchor=False)
    show_help_lines()
    st.space("small")
    question = ask_question()
    if question.missing:
        write_small_print(question.missing)
    comparison = desk.comparison
    with st.container(horizontal=True, vertical_alignment="center"):
        running = comparison is not None and comparison.running
        blank = not all(side.order.text.strip() for side in question.sides)
        barred = running or blank or question.missing is not None
        if st.button("Compare", type="primary", disabled=barred, key="compare_go"):
            _take(desk, question)
            st.rerun()
        st.button("Clear both", type="tertiary", on_click=_clear)
    if comparison is None:
        _show_invitation()
        return
    with st.container(key="answer"):
        if comparison.answered:
            if (question.mode, question.sides) != (comparison.mode, comparison.sides):
                grey_results()
                write_note("The input has changed.", "What follows belongs to what was compared.")
            _show_first(comparison)
        watch_comparison(desk, comparison)
    if comparison.answered:
        with st.container(key="details"):
            _show_details(desk, comparison)


def _take(desk: CompareDesk, question: Question) -> None:
    note_recorded(question)
    desk.take(
        question.mode,
        question.sides,
        open_desk().pseudonym,
        known=known_case(),
        mismatch=question.mismatch,
    )


@finished
def _clear() -> None:
    open_compare_desk().drop()
    clear_comparison()


def _show_invitation() -> None:
    write_small_print(
        "Change a word, a sentence, or the whole post, and see what every model does: its "
        "probability on either side, in signed points, which teacher changes sides, and which "
        "words the answers rest on. Begin with a sample, or with “Edit and compare” on the page "
        "Analyse. Student and teachers over many posts are compared on the page Batch."
    )


def _show_first(comparison: Comparison) -> None:
    first, second = comparison.cases
    if first.analysis is None or second.analysis is None:
        return
    show_answers(
        (first.analysis, second.analysis),
        comparison.mode,
        _find_sources(comparison),
        mismatch=comparison.mismatch,
    )
    for case in comparison.cases:
        note_seen(case.order.text)


def _show_details(desk: CompareDesk, comparison: Comparison) -> None:
    first, second = (case.analysis for case in comparison.cases)
    if first is None or second is None:
        return
    pair, mode = (first, second), comparison.mode
    sources = _find_sources(comparison)
    st.space("small")
    names = ["Words", "Student", "Text teacher", "Emotions", "Contributions", "Read and heard"]
    tabs = dict(zip([*names, "Record"], st.tabs([*names, "Record"]), strict=True))
    with tabs["Words"]:
        if mode == "bundles":
            write_small_print(f"Both sides ({', '.join(NAMES[mode]).lower()}) read the same text.")
        show_texts(comparison)
    with tabs["Student"], st.container(key="compare_details_words_student"):
        show_pair_words(desk, comparison, "student", sources)
    with tabs["Text teacher"], st.container(key="compare_details_words_text"):
        show_pair_words(desk, comparison, "text", sources)
    with tabs["Emotions"]:
        show_pair_emotions(comparison, sources)
    with tabs["Contributions"]:
        show_contributions(pair, mode, sources)
    with tabs["Read and heard"]:
        show_inputs(pair, mode, sources)
    with tabs["Record"]:
        show_export(comparison, pair)


def _find_sources(comparison: Comparison) -> Sources:
    """Of either side, label → where such posts come from."""
    first, second = (case.opening.result().manifest.label_sources for case in comparison.cases)
    return first, second
