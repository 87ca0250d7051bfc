"""A batch in plain words. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from typing import Final

import numpy as np

from app.wording import MODEL_NAMES, say_finding, say_interval, source_of
from mhkd.batch.curves import Estimate, Reading
from mhkd.batch.measured import Measured
from mhkd.batch.output import collect_answers
from mhkd.batch.posts import Doubt
from mhkd.batch.run import BatchRun, Probabilities
from mhkd.batch.sounds import RowSound, Sounds
from mhkd.batch.states import DECIDED, STATES, UNKNOWN, count_states
from mhkd.batch.table import RowFault
from mhkd.metrics import is_off

COST: Final[Mapping[str, str]] = {
    "student": "Student (quick)",
    "text": "Text teacher (about four times slower)",
    "emotion": "Emotion teacher (quick)",
}
HEARD_COST: Final[Mapping[str, str]] = {
    "audio": "Audio teacher (hears the recordings, some seconds each)"
}
SHORT: Final = "n is small; the intervals say how little is known."
_FEW: Final = 30
_CODES: Final[Mapping[str, str]] = {
    "columns": "other number of cells than the header",
    "unreadable": "not readable",
    "empty": "empty text",
    "too_long": "text too long",
    "too_few_letters": "too few letters",
    "not_unicode": "not valid Unicode",
    "model": "a model could not answer",
}


def say_duration(seconds: float) -> str:
    """A length of time as one says it."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 90:
        return f"about {round(seconds / 10) * 10} seconds"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60)} minutes"
    return f"about {seconds / 3600:.1f} hours"


def say_estimate(run: BatchRun) -> str:
    """How long the rest will take."""
    if run.finished:
        return f"All {run.total:,} rows that can be read are answered."
    if run.left_s is None or run.rows_per_s is None:
        return "No row of this file can be read."
    return (
        f"{run.total - run.done:,} more rows will take {say_duration(run.left_s)}, judged by the "
        f"first {run.done} rows ({run.rows_per_s:.1f} rows per second) and the lengths of the rest"
        f"{', and how many of them have a recording' if run.hears else ''}."
    )


def say_progress(run: BatchRun) -> str:
    """Rows done, speed, time left."""
    told = f"{run.done:,} of {run.total:,} rows"
    if run.rows_per_s is not None and run.left_s is not None and not run.finished:
        told += f", {run.rows_per_s:.1f} rows per second, {say_duration(run.left_s)} left"
    return told


def say_answers(
    run: BatchRun, model: str, probabilities: Probabilities, sources: Mapping[str, str]
) -> str:
    """How many posts resemble what, and how many are not decided or get no answer."""
    counts = count_states(run.labels, probabilities, run.judge(model, probabilities))
    if not counts.rows:
        return "No row was answered."

    def say(count: int) -> str:
        return f"{count:,} ({100 * count / counts.rows:.1f} %)"

    parts = [
        f"{say(count)} resemble posts from {source_of(label, sources)}"
        for label, count in counts.decided.items()
    ]
    are = "is" if counts.not_decided == 1 else "are"
    get = "gets" if counts.no_answer == 1 else "get"
    return (
        f"Of {counts.rows:,} posts that were answered, {', '.join(parts)}; "
        f"{say(counts.not_decided)} {are} not decided, {say(counts.no_answer)} {get} no answer."
    )


def say_state(state: int, label: str) -> str:
    """A row’s answer; the forced choice stands behind one that is none.

    Args:
        state: place in ``STATES``, −1 where the model gave no numbers.
        label: the most probable one.
    """
    if state == UNKNOWN:
        return "–"
    return label if state == DECIDED else f"{STATES[state]} (forced choice: {label})"


def say_faults(faults: Mapping[int, RowFault]) -> str:
    """How many rows got no answer, and why."""
    if not faults:
        return "Every row can be read."
    counts = Counter(_CODES.get(fault.code, fault.code) for fault in faults.values())
    rows = "1 row" if len(faults) == 1 else f"{len(faults):,} rows"
    told = ", ".join(f"{reason}: {count:,}" for reason, count in counts.most_common())
    return f"{rows} can’t be answered ({told})."


