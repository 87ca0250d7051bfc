"""The page “Batch”: a file of posts, answered row by row, and measured where it has labels."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from app import models
from app.batch_wording import say_answers, say_outside_rows, say_sounds, say_truncated
from app.batch_work import BatchDesk, Job, Settings, open_batch_desk
from app.components.batch.export import show_export
from app.components.batch.measures import (
    ask_measured,
    show_metrics,
    show_slices,
    show_threshold,
)
from app.components.batch.recordings import ask_comparison, ask_recordings
from app.components.batch.rows import say_target, show_disagreement, show_rows
from app.components.batch.running import show_running
from app.components.batch.setup import ask_file, ask_settings, say_formats
from app.components.help_lines import show_help_lines
from app.components.post_input import Kept, is_post_taken, take_post, take_sound
from app.components.running import redraw_if_changed
from app.escape import write_note, write_small_print, write_table
from app.glossary import explain
from app.pages import go_to
from app.session import finished, open_desk
from app.wording import MODEL_NAMES, say_other_bundle
from mhkd.batch.output import collect_answers
from mhkd.batch.run import BatchRun
from mhkd.errors import AudioError, MhkdError

if TYPE_CHECKING:
    from mhkd.analyser import Analyser


_MAX_REASONS: Final = 200


def show_page() -> None:
    """Draws the page."""
    if is_post_taken():
        go_to("analyse")
    before = _find_state()
    _draw()
    redraw_if_changed(before, _find_state())


def _find_state() -> object:
    job = open_batch_desk().job
    return None if job is None else job.state


def _draw() -> None:
    desk, opening = open_batch_desk(), models.open_analyser()
    st.title("Many posts at once", anchor=False)
    show_help_lines()
    st.space("small")
    fault = opening.exception() if opening.done() else None
    if isinstance(fault, MhkdError):
        write_note("The models can’t be opened", fault.public_message)
        st.button("Open the models again", on_click=models.open_analyser.clear)
        return
    if desk.table is None:
        write_small_print(say_formats())
        ask_file(desk)
        return
    _show_setup(desk)
    job = desk.job
    if job is None:
        return
    show_running(desk, job)
    if job.run is not None and not job.busy and job.stage in ("done", "cancelled"):
        _show_results(job, job.run, job.opening.result())


def _show_setup(desk: BatchDesk) -> None:
    table, job, opening = desk.table, desk.job, models.open_analyser()
    if table is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{table.name}: {len(table):,} rows, {len(table.columns)} columns")
        st.button("Forget this batch", type="tertiary", on_click=desk.forget)
    if job is not None and job.busy:
        return
    labels = opening.result().labels if opening.done() else None
    if labels is None:
        _await_models(opening)
    with st.expander("Columns and models", expanded=job is None):
        ask_recordings(desk)
        chosen = None if job is None else job.settings
        settings = ask_settings(table, chosen, labels, desk.recordings)
        if settings.recordings is not None and "audio" in settings.models and opening.done():
            before = chosen is not None and chosen.compare
            missing = opening.result().missing_transcriber
            settings = replace(settings, compare=ask_comparison(missing, chosen=before))
        changed = job is not None and _differ(settings, job.settings)
        if changed:
            write_small_print("What follows belongs to the columns and models chosen before.")
        if not settings.models:
            write_note("No model", "Choose at least one model.")
        elif st.button("Estimate the time", type="primary" if job is None else "secondary"):
            desk.prepare(settings, opening, open_desk().pseudonym)
            st.rerun()


@st.fragment(run_every=0.7)
def _await_models(opening: Future[Analyser]) -> None:
    """Redraws the page when the models, and with them the labels, are there."""
    write_small_print("The models are being opened …")
    if opening.done():
        st.rerun(scope="app")


def _differ(now: Settings, then: Settings) -> bool:
    """What the labels mean is not known before the models are open."""
    meant = bool(then.meanings) and now.meanings != then.meanings
    asked = [(of.columns, of.models, of.recordings, of.compare) for of in (now, then)]
    return meant or asked[0] != asked[1]


def _show_results(job: Job, run: BatchRun, analyser: Analyser) -> None:
    answers, sources = collect_answers(run), analyser.manifest.label_sources
    st.header("Results", anchor=False, help=explain("Calibrated probability", "ECE"))
    if not models.is_chosen(job.opening):
        write_note(*say_other_bundle(analyser.manifest))
    left, right = st.columns(2, gap="large")
    with left:
        model = st.selectbox(
            "Model", list(answers), format_func=MODEL_NAMES.__getitem__, key="batch_model"
        )
    with right:
        target = st.selectbox(
            "Label",
            list(run.labels),
            len(run.labels) - 1,
            format_func=lambda label: say_target(label, sources),
            key="batch_target",
        )
    write_small_print(say_answers(run, model, answers[model], sources))
    for told in (say_outside_rows(run), say_truncated(run), say_sounds(run)):
        if told is not None:
            write_small_print(told)
    measured = ask_measured(job)
    labelled = None if measured is None else measured.labelled
    if labelled is not None and model not in labelled.probabilities:
        write_small_print("This model answered no labelled row; nothing of it was measured.")
        labelled = None
    compared = "student" in answers and len(answers) > 1
    names = ["Rows"]
    names += ["How good", "Threshold", "Slices"] if labelled is not None else []
    names += ["Student and teachers"] if compared else []
    names += ["Rows without an answer"] if run.faults else []
    unheard = [] if run.sounds is None else run.sounds.list_faults()
    names += ["Recordings not heard"] if unheard else []
    tabs = dict(zip([*names, "Export"], st.tabs([*names, "Export"]), strict=True))
    with tabs["Rows"]:
        show_rows(job, run, answers, model, target, sources, partial(_open_row, job, run))
    if measured is not None and labelled is not None:
        with tabs["How good"]:
            show_metrics(run, measured, model)
        with tabs["Threshold"]:
            show_threshold(run, labelled, model, target, sources)
        with tabs["Slices"]:
            show_slices(job, run, labelled, model)
    elif job.settings.columns.label is not None and job.measured is None:
        write_small_print("No row has a label of this bundle; nothing could be measured.")
    if compared:
        with tabs["Student and teachers"]:
            show_disagreement(job, run, answers, target, partial(_open_row, job, run))
    if run.faults:
        with tabs["Rows without an answer"]:
            write_small_print(
                "These could not be answered at all. A row whose answer is withheld or not decided "
                "is among those that were answered and says so there."
            )
            _show_reasons([(row, run.faults[row].message) for row in sorted(run.faults)])
    if unheard:
        with tabs["Recordings not heard"]:
            _show_reasons(unheard)
    with tabs["Export"]:
        manifest = analyser.manifest
        show_export(job, run, f"{manifest.name} {manifest.version}", sources, target, measured)


def _show_reasons(reasons: Sequence[tuple[int, str]]) -> None:
    shown = [(f"{row:,}", reason) for row, reason in reasons[:_MAX_REASONS]]
    write_table(("Row", "Reason"), shown, numeric=(0,))
    if len(reasons) > _MAX_REASONS:
        write_small_print(f"And {len(reasons) - _MAX_REASONS:,} more; the exports list all.")


@finished
def _open_row(job: Job, run: BatchRun, row: int) -> None:
    """Its post, with its recording where there is one, through the session, never the address."""
    open_desk().drop()
    take_post(run.posts.texts[row])
    take_sound(_find_recording(job, row))


def _find_recording(job: Job, row: int) -> Kept | None:
    column = job.settings.columns.recording
    if job.recordings is None or column is None:
        return None
    name = job.table.columns[column][row]
    with suppress(AudioError):  # the row says itself why it was not heard
        return Kept(name, job.recordings.read(name))
    return None
