"""The rows of a results table, from a bundle's manifest and from the paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml
from scipy.stats import binomtest

from mhkd.bundle import Bundle
from mhkd.manifest import Manifest

METRICS = ("accuracy", "f1_macro", "f1_weighted", "auc", "ece", "brier")
OURS, PUBLISHED = "measured here", "published"
_TITLES: Mapping[str, str] = {
    "tf_idf_linear": "TF-IDF and linear model",
    "text": "Text teacher",
    "audio": "Audio teacher",
    "emotion": "Emotion teacher",
    "teachers": "Teachers' mean",
    "student_without_teachers": "Student without teachers",
    "student": "Student",
    "student_large_without_teachers": "Larger student without teachers",
    "student_large": "Larger student",
}


@dataclass(frozen=True)
class Value:
    """A measured share or loss with its 95 % interval, and its spread over seeds if there are any.

    Attributes:
        low, high: the interval; None where none is known.
        sd: standard deviation over ``Row.seeds`` seeds; None with one.
    """

    value: float
    low: float | None = None
    high: float | None = None
    sd: float | None = None


@dataclass(frozen=True)
class Row:
    """One model on one task.

    Attributes:
        origin: ``measured here`` or ``published``.
        protocol: how it was measured, in words.
        n: posts it was measured on.
        seeds: trainings that ``values`` are the mean of.
        values: metric → value; a metric that is not known is absent.
    """

    task: str
    model: str
    origin: str
    protocol: str
    n: int
    seeds: int
    values: Mapping[str, Value]


def collect_rows(bundle: Bundle) -> list[Row]:
    """All models of a bundle, its students of every subset, and the published rows of its task.

    Models that were trained anew in every fold of a cross-validation stand there too, where the
    bundle has its report.
    """
    manifest, metrics = bundle.manifest, bundle.manifest.metrics
    rows = [
        _row(manifest, title, metrics[name]) for name, title in _TITLES.items() if name in metrics
    ]
    rows += _subset_rows(manifest)
    rows += _pooled_rows(manifest.name, bundle.crossval_report)
    return rows + read_published(manifest.name)


@dataclass(frozen=True)
class TwinComparison:
    """The student against the same student without teachers, on one task.

    Attributes:
        protocol: how it was measured, in words.
        paired: as ``mhkd.metrics.compare_paired`` gives it.
    """

    task: str
    protocol: str
    paired: Mapping[str, Any]


def find_comparison(bundle: Bundle) -> TwinComparison | None:
    """From the cross-validation where the bundle has one, else from the test part."""
    manifest, report = bundle.manifest, bundle.crossval_report
    if report is not None:
        protocol = f"pooled over {report['folds']} folds"
        return TwinComparison(manifest.name, protocol, report["student_against_twin"])
    found = manifest.metrics.get("comparison", {}).get("student_against_twin")
    return None if found is None else TwinComparison(manifest.name, "test part", found)


def read_published(task: str) -> list[Row]:
    """The paper's rows for a task; empty for a task that it does not have.

    The interval of the accuracy is Wilson's for the n that the shares imply.
    """
    content: dict[str, Any] = yaml.safe_load(
        (files("mhkd.results") / "published.yaml").read_text("utf-8")
    )
    found = content["tasks"].get(task)
    if found is None:
        return []
    n = int(found["n"])
    rows = []
    for row in found["rows"]:
        values = {name: Value(row[name] / 100) for name in METRICS if name in row}
        interval = binomtest(round(values["accuracy"].value * n), n).proportion_ci(method="wilson")
        values["accuracy"] = Value(values["accuracy"].value, interval.low, interval.high)
        rows.append(Row(task, row["model"], PUBLISHED, found["protocol"], n, 1, values))
    return rows


def published_source() -> str:
    """Where the published rows stand."""
    content: dict[str, Any] = yaml.safe_load(
        (files("mhkd.results") / "published.yaml").read_text("utf-8")
    )
    return str(content["source"]).strip()


def _row(manifest: Manifest, title: str, found: Mapping[str, Any]) -> Row:
    values = {
        name: Value(found[name], *found["intervals"][name]) for name in METRICS if name in found
    }
    return Row(manifest.name, title, OURS, "test part, one seed", int(found["n"]), 1, values)


def _pooled_rows(task: str, report: Mapping[str, Any] | None) -> list[Row]:
    if report is None:
        return []
    protocol = f"pooled over {report['folds']} folds, trained anew in each, one seed a fold"
    rows = []
    for name, title in _TITLES.items():
        found = report["metrics"].get(name)
        if found is not None:
            values = {
                key: Value(found[key], *found["intervals"][key]) for key in METRICS if key in found
            }
            title = f"{title}, {report['folds']} folds"
            rows.append(Row(task, title, OURS, protocol, int(found["n"]), 1, values))
    return rows


def _subset_rows(manifest: Manifest) -> list[Row]:
    found = manifest.metrics.get("subsets")
    if not found:
        return []
    n = int(manifest.metrics["student"]["n"])
    rows = []
    for row in found["students"]:
        seeds = len(row["seeds"])
        values = {name: _as_value(row[name]) for name in METRICS if name in row}
        title = f"Student of {' + '.join(row['teachers']) or 'no teacher'}"
        protocol = f"test part, mean of {seeds} seeds"
        rows.append(Row(manifest.name, title, OURS, protocol, n, seeds, values))
    return rows


def _as_value(found: Mapping[str, Any]) -> Value:
    low, high = found.get("interval") or (None, None)
    return Value(found["mean"], low, high, found["sd"])