def say_doubts(doubts: Mapping[int, Doubt]) -> str | None:
    """How many rows are answered with a limit; None where none is."""
    if not doubts:
        return None
    counts = Counter(code for doubt in doubts.values() for code in doubt.codes)
    told = ", ".join(f"{say_finding(code).lower()}: {n:,}" for code, n in counts.most_common())
    withheld = sum(doubt.withheld for doubt in doubts.values())
    n = len(doubts)
    rows = "1 row limits its answer" if n == 1 else f"{n:,} rows limits their answers"
    return (
        f"The text of {rows} ({told}). {withheld:,} of them "
        f"{'gets' if withheld == 1 else 'get'} no answer, as on the page Analyse; the label that "
        "stands there is a forced choice."
    )


def say_matches(names: Sequence[str], recordings: Container[str]) -> str:
    """How many rows name a recording, and how many of those are there."""
    named = [name for name in names if name.strip()]
    there = sum(name in recordings for name in named)
    return (
        f"{len(named):,} of {len(names):,} rows name a recording; {there:,} of these are found in "
        "the ZIP file. Names are compared whole, and else by their part after the last slash."
    )


def say_outside_rows(run: BatchRun) -> str | None:
    """How many posts the student does not know the like of; None where that was not measured."""
    if run.outside is None or run.distances is None:
        return None
    n = int((~np.isnan(run.distances)).sum())
    if not n:
        return None
    outside = int(run.outside.sum())
    return (
        f"{outside:,} of {n:,} posts ({100 * outside / n:.1f} %) lie outside what this model "
        f"knows: they are unlike those it learned from (distance above {run.outside_limit:.2f}). "
        "Their numbers mean little, and they get no answer, as on the page Analyse; the label that "
        "stands there is a forced choice."
    )


def say_truncated(run: BatchRun) -> str | None:
    """How many posts were not read to the end; None where none is known to be."""
    n = int(run.truncated.sum())
    if not n:
        return None
    read = int(run.tokens[run.truncated, 0].max())
    return (
        f"{say_count(n, 'post')} {'is' if n == 1 else 'are'} longer than the text models read: "
        f"what stands after the first {read:,} tokens did not enter the answer."
    )


def say_tokens(read: int, total: int) -> str:
    """How much of a post was read; empty where that is not told."""
    return f"{read:,} of {total:,}" if total else ""


def say_sounds(run: BatchRun) -> str | None:
    """Where the sound of the rows came from; None where the audio teacher was not asked."""
    if run.sounds is None:
        return None
    counts, unheard = run.sounds.count_origins(), len(run.sounds.list_faults())
    if not run.hears:
        return f"{counts['spoken']:,} posts were spoken for the audio teacher."
    told = (
        f"The audio teacher heard {say_count(counts['recorded'], 'recording')}; "
        f"{unheard:,} could not be heard, and {say_count(counts['none'] - unheard, 'row')} had "
        "none. "
    )
    findings = run.sounds.count_findings()
    findings.pop("text_differs", None)  # told among those compared
    if findings:
        each = ", ".join(f"{say_finding(code).lower()}: {n:,}" for code, n in findings.items())
        told += f"Told of those heard: {each}. "
    if run.compare:
        told += f"{_say_compared(run.sounds, counts['recorded'])} "
    if cut := run.sounds.count_cut():
        told += f"Of {say_count(cut, 'recording')} only the beginning was heard. "
    if "teachers" in collect_answers(run):
        told += "The teachers’ mean of a row is that of the teachers that answered it."
    return told.strip()


def _say_compared(sounds: Sounds, heard: int) -> str:
    """How many recordings say something else than their texts."""
    compared, differing = sounds.count_compared(), int(sounds.differing.sum())
    say = "says" if differing == 1 else "say"
    told = (
        f"Of {say_count(compared, 'recording')} compared with the text of the row, {differing:,} "
        f"{say} something else."
    )
    if rest := heard - compared:
        told += f" {rest:,} could not be compared."
    return told


def say_sound(sound: RowSound | None) -> str:
    """Where the sound of one row came from."""
    if sound is None:
        return ""
    if not sound.heard_s:
        return sound.origin
    of = f"of {sound.total_s:.0f} s heard" if sound.total_s else "s"
    other = "; says something else than the text" if sound.text_differs else ""
    return f"{sound.origin} ({sound.heard_s:.0f} {of}){other}"


