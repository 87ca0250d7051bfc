"""Work under way: its stages with their times, and Cancel. The page is redrawn as results come.

Cancel stands on the page itself and not in the part that redraws itself: each result moves that
part, and a click on a button that has just moved away would be lost.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from app.escape import write_small_print, write_stages
from app.session import open_desk
from app.wording import say_stage
from app.work import Case, Stage

_EVERY_S = 0.5
_NOTICED_S = 0.05


def offer_cancel() -> None:
    """Draws Cancel; a click interrupts whatever the page is drawing."""
    st.button("Cancel", key="running_cancel", on_click=open_desk().drop)


def redraw_if_changed(before: object, now: object) -> None:
    """Draws the page once more where work went on while it was drawn; the last thing on a page.

    A part drawn before that and one drawn after it would not fit together: one says that the
    work goes on, the other that there is nothing to wait for, and nobody looks again.

    Args:
        before: state of the work, read before anything of it was drawn.
        now: the same, read now.
    """
    if before != now:
        st.rerun()


def watch_case(case: Case) -> None:
    """Draws the stages until the case has something new to show, then redraws the page."""
    _watch(case, case.version)


@st.fragment(run_every=_EVERY_S)
def _watch(case: Case, drawn_version: int) -> None:
    if case.version != drawn_version or not case.busy or open_desk().case is not case:
        st.rerun(scope="app")
    if case.running:
        shown = case.stages if case.analysis is None else case.stages[-1:]
        show_stages(shown)
        if case.waiting:
            write_small_print(f"Posts waiting for the models: {case.waiting}.")
    else:
        write_small_print("Explaining for the label you chose …")


def show_stages(stages: Sequence[Stage], prefix: str = "") -> None:
    """Draws stages with their times, but for those that took none."""
    write_stages([_tell(stage, prefix) for stage in stages if _took_time(stage)])


def _took_time(stage: Stage) -> bool:
    return stage.ended_s is None or stage.ended_s - stage.began_s >= _NOTICED_S


def _tell(stage: Stage, prefix: str) -> tuple[str, str, str]:
    state = "now" if stage.ended_s is None else "done"
    seconds = (stage.ended_s or time.monotonic()) - stage.began_s
    done = "" if stage.share is None else f", {100 * stage.share:.0f} % done"
    return state, f"{prefix}{say_stage(stage.name)}{done}", f"{seconds:.1f} s"
