"""Students beside the same students without teachers: what distillation gains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mhkd.bundle import Bundle
from mhkd.metrics import pool_paired, say_difference

_STUDENTS = {"student_against_twin": "Student", "large_against_twin": "Larger student"}
_OF_SEEDS = "seeds_against_twin"


@dataclass(frozen=True)
class TwinComparison:
    """A student against its twin, on one set of posts.

    Attributes:
        student: which one, in words.
        protocol: how it was measured, in words.
        paired: as ``mhkd.metrics.compare_paired`` gives it, or of several seeds ``compare_seeds``.
        pooled: it goes into the row of all tasks; of a student that has a cross-validation that
            and not its test part, whose posts are in it.
    """

    task: str
    student: str
    protocol: str
    paired: Mapping[str, Any]
    pooled: bool


def collect_twins(bundle: Bundle) -> list[TwinComparison]:
    """Every comparison that a bundle holds: on its test part, then in its cross-validation."""
    task, report = bundle.manifest.name, bundle.crossval_report or {}
    on_test = bundle.manifest.metrics.get("comparison", {})
    found = [
        TwinComparison(task, title, "test part, one seed", on_test[name], name not in report)
        for name, title in _STUDENTS.items()
        if name in on_test
    ]
    if _OF_SEEDS in on_test:
        many = on_test[_OF_SEEDS]
        protocol = f"test part, mean of {' and '.join(map(str, many['seeds']))} seeds"
        found.insert(1, TwinComparison(task, "Student", protocol, many, pooled=False))
    return found + [
        TwinComparison(
            task, title, f"pooled over {report['folds']} folds", report[name], pooled=True
        )
        for name, title in _STUDENTS.items()
        if name in report
    ]


def tell_twins(found: Sequence[TwinComparison]) -> str:
    """A table of all comparisons, and for each student one of all posts together, as Markdown."""
    if not found:
        return ""
    rows = [*found, *(row for title in _STUDENTS.values() for row in _pool(found, title))]
    head = (
        "| task | student | protocol | n | only the student right | only its twin | McNemar p "
        "| accuracy |"
    )
    lines = [
        f"| {row.task} | {row.student} | {row.protocol} | {row.paired['n']:,} | {_counts(row)} "
        f"| {say_difference(row.paired)} |"
        for row in rows
    ]
    note = (
        "Intervals of single students: Agresti and Min; of means over seeds: bootstrap over posts, "
        "each with the answers of all seeds of both. Neither holds the choice of seeds."
    )
    title = "## Students against the same students without teachers"
    return "\n".join([title, "", head, "|---" * 8 + "|", *lines, "", note]) + "\n"


def _pool(found: Sequence[TwinComparison], student: str) -> list[TwinComparison]:
    chosen = [row for row in found if row.pooled and row.student == student]
    if len(chosen) < 2:
        return []
    pooled = pool_paired([row.paired for row in chosen])
    return [TwinComparison("all", student, "pooled", pooled, pooled=False)]


def _counts(row: TwinComparison) -> str:
    if "p" not in row.paired:
        return "– | – | –"
    return f"{row.paired['only_first']} | {row.paired['only_second']} | {row.paired['p']:.2g}"
