"""The rows of a results table, from a bundle's manifest and from the paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

from mhkd.bundle import Bundle
from mhkd.manifest import Manifest, knows_authors
from mhkd.metrics import wilson

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
_VARIANTS = {
    "author_disjoint": "test posts by nobody who wrote a training post",
    "no_near_duplicates": "test posts unlike every training and other test post",
}


@dataclass(frozen=True)
class Value:
    """A measured share or loss with its 95 % interval, and its spread over seeds if there are any.

    Attributes:
        low, high: the interval; None where none is known. The ECE has none: redrawn posts have a
            larger one than the posts themselves, also in bundles that still hold percentiles.
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
        n: posts it was measured on; None where that is not known.
        seeds: trainings that ``values`` are the mean of.
        values: metric → value; a metric that is not known is absent. Beside ``METRICS``
            ``ece_if_calibrated``, below which 95 % of calibrated models lie, and ``f1: LABEL``.
    """

    task: str
    model: str
    origin: str
    protocol: str
    n: int | None
    seeds: int
    values: Mapping[str, Value]


def collect_rows(bundle: Bundle) -> list[Row]:
    """All models of a bundle, its students of every subset, and the published rows of its task.

    Models that were trained anew in every fold of a cross-validation stand there too, where the
    bundle has its report.
    """
    manifest, metrics = bundle.manifest, bundle.manifest.metrics
    rows = [
        _row(manifest, title, metrics[name], "test part, one seed")
        for name, title in _titles(manifest).items()
        if name in metrics
    ]
    rows += _subset_rows(manifest)
    rows += _pooled_rows(manifest, bundle.crossval_report)
    return rows + read_published(manifest.name)


def collect_variants(bundle: Bundle) -> list[Row]:
    """All models of a bundle on the stricter choices of its test posts."""
    manifest = bundle.manifest
    variants = manifest.metrics.get("variants", {})
    return [
        _row(manifest, title, found["models"][name], _VARIANTS.get(kind, kind))
        for kind, found in variants.items()
        for name, title in _titles(manifest).items()
        if name in found["models"] and (kind != "author_disjoint" or knows_authors(manifest.data))
    ]


def read_published(task: str) -> list[Row]:
    """The paper's rows for a task; empty for a task that it does not have.

    The interval of the accuracy is Wilson's for the n that the shares imply. A row that the paper
    cites from elsewhere has no n and no interval.
    """
    found = _read_file()["tasks"].get(task)
    if found is None:
        return []
    rows = []
    for row in found["rows"]:
        values = {name: Value(row[name] / 100) for name in METRICS if name in row}
        values |= {f"f1: {label}": Value(share / 100) for label, share in row.get("f1", {}).items()}
        n = row.get("n", found["n"])
        if "accuracy" in values and n is not None:
            share = values["accuracy"].value
            values["accuracy"] = Value(share, *wilson(round(share * n), n))
        protocol = row.get("protocol", found["protocol"])
        rows.append(Row(task, row["model"], PUBLISHED, protocol, n, 1, values))
    return rows


def published_source() -> str:
    """Where the published rows stand, and how their runs were chosen."""
    content = _read_file()
    return f"{content['source'].strip()}; {content['chosen'].strip()}"


def _read_file() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(
        (files("mhkd.results") / "published.yaml").read_text("utf-8")
    )
    return content


def _titles(manifest: Manifest) -> Mapping[str, str]:
    """Model → its name, which says what a probed text teacher is."""
    probed = manifest.recipe.get("text", {}).get("probe") is not None
    told = "Text teacher (frozen encoder, logistic regression)" if probed else _TITLES["text"]
    return {**_TITLES, "text": told}


def _row(manifest: Manifest, title: str, found: Mapping[str, Any], protocol: str) -> Row:
    none = (None, None)
    limits = {**found["intervals"], "ece": none}  # it has a limit, see ece_if_calibrated
    values = {
        name: Value(found[name], *limits.get(name, none)) for name in METRICS if name in found
    }
    if "f1_per_class" in found:
        of_class = limits.get("f1_per_class", [none] * len(manifest.labels))
        of_labels = zip(manifest.labels, found["f1_per_class"], of_class, strict=True)
        values |= {f"f1: {label}": Value(share, *reach) for label, share, reach in of_labels}
    if "ece_if_calibrated" in found:
        values["ece_if_calibrated"] = Value(found["ece_if_calibrated"])
    return Row(manifest.name, title, OURS, protocol, int(found["n"]), 1, values)


def _pooled_rows(manifest: Manifest, report: Mapping[str, Any] | None) -> list[Row]:
    if report is None:
        return []
    protocol = f"pooled over {report['folds']} folds, trained anew in each, one seed a fold"
    return [
        _row(manifest, f"{title}, {report['folds']} folds", report["metrics"][name], protocol)
        for name, title in _titles(manifest).items()
        if name in report["metrics"]
    ]


def _subset_rows(manifest: Manifest) -> list[Row]:
    found = manifest.metrics.get("subsets")
    if not found:
        return []
    n = int(manifest.metrics["student"]["n"])
    rows = []
    for row in found["students"]:
        seeds = len(row["seeds"])
        values = {name: _as_value(name, row[name]) for name in METRICS if name in row}
        title = f"Student of {' + '.join(row['teachers']) or 'no teacher'}"
        protocol = f"test part, mean of {seeds} seeds"
        rows.append(Row(manifest.name, title, OURS, protocol, n, seeds, values))
    return rows


def _as_value(name: str, found: Mapping[str, Any]) -> Value:
    low, high = (None if name == "ece" else found.get("interval")) or (None, None)
    return Value(found["mean"], low, high, found["sd"])
