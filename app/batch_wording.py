"""A batch in plain words. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from typing import Final

import numpy as np

from app.wording import MODEL_NAMES, say_finding, say_interval
from mhkd.batch.curves import Estimate
from mhkd.batch.output import collect_answers
from mhkd.batch.posts import Doubt
from mhkd.batch.run import BatchRun, Probabilities
from mhkd.batch.sounds import RowSound
from mhkd.batch.table import RowFault

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


def say_answers(run: BatchRun, probabilities: Probabilities, sources: Mapping[str, str]) -> str:
    """How many posts resemble what."""
    answered = ~np.isnan(probabilities).any(1)
    n = int(answered.sum())
    if not n:
        return "No row was answered."
    counts = np.bincount(probabilities[answered].argmax(1), minlength=len(run.labels))
    parts = [
        f"{count:,} ({100 * count / n:.1f} %) resemble posts from {sources.get(label, label)}"
        for label, count in zip(run.labels, counts, strict=True)
    ]
    return f"Of {n:,} posts that were answered, {'; '.join(parts)}."


def say_faults(faults: Mapping[int, RowFault]) -> str:
    """How many rows got no answer, and why."""
    if not faults:
        return "Every row can be read."
    counts = Counter(_CODES.get(fault.code, fault.code) for fault in faults.values())
    rows = "1 row gets" if len(faults) == 1 else f"{len(faults):,} rows get"
    told = ", ".join(f"{reason}: {count:,}" for reason, count in counts.most_common())
    return f"{rows} no answer ({told})."


def say_doubts(doubts: Mapping[int, Doubt]) -> str | None:
    """How many rows are answered with a limit; None where none is."""
    if not doubts:
        return None
    counts = Counter(code for doubt in doubts.values() for code in doubt.codes)
    told = ", ".join(f"{say_finding(code).lower()}: {n:,}" for code, n in counts.most_common())
    alone = sum(doubt.withheld for doubt in doubts.values())
    rows = "1 row limits" if len(doubts) == 1 else f"{len(doubts):,} rows limit"
    return (
        f"The text of {rows} its answer ({told}). For {alone:,} of them the page Analyse would "
        "give none; here each is a forced choice, and the files mark it as withheld."
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
        "Their numbers mean little: the page Analyse would give no answer, and the files mark them "
        "as withheld."
    )


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
    if findings:
        each = ", ".join(f"{say_finding(code).lower()}: {n:,}" for code, n in findings.items())
        told += f"Told of those heard: {each}. "
    if "teachers" in collect_answers(run):
        told += "The teachers’ mean of a row is that of the teachers that answered it."
    return told.strip()


def say_sound(sound: RowSound | None) -> str:
    """Where the sound of one row came from."""
    if sound is None:
        return ""
    return f"{sound.origin} ({sound.heard_s:.0f} s)" if sound.heard_s else sound.origin


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
            say_interval(found, "ece"),
            f"{100 * float(str(found['ece_if_calibrated'])):.1f} %",
            say_interval(found, "brier", percent=False),
        )
        for model, found in metrics.items()
    ]


def say_measured(n: int, unlabelled: int, resamples: int) -> str:
    """On what the metrics rest."""
    told = f"On {n:,} rows that have a label of this bundle and an answer of every model"
    none = "1 row has none" if unlabelled == 1 else f"{unlabelled:,} rows have none"
    told += f"; {none}. " if unlabelled else ". "
    told += (
        "In brackets 95 % intervals: Wilson’s for the accuracy, else a bootstrap over posts "
        f"({resamples:,} resamples). ECE has ten bins of equal mass; beside it the 95th "
        f"percentile of what a perfectly calibrated model would show on {n:,} such posts."
    )
    return f"{told} {SHORT}" if n < _FEW else told
