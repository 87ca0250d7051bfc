"""A bundle's manifest → the rows and sentences of the page Models. Pure.

A fact that the manifest does not hold is said to be missing; nothing is filled in here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from app.wording import COMPARED_NAMES, MODEL_NAMES, say_interval, say_rate
from mhkd.manifest import knows_authors
from mhkd.metrics import is_off, say_difference

if TYPE_CHECKING:
    from mhkd.analyser import Manifest

Row = tuple[str, ...]
METRICS: Final[Mapping[str, tuple[str, bool]]] = {
    "accuracy": ("Accuracy", True),
    "f1_macro": ("Macro-F1", True),
    "f1_weighted": ("Weighted F1", True),
    "auc": ("AUC", False),
    "ece": ("ECE", True),
    "brier": ("Brier score", False),
}
LOWER_IS_BETTER: Final = frozenset({"ece", "brier"})
_TWINS: Final = {"student_against_twin": "Student", "large_against_twin": "Larger student"}
ABSENT: Final = "–"
UNKNOWN: Final = "not known"


def find_measured(metrics: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Model → its metrics, in the order of the page."""
    return {name: metrics[name] for name in COMPARED_NAMES if name in metrics}


def list_results(metrics: Mapping[str, Any]) -> list[Row]:
    """One row for each model: all metrics with their intervals, the ECE with its limit."""
    return [
        (
            COMPARED_NAMES[name],
            *(say_interval(found, key, percent=unit) for key, (_, unit) in METRICS.items()),
        )
        for name, found in find_measured(metrics).items()
    ]


def say_results(metrics: Mapping[str, Any]) -> str:
    """On what the metrics were measured, and what chance would reach."""
    counts = sorted({found["n"] for found in find_measured(metrics).values()})
    told = [f"On {n:,} test posts." for n in counts]
    told.append(
        "In brackets 95 % intervals over the choice of test posts; of the ECE the limit that 95 % "
        "of perfectly calibrated models stay below (> where it is above)."
    )
    compared = metrics.get("comparison", {})
    if "majority_class" in compared:
        told.append(
            f"Always naming the more frequent label would reach "
            f"{100 * compared['majority_class']:.1f} %."
        )
    for key, name in _TWINS.items():
        if key in compared:
            told += _say_twin(name, compared[key])
    if many := compared.get("seeds_against_twin"):
        told.append(
            f"Mean accuracy of {many['seeds'][0]} students, of a seed each, against "
            f"{many['seeds'][1]} twins: {say_difference(many)}."
        )
    return " ".join(told)


def _say_twin(name: str, twin: Mapping[str, Any]) -> list[str]:
    told = [
        f"{name} against its twin without teachers: {twin['only_first']} posts only the "
        f"{name.lower()} gets right, {twin['only_second']} only the twin (McNemar, exact, "
        f"p = {twin['p']:.2f})."
    ]
    if "difference" in twin:
        told.append(f"Accuracy of the {name.lower()} against its twin: {say_difference(twin)}.")
    return told


def list_outside(metrics: Mapping[str, Any]) -> list[Row]:
    """Kinds of posts and how many of them are called outside what the model knows."""
    return [
        (name, say_rate(rate), f"{rate['n']:,}")
        for name, rate in metrics.get("outside", {}).items()
    ]


def list_parts(data: Mapping[str, Any]) -> list[Row]:
    """The parts of the data with posts, labels, authors and hash."""
    rows, told = [], knows_authors(data)
    for name in ("train", "test"):
        facts = data.get(name, {})
        labels = ", ".join(f"{label} {n:,}" for label, n in facts.get("labels", {}).items())
        rows.append(
            (
                name,
                _count(facts.get("posts")),
                labels or ABSENT,
                _count(facts.get("authors")) if told else UNKNOWN,
                f"{facts['sha256'][:16]}…" if "sha256" in facts else ABSENT,
            )
        )
    return rows


def list_leaks(data: Mapping[str, Any]) -> list[Row]:
    """What was looked for in the data before training, and how often it was found."""
    found = data.get("leaks")
    if not found:
        return []
    identical, near, told = found["identical"], found["near_duplicates"], knows_authors(data)
    return [
        ("Placeholder bodies", _count(sum(found["placeholder_bodies"].values()))),
        ("Identical posts within the training part", _count(identical["within_train"])),
        ("Test posts identical to a training post", _count(identical["across"])),
        ("Nearly identical posts within the training part", _count(near["within_train"])),
        ("Test posts nearly identical to a training post", _count(near["across"])),
        ("Authors on both sides", _count(found["authors_on_both_sides"]) if told else UNKNOWN),
        ("Test posts by them", _count(found["test_posts_by_them"]) if told else UNKNOWN),
    ]


def list_label_words(data: Mapping[str, Any]) -> list[Row]:
    """Posts of each label that name a label or its source."""
    words = data.get("leaks", {}).get("label_words", {})
    return [
        (f"“{label}” or its source is named", *(_count(n) for n in counts.values()))
        for label, counts in words.items()
    ]


