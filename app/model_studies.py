"""What was compared in making a bundle → rows of the page Models. Pure.

What the manifest does not hold gives no rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from app.wording import COMPARED_NAMES, say_share_of

if TYPE_CHECKING:
    from mhkd.analyser import Manifest

Row = tuple[str, ...]
RULES: Final[Mapping[str, str]] = {
    "mean": "plain mean",
    "log_loss": "weights of least log-loss",
    "confidence": "weights by confidence",
}
_VARIANTS: Final[Mapping[str, str]] = {
    "author_disjoint": "By nobody who wrote a training post",
    "no_near_duplicates": "Unlike every training post and every other test post",
}


def list_f1(metrics: Mapping[str, Any], labels: tuple[str, ...]) -> list[Row]:
    """Model, and F1 of each label with its interval."""
    rows = []
    for model in COMPARED_NAMES:
        found = metrics.get(model, {})
        if "f1_per_class" in found:
            pairs = zip(found["f1_per_class"], found["intervals"]["f1_per_class"], strict=True)
            told = [say_share_of(value, interval) for value, interval in pairs]
            if len(told) == len(labels):
                rows.append((COMPARED_NAMES[model], *told))
    return rows


def list_variants(
    metrics: Mapping[str, Any], *, authors: bool = True
) -> tuple[list[str], list[Row]]:
    """Heads with n, and for each model its accuracy on test posts without ties to training.

    Args:
        metrics: of the manifest.
        authors: the data told who wrote what.
    """
    kinds = {
        kind: found
        for kind, found in metrics.get("variants", {}).items()
        if found.get("models") and (authors or kind != "author_disjoint")
    }
    heads = [f"{_VARIANTS.get(kind, kind)}, n = {found['n']:,}" for kind, found in kinds.items()]
    rows = [
        (
            name,
            *(
                say_share_of(
                    found["models"][model]["accuracy"],
                    found["models"][model]["intervals"]["accuracy"],
                )
                for found in kinds.values()
            ),
        )
        for model, name in COMPARED_NAMES.items()
        if kinds and all(model in found["models"] for found in kinds.values())
    ]
    return heads, rows


def list_rules(data: Mapping[str, Any]) -> list[Row]:
    """Rules for the teachers' mean, with accuracy and log-loss on held-out training posts."""
    return [_compared(row["rule"], row) for row in data.get("validation", {}).get("mean_rules", [])]


def say_used_rule(manifest: Manifest) -> str:
    """How the teachers' answers become the student's soft targets, as the recipe has it."""
    rule = (manifest.recipe.get("student") or {}).get("soft_targets")
    if rule == "mean":
        return "The plain mean of all teaches the student, as in the paper."
    if rule not in RULES:
        return "Which of them teaches the student is not reported."
    return f"What teaches the student: {RULES[rule]}."


def list_emotion_parts(data: Mapping[str, Any]) -> list[Row]:
    """What each part of the emotion teacher reaches, also with shuffled emotions."""
    found = data.get("validation", {}).get("emotion_study", [])
    return [_compared(row["variant"], row) for row in found]


def list_losses(data: Mapping[str, Any]) -> list[Row]:
    """Other weights α, temperatures T and rules than the student's own, which is the first."""
    return [
        (
            f"{row['alpha']:g}",
            f"{row['T']:g}",
            RULES.get(row["rule"], row["rule"])
            + (", the paper’s CE + KL/C" if row.get("paper_loss") else ""),
            f"{100 * row['accuracy']:.1f} %",
            f"{row['log_loss']:.3f}",
        )
        for row in data.get("validation", {}).get("loss_study", [])
    ]


def say_overlap(students: Sequence[Mapping[str, Any]], metric: str) -> str:
    """Whether the intervals of all subsets overlap; empty where a bundle has none."""
    reaches = [student[metric].get("interval") for student in students]
    if not all(reaches):
        return ""
    if max(low for low, _ in reaches) <= min(high for _, high in reaches):
        return (
            " All these intervals overlap: so few posts do not tell which teachers a student needs."
        )
    return " Not all of these intervals overlap."


def count_posts(rows: list[Mapping[str, Any]]) -> str:
    """On how many posts rows were measured."""
    counts = sorted({row["n"] for row in rows if "n" in row})
    return f"On {counts[-1]:,} held-out training posts, with 95 % intervals." if counts else ""


def _compared(name: str, row: Mapping[str, Any]) -> Row:
    share = say_share_of(row["accuracy"], row["interval"])
    return (f"{name[:1].upper()}{name[1:]}", share, f"{row['log_loss']:.3f}")