def say_unknown(n: int) -> str:
    """How many values of the label column are no label; what they are no label of follows."""
    if n == 1:
        return "1 value of the label column is no label"
    return f"{n:,} values of the label column are no label"


def say_count(n: int, noun: str) -> str:
    """A number of things."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def say_share(found: Estimate, *, n: bool = False) -> str:
    """A share with its 95 % interval: ``78.1 % (73.7–82.0)``."""
    if found.value is None or found.low is None or found.high is None:
        return "–"
    told = f"{100 * found.value:.1f} % ({100 * found.low:.1f}–{100 * found.high:.1f})"
    return f"{told}, n = {found.n:,}" if n and found.n is not None else told


def tell_metrics(metrics: Mapping[str, Mapping[str, object]]) -> list[tuple[str, ...]]:
    """Rows of model, accuracy, macro-F1, weighted F1, AUC, ECE, its limit, and Brier score."""
    return [
        (
            MODEL_NAMES[model],
            say_interval(found, "accuracy"),
            say_interval(found, "f1_macro"),
            say_interval(found, "f1_weighted"),
            say_interval(found, "auc", percent=False) if found["auc"] == found["auc"] else "–",
            f"{100 * float(str(found['ece'])):.1f} %",
            f"{100 * float(str(found['ece_if_calibrated'])):.1f} %"
            + (", exceeded" if is_off(found) else ""),
            say_interval(found, "brier", percent=False),
        )
        for model, found in metrics.items()
    ]


def tell_reading(reading: Reading, *, stated: bool) -> list[tuple[str, str, str]]:
    """Rows of measure, value, and what was counted, at a threshold.

    Args:
        reading: at the threshold.
        stated: the reader stated the prevalence; else predictive values wait for it.
    """
    positives = reading.true_positive + reading.false_negative
    negatives = reading.true_negative + reading.false_positive
    at = f"at {100 * reading.prevalence:g} %" if stated else ""
    rows = [
        ("Positive predictive value", reading.ppv),
        ("Negative predictive value", reading.npv),
    ]
    return [
        (
            "Sensitivity",
            say_share(reading.sensitivity),
            f"{reading.true_positive:,} of {positives:,}",
        ),
        (
            "Specificity",
            say_share(reading.specificity),
            f"{reading.true_negative:,} of {negatives:,}",
        ),
        *((name, say_share(found) if stated else "state a prevalence", at) for name, found in rows),
    ]


def say_measured(measured: Measured, done: int) -> str:
    """On what the metrics rest.

    Args:
        measured: the rows and their metrics.
        done: rows that are behind the batch.
    """
    n = len(measured.labelled)
    unlabelled = done - n - measured.left_out
    resamples = next(iter(measured.metrics.values()))["resamples"]
    told = f"On {n:,} rows that have a label of this bundle and an answer of every model"
    none = "1 row has none" if unlabelled == 1 else f"{unlabelled:,} rows have none"
    told += f"; {none}. " if unlabelled else ". "
    told += f"{_say_withheld(measured)} "
    told += (
        "In brackets 95 % intervals: Wilson’s for the accuracy, else a bootstrap over posts "
        f"({resamples:,} resamples). ECE has ten bins of equal mass; beside it the 95th "
        f"percentile of what a perfectly calibrated model would show on {n:,} such posts."
    )
    return f"{told} {SHORT}" if n < _FEW else told


def _say_withheld(measured: Measured) -> str:
    """Whether rows that get no answer are among those measured. Each counts with its top label."""
    if measured.left_out:
        rows = (
            "1 labelled row that gets"
            if measured.left_out == 1
            else (f"{measured.left_out:,} labelled rows that get")
        )
        return f"{rows} no answer {'is' if measured.left_out == 1 else 'are'} left out."
    n = measured.withheld
    if not n:
        return "None of them gets no answer; one that is not decided counts with its forced choice."
    return (
        f"{n:,} of them {'gets' if n == 1 else 'get'} no answer and {'is' if n == 1 else 'are'} "
        "in the measures all the same: each counts with its forced choice, as does one that is not "
        "decided."
    )
