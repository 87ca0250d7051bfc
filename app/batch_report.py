"""A batch → one self-contained HTML file without any post in it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from app import batch_charts as charts
from app.batch_wording import (
    say_answers,
    say_doubts,
    say_faults,
    say_measured,
    say_outside_rows,
    say_share,
    say_sounds,
    say_truncated,
    tell_metrics,
    tell_reading,
)
from app.components.help_lines import NOT_THIS, HelpLines
from app.escape import build_help_lines, build_table, escape
from app.report_frame import build_chart, build_document
from app.wording import MODEL_NAMES, say_finding, source_of
from mhkd.batch.curves import (
    bin_reliability,
    count_confusion,
    read_threshold,
    trace_precision_recall,
    trace_risk_coverage,
    trace_roc,
)
from mhkd.batch.measured import Labelled, Measured
from mhkd.batch.output import collect_answers
from mhkd.batch.posts import name_doubts
from mhkd.batch.run import BatchRun
from mhkd.batch.slices import measure_slices, name_lengths, name_outside, name_read
from mhkd.batch.sounds import RowSound, Sounds

METRICS_HEADER = (
    "Model",
    "Accuracy",
    "Macro-F1",
    "Weighted F1",
    "AUC",
    "ECE",
    "ECE limit",
    "Brier",
)
LIMITS = (
    "A label is what the training data call a post. It is no diagnosis and says nothing about a "
    "person.",
    "Predictive values hold at a stated prevalence only; the precision here is this sample’s.",
)
UNHEARD = "The posts were read as text; no sound was heard."
HEARD = (
    "Only the audio teacher heard sound. It learned from synthetic voices; how it takes a person’s "
    "was never tested."
)


@dataclass(frozen=True)
class BatchAbout:
    """What a report says beside the numbers."""

    made_at: str
    bundle: str
    sources: Mapping[str, str]
    help_lines: HelpLines
    versions: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class ChosenThreshold:
    """What is set on the page.

    Attributes:
        at: a post is called ``target`` from this probability on.
        prevalence: share of such posts where the model would be used; None where it is not stated.
    """

    at: float
    prevalence: float | None = None


def build_batch_report(
    run: BatchRun,
    measured: Measured | None,
    about: BatchAbout,
    target: str,
    threshold: ChosenThreshold | None = None,
) -> str:
    """The report: counts, metrics, figures, slices by length, rows without an answer.

    Args:
        run: the answers.
        measured: the labelled rows that the page shows; None where the rows have no labels.
        about: what stands beside the answers.
        target: the label that the curves are drawn for.
        threshold: as it is set on the page.
    """
    answers = collect_answers(run)
    body = (
        f"<h1>{len(run.posts):,} posts, {'with recordings' if run.hears else 'read as text'}</h1>"
        f'<p class="over">mhkd, report of one batch. Made {escape(about.made_at)} with bundle '
        f"{escape(about.bundle)}; {run.done:,} of {run.total:,} readable rows are done.</p>"
        + build_help_lines(NOT_THIS, about.help_lines.lines, about.help_lines.source)
        + "<h2>Answers</h2>"
        + "".join(
            f"<p><strong>{escape(MODEL_NAMES[model])}.</strong> "
            f"{escape(say_answers(run, model, found, about.sources))}</p>"
            for model, found in answers.items()
        )
        + f"<p>{escape(say_faults(run.faults))}</p>"
        + "".join(
            f"<p>{escape(told)}</p>"
            for told in (
                say_doubts(run.posts.doubts),
                say_outside_rows(run),
                say_truncated(run),
                say_sounds(run),
            )
            if told is not None
        )
    )
    if measured is not None:
        body += _build_measured(run, measured, about, target, threshold)
    limits = (*LIMITS, UNHEARD if run.sounds is None else HEARD)
    body += "<h2>Limits</h2><ul>" + "".join(f"<li>{escape(line)}</li>" for line in limits) + "</ul>"
    if run.sounds is not None:
        body += _build_sounds(run.sounds, hears=run.hears)
    if run.faults:
        faults = [run.faults[row] for row in sorted(run.faults)]
        rows = [(str(fault.row), fault.message) for fault in faults]
        body += f"<h2>Rows without an answer</h2>{build_table(('Row', 'Reason'), rows)}"
    if about.versions:
        body += f"<h2>Versions</h2>{build_table(('What', 'Version or SHA-256'), about.versions)}"
    return build_document(f"mhkd batch report, {about.made_at}", body)


def list_versions(bundle: str, sha256: str) -> list[tuple[str, str]]:
    """What answered: the bundle with the hash of its manifest, and the libraries."""
    rows = [("Bundle", bundle), ("bundle.json", sha256)]
    for name in ("mhkd", "torch", "transformers"):
        with suppress(PackageNotFoundError):  # a page that asks a service may lack the latter two
            rows.append((name, version(name)))
    return rows


def _build_sounds(sounds: Sounds, *, hears: bool) -> str:
    rows = [
        (f"{row:,}", sound.origin, _say_seconds(sound), told)
        for row, sound in enumerate(sounds, start=1)
        if sound is not None
        if (told := sound.fault or ", ".join(map(say_finding, sound.findings))) or sound.heard_s
    ]
    rest = "Every other answered row has no recording." if hears else ""
    table = build_table(("Row", "Sound", "Seconds heard", "What was found"), rows, (0, 2))
    return f'<h2>Sound of the rows</h2>{table}<p class="small">{rest}</p>'


def _say_seconds(sound: RowSound) -> str:
    heard = f"{sound.heard_s:.1f}" if sound.heard_s else "–"
    return f"{heard} of {sound.total_s:.1f}" if sound.total_s else heard


def _build_measured(
    run: BatchRun,
    measured: Measured,
    about: BatchAbout,
    target: str,
    threshold: ChosenThreshold | None,
) -> str:
    parts = [
        "<h2>How good the models are on these rows</h2>",
        *_build_metrics(measured),
        f'<p class="small">{escape(say_measured(measured, run.done))}</p>',
    ]
    for model in measured.metrics:
        parts += _build_model(model, run, measured.labelled, about, target)
        if threshold is not None:
            parts += _build_threshold(model, run, measured.labelled, about, target, threshold)
    return "".join(parts)


def _build_threshold(
    model: str,
    run: BatchRun,
    labelled: Labelled,
    about: BatchAbout,
    target: str,
    chosen: ChosenThreshold,
) -> list[str]:
    place = run.labels.index(target)
    stated = chosen.prevalence is not None
    reading = read_threshold(
        labelled.probabilities[model][:, place],
        labelled.truth == place,
        chosen.at,
        0.5 if chosen.prevalence is None else chosen.prevalence,
    )
    told = (
        f"A post is called “{target}” from the probability {chosen.at:.2f} on, as set on the page. "
        f"Prevalence of posts from {source_of(target, about.sources)}: "
    )
    told += f"{100 * reading.prevalence:g} %, as stated there." if stated else "not stated."
    rows = tell_reading(reading, stated=stated)
    table = build_table(("Measure", "Value", "Counted"), rows, (1, 2))
    return [f"<h3>At the threshold</h3><p>{escape(told)}</p>{table}"]


def _build_metrics(measured: Measured) -> list[str]:
    """In two tables: paper is not wide enough for one."""
    rows = tell_metrics(measured.metrics)
    return [
        build_table(
            [METRICS_HEADER[place] for place in places],
            [[row[place] for place in places] for row in rows],
            range(1, len(places)),
        )
        for places in ((0, 1, 2, 3), (0, 4, 5, 6, 7))
    ]


def _build_model(
    model: str, run: BatchRun, labelled: Labelled, about: BatchAbout, target: str
) -> list[str]:
    probabilities, truth = labelled.probabilities[model], labelled.truth
    place = run.labels.index(target)
    positive, here = truth == place, source_of(target, about.sources)
    counts = count_confusion(probabilities.argmax(1), truth, len(run.labels))
    figures = [
        ("Confusion matrix", charts.draw_confusion(counts, run.labels)),
        ("Reliability", charts.draw_reliability(bin_reliability(probabilities, truth))),
        ("Risk and coverage", charts.draw_risk_coverage(trace_risk_coverage(probabilities, truth))),
    ]
    roc = trace_roc(probabilities[:, place], positive)
    precision = trace_precision_recall(probabilities[:, place], positive)
    if roc is not None and precision is not None:
        base = float(np.mean(positive))
        figures += [
            (f"ROC, {here}: AUC {roc.area:.3f}", charts.draw_roc(roc)),
            (
                f"Precision and recall, {here}: average precision {precision.area:.3f}",
                charts.draw_precision_recall(precision, base),
            ),
        ]
    drawn = [f"<h3>{escape(title)}</h3>{build_chart(figure, title)}" for title, figure in figures]
    names = name_lengths([run.posts.texts[row] for row in labelled.rows])
    return [
        f"<h2>{escape(MODEL_NAMES[model])}</h2>",
        *drawn,
        _build_slices(names, labelled, model, "length"),
        *_by_quality(run, labelled, model),
        *_by_outside(run, labelled, model),
        *_by_read(run, labelled, model),
    ]


def _by_quality(run: BatchRun, labelled: Labelled, model: str) -> list[str]:
    if not run.posts.doubts:
        return []
    names = name_doubts(run.posts, labelled.rows)
    return [_build_slices(names, labelled, model, "quality of the text")]


def _by_outside(run: BatchRun, labelled: Labelled, model: str) -> list[str]:
    if run.outside is None or not run.outside.any():
        return []
    names = name_outside(run.outside, labelled.rows)
    return [_build_slices(names, labelled, model, "what the student knows")]


def _by_read(run: BatchRun, labelled: Labelled, model: str) -> list[str]:
    if not run.truncated.any():
        return []
    names = name_read(run.truncated, labelled.rows)
    return [_build_slices(names, labelled, model, "whether all of the text was read")]


def _build_slices(names: Sequence[str], labelled: Labelled, model: str, by: str) -> str:
    slices = measure_slices(names, labelled.probabilities[model], labelled.truth)
    rows = [
        (part.name, f"{part.n:,}", say_share(part.accuracy), say_share(part.f1_macro))
        for part in slices
    ]
    table = build_table((by.capitalize(), "n", "Accuracy", "Macro-F1"), rows, (1, 2, 3))
    return f"<h3>By {by}</h3>{table}"
