"""The page “Analyse”: one post, three teachers and the student, side by side."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

import streamlit as st

from app import models
from app.compare_work import open_compare_desk
from app.components.answer import show_answer, show_first_answer
from app.components.compare.setup import (
    clear_comparison,
    is_case_taken,
    known_case,
    take_case,
)
from app.components.counterfactual import show_counterfactual
from app.components.decide import ask_decide_first, show_question
from app.components.emotions import show_emotions
from app.components.help_lines import show_help_lines
from app.components.keep import show_keep
from app.components.overview import open_details, show_overview
from app.components.post_input import (
    ask_post,
    clear_post,
    is_blurred_again,
    note_recorded,
    settle_post,
)
from app.components.quality import show_read
from app.components.record import show_record
from app.components.running import offer_cancel, redraw_if_changed, watch_case
from app.components.sound import show_sound
from app.components.summary import show_summary
from app.components.voice import show_voice
from app.components.words import show_words
from app.escape import blur_post, grey_results, write_note, write_small_print
from app.pages import go_to
from app.seen import note_seen, was_seen
from app.session import finished, open_desk
from app.withheld import FORCED, say_withheld
from app.wording import say_calibration, say_other_bundle
from app.work import Case
from mhkd.conformal import find_prediction_set
from mhkd.errors import MhkdError

if TYPE_CHECKING:
    from mhkd.analyser import Analyser


def show_page() -> None:
    """Draws the page."""
    if is_case_taken():
        go_to("compare")
    before = _find_state()
    _draw()
    settle_post()  # at the end, for a page that is left half drawn has shown nothing
    redraw_if_changed(before, _find_state())


def _find_state() -> object:
    case = open_desk().case
    return None if case is None else case.state


def _draw() -> None:
    desk, opening = open_desk(), models.open_analyser()
    if is_blurred_again():
        st.session_state["analyse_blurred"] = True
        blur_post()  # before the field is drawn
    st.title("What does this post resemble?", anchor=False)
    show_help_lines()
    st.space("small")
    left, right = st.columns(2, gap="large")
    with left:
        order = ask_post(desk.case.fault if desk.case else None)
        with st.container(horizontal=True, vertical_alignment="center"):
            running = desk.case is not None and desk.case.running
            if st.button("Analyse", type="primary", disabled=running):
                note_recorded(order)
                desk.take(order, opening)
                st.rerun()
            if running:
                offer_cancel()
            st.button("Clear this case", type="tertiary", on_click=_clear)
            deciding = ask_decide_first()
            short = _ask_looks()
        case = desk.case
        asked = deciding and case is not None and _is_undecided(case)
        _offer_comparison(None if asked else case)  # on a line of its own, where nothing moves it
    with right, st.container(key="answer"):
        if case is None or (case.fault is not None and case.fault.place != "models"):
            _show_invitation()
            _show_opening_fault(opening)
        else:
            _show_case(case, stale=order != case.order, deciding=deciding, asked=asked)
    if case is not None and case.analysis is not None and not asked and not short:
        with st.container(key="details"):
            _show_details(case)


def _is_undecided(case: Case) -> bool:
    """The reader has seen no answer to this post, here or elsewhere, and noted nothing yet."""
    case.shown = case.shown or was_seen(case.order.text)
    return case.is_undecided


def _show_case(case: Case, *, stale: bool, deciding: bool, asked: bool) -> None:
    if case.fault is not None and case.fault.place == "models":
        write_note("The models could not answer", case.fault.message)
        st.button("Open the models again", on_click=_reopen)
    if asked:
        manifest = case.opening.result().manifest
        show_question(case, manifest.labels, manifest.label_sources)
    elif case.shown or not (deciding and case.student is None):
        if case.student is not None:
            case.shown = True
            note_seen(case.order.text)
        _show_summary(case, stale=stale)
    if case.busy:
        watch_case(case)


def _offer_comparison(case: Case | None) -> None:
    if case is not None and case.analysis is not None:
        st.button("Edit and compare", type="tertiary", on_click=take_case, args=(case,))


def _ask_looks() -> bool:
    """Draws how the case is shown; True for its summary alone."""
    short = st.toggle("Summary only", key="analyse_short", bind="query-params")
    st.toggle(  # what it does is done on every page, see ``draw_app``
        "Blur the post",
        key="analyse_blurred",
        persist_state="session",
        help="For a projector: the post and its words can’t be read on the screen.",
    )
    return short


@finished
def _clear() -> None:
    case = open_desk().case
    if case is not None and known_case() is case:  # the page Compare holds it as well
        open_compare_desk().drop()
        clear_comparison()
    open_desk().drop()
    clear_post()


def _reopen() -> None:
    open_desk().drop()
    models.open_analyser.clear()


def _show_invitation() -> None:
    st.header("Three teachers and their student", anchor=False)
    write_small_print(
        "Write a post, or choose a sample, and press Analyse. Three teachers read the post as "
        "text, as sound and as emotion words. A smaller student, which learned from all three, "
        "reads the text alone. The page shows what each of them answers, where they disagree, "
        "and which words, sounds and emotions each answer rests on."
    )


def _show_opening_fault(opening: Future[Analyser]) -> None:
    fault = opening.exception() if opening.done() else None
    if isinstance(fault, MhkdError):
        write_note("The models can’t be opened", fault.public_message)
        st.button("Open the models again", on_click=_reopen)


def _show_summary(case: Case, *, stale: bool) -> None:
    if case.analysis is None:
        if case.student is not None and case.running:
            manifest = case.opening.result().manifest
            show_first_answer(
                case.student,
                case.familiarity,
                manifest.label_sources,
                find_prediction_set(case.student, manifest),
                case.text_findings,
            )
        elif case.running:
            st.skeleton(height=180)
        return
    if stale:
        grey_results()
        write_note("The post has changed.", "What follows belongs to the post as it was analysed.")
    manifest = case.opening.result().manifest
    if not models.is_chosen(case.opening):
        write_note(*say_other_bundle(manifest))
    show_answer(
        case.analysis,
        manifest.label_sources,
        say_calibration(manifest.metrics.get("student", {}), manifest.data),
    )
    show_summary(case.analysis, manifest.label_sources)


def _show_details(case: Case) -> None:
    analysis, manifest = case.analysis, case.opening.result().manifest
    if analysis is None:
        return
    sources, labels = manifest.label_sources, analysis.labels
    st.space("small")
    if say_withheld(analysis) is not None:
        write_note("No answer is given for this post.", FORCED)
    show_overview(analysis, sources)
    words, emotions, sound, read, record = open_details()
    with words, st.container(key="details_words"):
        show_words(case, labels, sources)
        show_counterfactual(analysis.attributions.counterfactual, case.order.text, sources)
    with emotions, st.container(key="details_emotions"):
        show_emotions(case, labels, sources)
    with sound:
        show_sound(case, labels, sources, manifest.audio.backbone_title)
        show_voice(analysis)
    with read:
        show_read(analysis, sources)
    with record:
        calibration = say_calibration(manifest.metrics.get("student", {}), manifest.data)
        show_record(case, sources, calibration, manifest.metrics)
        if not case.running:
            show_keep(case, analysis, sources)
