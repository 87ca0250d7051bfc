"""The page “Tour”: a presenter steps through it; the models answer live, nothing is kept."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app import access, models
from app.components.help_lines import show_help_lines
from app.components.opening import await_analyser
from app.components.post_input import CONTENT_NOTE, read_samples
from app.components.running import redraw_if_changed
from app.components.tour.parts import show_part
from app.components.tour.picture import show_picture
from app.escape import write_lines, write_marked_text, write_note, write_small_print
from app.seen import note_seen
from app.session import finished
from app.tour import STEPS, Step
from app.wording import say_stage
from app.work import Case, Desk, Order

_STEP = "tour_step"
_WITHOUT_CASE = ("story", "end")


def _close(desk: Desk) -> None:
    desk.close()


@st.cache_resource(scope="session", show_spinner=False, on_release=_close)
def open_tour_desk() -> Desk:
    """The tour's own desk: a case on the page Analyse stays as it is."""
    desk = Desk()
    desk.pseudonym = access.find_pseudonym() or desk.pseudonym
    return desk


def show_page() -> None:
    """Draws the page."""
    place = min(st.session_state.setdefault(_STEP, 0), len(STEPS) - 1)
    step = STEPS[place]
    with st.container(key="tour"):
        st.title(step.title, anchor=False)
        write_lines(step.lines)
        _show_step(step)
    _show_ways(place)
    show_help_lines()


def _show_ways(place: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="tour_ways"):
        st.button(
            "Back",
            on_click=_go,
            args=(-1,),
            disabled=place == 0,
            shortcut="PageUp",
            key="tour_back",
        )
        st.button(
            "Next",
            on_click=_go,
            args=(1,),
            disabled=place == len(STEPS) - 1,
            shortcut="PageDown",
            type="primary",
            key="tour_next",
        )
        st.button("Start again", on_click=_start, type="tertiary", shortcut="Home", key="tour_home")
        st.text(f"Step {place + 1} of {len(STEPS)}")
    titles = list(read_samples())
    st.pills(
        "Post of the tour",
        titles[:-1],
        default=titles[0],
        required=True,
        wrap=True,
        key="tour_sample",
        persist_state="session",
    )


@finished
def _go(by: int) -> None:
    st.session_state[_STEP] = min(max(st.session_state.get(_STEP, 0) + by, 0), len(STEPS) - 1)


@finished
def _start() -> None:
    st.session_state[_STEP] = 0
    open_tour_desk().drop()


def _show_step(step: Step) -> None:
    opening = models.open_analyser()  # behind the story, which says only if it fails
    if step.part == "story":
        show_picture()
        write_small_print(CONTENT_NOTE)
    bare = step.part in _WITHOUT_CASE
    analyser = await_analyser(opening) if opening.done() or not bare else None
    if analyser is None or bare:
        return
    samples = read_samples()
    titles = list(samples)
    title = titles[-1] if step.part == "outside" else st.session_state.get("tour_sample")
    text = samples.get(title or titles[0], samples[titles[0]])
    if step.part == "post":  # before the models have answered
        write_marked_text(text, [])
    case = _take(text)
    before = case.state
    if case.fault is not None:
        write_note("The models could not answer", case.fault.message)
        st.button("Ask again", on_click=open_tour_desk().drop)
        return
    if case.analysis is not None:
        note_seen(text)
        show_part(step.part, case, case.analysis, analyser.manifest.label_sources)
    if case.running:
        _watch(case, case.version, open_tour_desk)
    redraw_if_changed(before, case.state)


def _take(text: str) -> Case:
    desk, opening = open_tour_desk(), models.open_analyser()
    case = desk.case
    if case is None or case.order.text != text or case.opening is not opening:
        case = desk.take(Order(text, None, speak=True), opening)
    return case


@st.fragment(run_every=0.5)
def _watch(case: Case, drawn_version: int, open_desk: Callable[[], Desk]) -> None:
    if case.version != drawn_version or not case.running or open_desk().case is not case:
        st.rerun(scope="app")
    if case.stages:
        write_small_print(f"{say_stage(case.stages[-1].name)} …")
