"""How good the models are on labelled rows: table, figures, threshold, slices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import streamlit as st

from app import batch_charts as charts
from app import batch_numbers as numbers
from app.batch_report import METRICS_HEADER
from app.batch_wording import say_measured, say_share, tell_metrics, tell_reading
from app.batch_work import Job
from app.components.batch.figure import show_figure
from app.escape import write_note, write_small_print, write_table
from app.wording import source_of
from mhkd.batch.curves import (
    bin_reliability,
    count_confusion,
    read_threshold,
    trace_precision_recall,
    trace_risk_coverage,
    trace_roc,
)
from mhkd.batch.measured import Labelled, Measured
from mhkd.batch.posts import name_doubts
from mhkd.batch.run import BatchRun
from mhkd.batch.slices import (
    measure_slices,
    name_lengths,
    name_outside,
    name_read,
    name_values,
)
from mhkd.batch.sounds import name_sounds

OUTSIDE: Final = "Outside what this model knows"
_SOUND: Final = "Quality of the sound"
_READ: Final = "Whether all of the text was read"
THRESHOLD: Final = "batch_threshold_at"
PREVALENCE: Final = "batch_threshold_prevalence"


def ask_measured(job: Job) -> Measured | None:
    """The labelled rows and their metrics; a switch leaves out those that get no answer."""
    whole, answered = job.measured, job.measured_answered
    if whole is None or answered is None:
        return whole
    left_out = st.toggle(
        "Leave rows that get no answer out of the measures",
        key="batch_measures_answered",
        bind="query-params",
    )
    return answered if left_out else whole


def show_metrics(run: BatchRun, measured: Measured, model: str) -> None:
    """Draws the metrics of all models, and three figures of one."""
    labelled = measured.labelled
    write_table(METRICS_HEADER, tell_metrics(measured.metrics), numeric=range(1, 8))
    write_small_print(say_measured(measured, run.done))
    probabilities, truth = labelled.probabilities[model], labelled.truth
    counts = count_confusion(probabilities.argmax(1), truth, len(run.labels))
    bins = bin_reliability(probabilities, truth)
    risk = trace_risk_coverage(probabilities, truth)
    left, right = st.columns(2, gap="large")
    with left:
        show_figure(
            "Confusion matrix",
            charts.draw_confusion(counts, run.labels),
            numbers.list_confusion(counts, run.labels),
            "Posts by given label and by answer; the shade is the share of the given label.",
            key="batch_confusion",
        )
        show_figure(
            "Risk and coverage",
            charts.draw_risk_coverage(risk),
            numbers.list_risk(risk),
            "Errors among the posts that would be answered if the least sure ones were left "
            f"undecided. Mean risk over all coverages (AURC): {risk.area:.3f}.",
            key="batch_risk",
        )
    with right:
        show_figure(
            "Reliability",
            charts.draw_reliability(bins),
            numbers.list_bins(bins),
            f"{len(bins)} bins of equal mass with Wilson’s intervals. On the dotted line the "
            "confidence is right.",
            key="batch_reliability",
        )


def show_threshold(
    run: BatchRun, labelled: Labelled, model: str, target: str, sources: Mapping[str, str]
) -> None:
    """Draws what follows from a threshold, at the prevalence that the reader states."""
    here = source_of(target, sources)
    probability = labelled.probabilities[model][:, run.labels.index(target)]
    positive = labelled.truth == run.labels.index(target)
    roc = trace_roc(probability, positive)
    precision = trace_precision_recall(probability, positive)
    if roc is None or precision is None:
        write_note("No curve", f"All labelled rows are of one kind: with and without {here}.")
        return
    left, right = st.columns(2, gap="large")
    with left:
        threshold = st.slider(
            f"Call a post “{target}” from this probability on",
            0.0,
            1.0,
            0.5,
            0.01,
            key=THRESHOLD,
            bind="query-params",
        )
    with right:
        percent = st.number_input(
            f"Prevalence: of 100 posts where this would be used, how many are from {here}?",
            min_value=0.01,
            max_value=99.99,
            value=None,
            step=1.0,
            placeholder="Not stated",
            key=PREVALENCE,
            bind="query-params",
        )
    base = float(np.mean(positive))
    reading = read_threshold(
        probability, positive, threshold, 0.5 if percent is None else percent / 100
    )
    rows = tell_reading(reading, stated=percent is not None)
    write_table(("Measure", "Value", "Counted"), rows, numeric=(1, 2))
    write_small_print(
        f"In this sample {100 * base:.1f} % are from {here}; that says nothing about the share "
        "elsewhere, so the predictive values wait for a prevalence that you state. Intervals: "
        "Wilson’s, and for predictive values draws of sensitivity and specificity."
    )
    left, right = st.columns(2, gap="large")
    with left:
        show_figure(
            "ROC",
            charts.draw_roc(roc, threshold),
            numbers.list_curve(roc, "false positive rate", "sensitivity"),
            f"{here} against the rest. Area {roc.area:.3f}; the diamond is the threshold.",
            key="batch_roc",
        )
    with right:
        show_figure(
            "Precision and recall",
            charts.draw_precision_recall(precision, base, threshold),
            numbers.list_curve(precision, "recall", "precision"),
            f"Average precision {precision.area:.3f}. Dotted: the share of {here} in this sample.",
            key="batch_precision",
        )


def show_slices(job: Job, run: BatchRun, labelled: Labelled, model: str) -> None:
    """Draws the accuracy by length or by a column of the file."""
    used = job.settings.columns
    taken = (used.text, used.id, used.label, used.recording)
    others = [name for name in job.table.columns if name not in taken]
    known = [_SOUND] if run.sounds is not None else []
    known += [] if run.outside is None else [OUTSIDE]
    known += [_READ] if run.truncated.any() else []
    offered = ["Length of the text", "Quality of the text", *known, *others]
    by = st.selectbox("Slices by", offered, key="batch_slices_by")
    if by == "Length of the text":
        names = name_lengths([run.posts.texts[row] for row in labelled.rows])
    elif by == "Quality of the text":
        names = name_doubts(run.posts, labelled.rows)
    elif by == _SOUND and run.sounds is not None:
        names = name_sounds(run.sounds, labelled.rows)
    elif by == OUTSIDE and run.outside is not None:
        names = name_outside(run.outside, labelled.rows)
    elif by == _READ:
        names = name_read(run.truncated, labelled.rows)
    else:
        names = name_values([job.table.columns[by][row] for row in labelled.rows])
    probabilities = labelled.probabilities[model]
    slices = measure_slices(names, probabilities, labelled.truth)
    whole = float((probabilities.argmax(1) == labelled.truth).mean())
    show_figure(
        "Accuracy by slice",
        charts.draw_slices(slices, whole),
        numbers.list_slices(slices),
        f"With Wilson’s 95 % intervals; dotted: all rows, {100 * whole:.1f} %. With many slices "
        "one of them looks different by chance.",
        key="batch_slices",
    )
    write_table(
        ("Slice", "n", "Accuracy", "Macro-F1"),
        [
            (part.name, f"{part.n:,}", say_share(part.accuracy), say_share(part.f1_macro))
            for part in slices
        ],
        numeric=(1, 2, 3),
    )