def list_protocol(manifest: Manifest) -> list[Row]:
    """How the models were chosen and fitted."""
    data, seen = manifest.data, manifest.data.get("validation", {})
    rows = []
    if "folds" in data:
        told = f"{data['folds']} folds of the training part"
        told += "; one author’s posts in one fold" if knows_authors(data) else ""
        rows.append(("Choices", told))
        own = (manifest.recipe.get("student") or {}).get("validation_folds", data["folds"])
        tried = seen.get("student_candidates")
        if own < data["folds"] and tried:
            told = f"on {own} of these folds, {tried[0]['n']:,} posts"
            rows.append(("Student and temperatures of students", told))
    if note := manifest.recipe.get("selection_note"):
        rows.append(("About these choices", str(note)))
    held = seen.get("teachers_held_out_accuracy", {})
    rows += [
        (f"{MODEL_NAMES[name]}, held-out accuracy", f"{100 * value:.1f} %")
        for name, value in held.items()
    ]
    if "teachers_mean_held_out_accuracy" in seen:
        value = seen["teachers_mean_held_out_accuracy"]
        rows.append(("Teachers’ mean, held-out accuracy", f"{100 * value:.1f} %"))
    voices = seen.get("voices", {})
    if voices:
        told = ", ".join(f"{name} {count:,}" for name, count in voices.items())
        rows.append(("Voices that spoke the training posts", told))
    graph = seen.get("emotion_graph") or {}
    if graph:
        rows.append(("Words of the emotion graph", _count(graph.get("words"))))
        if "held_out_emotion_f1" in graph:
            rows.append(("Its emotions, held-out micro-F1", f"{graph['held_out_emotion_f1']:.2f}"))
    seed = manifest.recipe.get("seed")
    return rows if seed is None else [*rows, ("Seed", str(seed))]


def list_candidates(data: Mapping[str, Any]) -> list[Row]:
    """The students that were tried on held-out posts."""
    seen = data.get("validation", {})
    rows = [
        (
            f"{tried['backbone']}, {tried['layers']} layers, {tried['frozen_layers']} frozen"
            + (f", adapters of rank {tried['lora_rank']}" if tried.get("lora_rank") else ""),
            f"{100 * tried['accuracy']:.1f} %",
            f"{tried['log_loss']:.3f}",
            f"{tried['n']:,}",
        )
        for tried in seen.get("student_candidates", [])
        if {"backbone", "accuracy", "log_loss"} <= set(tried)
    ]
    plain = seen.get("student_without_teachers")
    if rows and plain:
        told = (f"{100 * plain['accuracy']:.1f} %", f"{plain['log_loss']:.3f}", f"{plain['n']:,}")
        rows.append(("The chosen one without teachers", *told))
    large = seen.get("student_large") or {}
    for key, name in (
        ("distilled", "Larger student"),
        ("without_teachers", "Larger student without teachers"),
    ):
        if found := large.get(key):
            share = f"{100 * found['accuracy']:.1f} %"
            rows.append((name, share, f"{found['log_loss']:.3f}", f"{found['n']:,}"))
    return rows


def list_calibration(manifest: Manifest) -> list[Row]:
    """Model → temperature, ECE, and what a calibrated model would show."""
    temperatures = {
        name: getattr(getattr(manifest, name, None), "temperature", None)
        for name in ("text", "audio", "emotion", "student", "student_large")
    }
    rows = []
    for name, found in find_measured(manifest.metrics).items():
        limit, heat = found.get("ece_if_calibrated"), temperatures.get(name)
        rows.append(
            (
                COMPARED_NAMES[name],
                ABSENT if heat is None else f"{heat:.2f}",
                ABSENT if "ece" not in found else f"{100 * found['ece']:.1f} %",
                ABSENT
                if limit is None
                else f"up to {100 * limit:.1f} %{', exceeded' if is_off(found) else ''}",
                say_interval(found, "brier", percent=False),
            )
        )
    return rows


def say_sets(manifest: Manifest) -> str:
    """What the sets of labels promise, and what they gave on test posts."""
    settings = getattr(manifest, "conformal", None)
    if settings is None:
        return "This bundle has no sets of labels (split conformal)."
    told = (
        f"Sets of labels (split conformal): a label belongs to the set from a probability of "
        f"{settings.least_probability:.3f} on, found on {settings.n:,} held-out training posts so "
        f"that {100 * settings.coverage:.0f} % of sets hold the right label."
    )
    found = manifest.metrics.get("conformal")
    if found:
        told += (
            f" On {found['n']:,} test posts {say_rate(found)} did; "
            f"{100 * found['single']:.1f} % of the sets hold one label only."
        )
    return (
        f"{told} The promise holds for posts like those, on average over them, and not for "
        "another site, time or group."
    )


def name_subset(teachers: Sequence[str]) -> str:
    """A set of teachers as it is said."""
    return " + ".join(teachers) if teachers else "no teacher"


def list_subsets(metrics: Mapping[str, Any]) -> list[Row]:
    """The students of every subset of the teachers: mean and deviation over seeds."""
    rows = []
    for student in metrics.get("subsets", {}).get("students", []):
        seeds = len(student.get("seeds", ()))
        rows.append((name_subset(student["teachers"]), str(seeds), *_spreads(student)))
    return rows


def _spreads(student: Mapping[str, Any]) -> list[str]:
    return [
        _spread(student.get(key), unit, interval=key != "ece")
        for key, (_, unit) in SUBSET_METRICS.items()
    ]


SUBSET_METRICS: Final = {name: METRICS[name] for name in METRICS if name != "f1_weighted"}


def _spread(found: Mapping[str, Any] | None, percent: bool, *, interval: bool) -> str:
    if not found:
        return ABSENT
    factor, digits = (100, 1) if percent else (1, 3)
    told = f"{factor * found['mean']:.{digits}f}"
    if found.get("sd") is not None:
        told += f" ± {factor * found['sd']:.{digits}f}"
    if interval and found.get("interval"):
        low, high = (f"{factor * value:.{digits}f}" for value in found["interval"])
        told += f" ({low}–{high})"
    return told


def _count(value: int | None) -> str:
    return ABSENT if value is None else f"{value:,}"
