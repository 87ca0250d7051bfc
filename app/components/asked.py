"""A button for what takes a while, then its progress and Stop, then why it failed."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from app.asked_work import Asked
from app.escape import write_note, write_small_print
from app.session import finished, open_desk
from app.wording import say_stage
from app.work import Case, as_fault

_EVERY_S = 0.7


def offer_work(
    case: Case,
    key: tuple[str, ...],
    label: str,
    act: Callable[[Case, Asked], None],
    *,
    ready: bool = True,
) -> None:
    """Draws what starts a piece of work, or its progress.

    Args:
        case: with its analysis.
        key: names the work within the case.
        label: of the button.
        act: does the work.
        ready: it can be asked for.
    """
    asked, name = case.asked.get(key), "_".join(key)
    if asked is not None and asked.running:
        _watch(case, key)
        # outside of what redraws itself, where a click can be lost
        st.button("Stop", key=f"asked_stop_{name}", on_click=_give_up, args=(key,))
        return
    fault = None if asked is None else as_fault(asked.failed)
    if fault is not None:
        write_note("This could not be done", fault.message)
    disabled = case.running or not ready
    st.button(label, key=f"asked_{name}", on_click=_ask, args=(key, act), disabled=disabled)


@finished
def _ask(key: tuple[str, ...], act: Callable[[Case, Asked], None]) -> None:
    open_desk().ask(key, act)


@finished
def _give_up(key: tuple[str, ...]) -> None:
    open_desk().give_up(key)


@st.fragment(run_every=_EVERY_S)
def _watch(case: Case, key: tuple[str, ...]) -> None:
    asked = case.asked.get(key)
    if asked is None or not asked.running or open_desk().case is not case:
        st.rerun(scope="app")
        return
    seconds = time.monotonic() - asked.began_s
    stage = say_stage(asked.stage) if asked.stage else "Waiting for the models"
    write_small_print(f"{stage}, {seconds:.0f} s. You can go on reading.")
