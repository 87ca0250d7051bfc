"""A batch under way: progress, Cancel, Continue. The page is redrawn when its stage changes."""

from __future__ import annotations

import streamlit as st

from app.batch_wording import say_doubts, say_estimate, say_faults, say_progress
from app.batch_work import BatchDesk, Job, open_batch_desk
from app.escape import write_note, write_small_print

_EVERY_S = 0.7
_STAGES = {
    "opening": "Opening the models and checking the rows",
    "first rows": "Answering the first rows, to tell how long all will take",
    "running": "Answering",
    "measuring": "Measuring against the labels",
}


def show_running(desk: BatchDesk, job: Job) -> None:
    """Draws where the batch stands and what can be done."""
    if job.fault is not None:
        write_note("The batch stopped", job.fault)
    if job.busy:
        _watch(job, job.stage)
        # outside of what redraws itself, where a click can be lost
        st.button("Cancel", key="batch_running_cancel", on_click=desk.stop)
        return
    run = job.run
    if run is None:
        if job.fault is None:
            write_note("Cancelled", "The first rows were not answered.")
        return
    write_small_print(say_faults(run.faults))
    if (doubts := say_doubts(run.posts.doubts)) is not None:
        write_small_print(doubts)
    if run.finished:
        if job.stage == "ready":
            st.button("Show the results", type="primary", on_click=desk.go_on)
        return
    if job.stage == "cancelled":
        write_note(
            "Cancelled",
            f"{run.done:,} of {run.total:,} rows are answered; what follows is about them.",
        )
    write_small_print(say_estimate(run))
    if run.total:
        begun = job.stage != "ready"
        st.button("Continue" if begun else "Start", type="primary", on_click=desk.go_on)


@st.fragment(run_every=_EVERY_S)
def _watch(job: Job, drawn_stage: str) -> None:
    desk = open_batch_desk()
    if not job.busy or job.stage != drawn_stage or desk.job is not job:
        st.rerun(scope="app")
    told = _STAGES.get(job.stage, job.stage)
    if job.run is not None and job.stage == "running":
        run = job.run
        st.progress(run.done / max(run.total, 1), f"{told}: {say_progress(run)}")
    else:
        st.progress(0 if job.stage != "measuring" else 100, f"{told} …")
