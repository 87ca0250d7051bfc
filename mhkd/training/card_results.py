"""What a bundle reaches, as sections of its model card: the test part, a cross-validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mhkd.manifest import Manifest, knows_authors
from mhkd.metrics import METRIC_TITLES, is_off, say_difference, say_error

_NAMES = {
    "text": "Text teacher",
    "audio": "Audio teacher",
    "emotion": "Emotion teacher",
    "teachers": "Teachers' mean",
    "student": "Student",
    "student_without_teachers": "Same student, no distillation",
    "student_large": "Larger student",
    "student_large_without_teachers": "Larger student, no distillation",
    "tf_idf_linear": "TF-IDF + linear",
}

_ECE = (
    "ECE: ten bins of equal mass, without interval, as that of redrawn posts is larger; beside it "
    "the limit that 95 % of perfectly calibrated models with the same confidences stay below "
    "(> marks an ECE above it)."
)


def tell_results(manifest: Manifest) -> str:
    """Every model on the test part, and what was seen there beside it."""
    metrics = manifest.metrics
    n = metrics["student"]["n"]
    head, rule, rows = _table(metrics)
    return (
        f"## Results on the test part (n = {n})\n\n"
        "In brackets 95 % intervals: Wilson for the accuracy, else percentiles of 2,000 bootstrap "
        f"samples of the posts. One run; the shipped seed. {_ECE}\n\n"
        + "\n".join([head, rule, *rows])
        + f"\n\n{_tell_off(metrics)} "
        f"Majority class: {metrics['comparison']['majority_class']:.1%}. "
        + _tell_twins(metrics["comparison"])
        + "\n\n"
        + _f1_by_label(manifest)
        + _variants(manifest)
        + _sets(manifest)
        + _outside(manifest)
    )


def tell_crossval(report: Mapping[str, Any]) -> str:
    """What models trained anew in every fold reach, beginning with its heading."""
    metrics = report["metrics"]
    head, rule, rows = _table(metrics)
    return (
        f"## Cross-validation\n\nAll {metrics['student']['n']} posts, each by models that were "
        f"trained without its fold ({report['folds']} folds, column `{report['column']}`, one seed "
        "a fold): teachers, soft targets, students and temperatures anew. Numbers stand in "
        f"`reports/crossval.json`. {_ECE}\n\n"
        + "\n".join([head, rule, *rows])
        + f"\n\n{_tell_off(metrics)} "
        + _tell_twins(report)
    )


def _table(metrics: Mapping[str, Any]) -> tuple[str, str, list[str]]:
    titles = [f"{title} (limit)" if key == "ece" else title for key, title in METRIC_TITLES.items()]
    rows = [
        f"| {title} | " + " | ".join(_cell(metrics[name], key) for key in METRIC_TITLES) + " |"
        for name, title in _NAMES.items()
        if name in metrics
    ]
    return f"| model | {' | '.join(titles)} |", "|---" * (len(titles) + 1) + "|", rows


def _tell_off(metrics: Mapping[str, Any]) -> str:
    """Which models are worse calibrated than chance explains."""
    off = [
        f"{title} ({metrics[name]['ece']:.3f} > {metrics[name]['ece_if_calibrated']:.3f})"
        for name, title in _NAMES.items()
        if name in metrics and is_off(metrics[name])
    ]
    return f"ECE above its limit: {', '.join(off) or 'none'}."


def _tell_twins(compared: Mapping[str, Any]) -> str:
    told = [
        _tell_pair(title, compared[pair])
        for pair, title in (
            ("student_against_twin", "Student"),
            ("large_against_twin", "Larger student"),
        )
        if pair in compared
    ]
    of_seeds = compared.get("seeds_against_twin")
    if of_seeds:
        told.append(
            f"Students of {of_seeds['seeds'][0]} seeds against their {of_seeds['seeds'][1]} twins, "
            f"mean accuracy (paired bootstrap over posts; the choice of seeds is not in it): "
            f"{say_difference(of_seeds)}."
        )
    return " ".join(told)


def _tell_pair(title: str, paired: Mapping[str, Any]) -> str:
    return (
        f"{title} against its twin: {paired['only_first']} posts only the {title.lower()} gets "
        f"right, {paired['only_second']} only the twin (McNemar, exact, p = {paired['p']:.2f})"
        f"{_difference(paired)}."
    )


def _difference(paired: Mapping[str, Any]) -> str:
    return f"; accuracy {say_difference(paired)}" if "difference" in paired else ""


def _f1_by_label(manifest: Manifest) -> str:
    rows = [
        f"| {title} | "
        + " | ".join(
            f"{100 * value:.1f} [{100 * low:.1f}, {100 * high:.1f}]"
            for value, (low, high) in zip(
                found["f1_per_class"], found["intervals"]["f1_per_class"], strict=True
            )
        )
        + " |"
        for name, title in _NAMES.items()
        if "f1_per_class" in (found := manifest.metrics.get(name, {}))
    ]
    if not rows:
        return ""
    labels = " | ".join(manifest.labels)
    rule = "|---" * (len(manifest.labels) + 1) + "|"
    return "\n".join([f"F1 of each label:\n\n| model | {labels} |", rule, *rows]) + "\n\n"


def _sets(manifest: Manifest) -> str:
    settings, found = manifest.conformal, manifest.metrics.get("conformal")
    if settings is None or found is None:
        return ""
    return (
        f"Sets of labels (split conformal, {settings.coverage:.0%} promised, calibrated on "
        f"{settings.n} held-out training posts): {found['share']:.1%} "
        f"[{found['interval'][0]:.1%}, {found['interval'][1]:.1%}] of the test posts' sets hold "
        f"their label; {found['single']:.1%} hold one label only.\n\n"
    )


def _variants(manifest: Manifest) -> str:
    titles = {
        "author_disjoint": "by nobody who wrote a training post",
        "no_near_duplicates": "unlike every training post and every other test post",
    }
    kinds = {
        kind: found
        for kind, found in manifest.metrics.get("variants", {}).items()
        if found["models"] and (kind != "author_disjoint" or knows_authors(manifest.data))
    }
    if not kinds:
        return ""
    heads = [f"{titles[kind]} (n = {found['n']})" for kind, found in kinds.items()]
    rows = [
        f"| {title} | "
        + " | ".join(_cell(found["models"][name], "accuracy") for found in kinds.values())
        + " |"
        for name, title in _NAMES.items()
        if all(name in found["models"] for found in kinds.values())
    ]
    return (
        "Accuracy on the test posts that are\n\n"
        + "\n".join([f"| model | {' | '.join(heads)} |", "|---" * (len(kinds) + 1) + "|", *rows])
        + "\n\n"
    )


def _outside(manifest: Manifest) -> str:
    rates: dict[str, Any] = manifest.metrics.get("outside", {})
    skipped = max((kind["skip"] for kind in manifest.recipe["data"]["unfamiliar"]), default=0)
    rows = [
        f"| {name} | {rate['share']:.1%} [{rate['interval'][0]:.1%}, {rate['interval'][1]:.1%}] "
        f"| {rate['n']} |"
        for name, rate in rates.items()
        if rate["share"] is not None
    ]
    if not rows:
        return ""
    return (
        "Posts found to be outside what the model knows"
        + (
            f" (the test's form was chosen on {skipped} other posts of each kind)"
            if skipped
            else ""
        )
        + ":\n\n"
        "| posts | share outside | n |\n|---|---|---|\n" + "\n".join(rows)
    )


def _cell(values: Mapping[str, Any], key: str) -> str:
    if key == "ece":
        return say_error(values)
    low, high = values["intervals"][key]
    if key in ("brier", "auc"):
        return f"{values[key]:.3f} [{low:.3f}, {high:.3f}]"
    return f"{100 * values[key]:.1f} [{100 * low:.1f}, {100 * high:.1f}]"
