"""What was compared on held-out training posts, beside what ships: as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mhkd.manifest import Manifest
from mhkd.metrics import compare_shares, wilson

_HEAD = (
    "| compared | accuracy | log-loss | gain in accuracy, points | gain in log-loss |\n"
    "|---|---|---|---|---|"
)
_NOTE = (
    "Brackets: Wilson; of a gain Newcombe's for two independent samples, as the answers to single "
    "posts are not kept: too wide for models that mostly agree on the same posts. A gain in "
    "log-loss is a smaller one."
)
_RULES = {"mean": "plain mean", "log_loss": "weights of least log-loss", "confidence": "confidence"}


@dataclass(frozen=True)
class _Tried:
    name: str
    accuracy: float
    log_loss: float
    n: int


def tell_levers(manifest: Manifest) -> str:
    """A table for each comparison of a bundle, the row that ships first; empty without any."""
    seen = manifest.data.get("validation", {})
    tables = [
        table
        for title, rows in (
            ("The teachers' mean", _list_rules(seen)),
            ("The emotion teacher's parts", _list_parts(seen)),
            ("The student", _list_students(seen)),
            ("The larger student", _list_large(seen)),
            ("The student's loss, all without masked copies, one seed", _list_losses(seen)),
        )
        if (table := _build_table(title, rows))
    ]
    if not tables:
        return ""
    head = f"## {manifest.name}: compared on held-out training posts"
    return "\n\n".join([head, *tables, _NOTE]) + "\n"


def _build_table(title: str, rows: Sequence[_Tried]) -> str:
    if len(rows) < 2:
        return ""
    own, *others = rows
    first = f"| **{own.name}** | **{_accuracy(own)}** | **{own.log_loss:.3f}** | – | – |"
    lines = [
        f"| {row.name} | {_accuracy(row)} | {row.log_loss:.3f} | {_gain(row, own)} "
        f"| {_sign(own.log_loss - row.log_loss, 3)} |"
        for row in others
    ]
    return "\n".join([f"{title} (n = {own.n:,}):", "", _HEAD, first, *lines])


def _accuracy(row: _Tried) -> str:
    right = round(row.accuracy * row.n)
    low, high = wilson(right, row.n)
    return f"{100 * row.accuracy:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def _gain(row: _Tried, own: _Tried) -> str:
    found = compare_shares(row.accuracy, own.accuracy, row.n)
    low, high = (_sign(100 * value, 1) for value in found["interval"])
    return f"{_sign(100 * found['difference'], 1)} [{low}, {high}]"


def _sign(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")


def _list_rules(seen: Mapping[str, Any]) -> list[_Tried]:
    return [_read(row["rule"], row) for row in seen.get("mean_rules") or ()]


def _list_parts(seen: Mapping[str, Any]) -> list[_Tried]:
    rows = [_read(row["variant"], row) for row in seen.get("emotion_study") or ()]
    whole = "contexts and graph" if any("contexts" in row.name for row in rows) else "graph"
    return sorted(rows, key=lambda row: row.name != whole)  # stable: the others as they stood


def _list_students(seen: Mapping[str, Any]) -> list[_Tried]:
    candidates = seen.get("student_candidates") or []
    rows = [
        _read(
            f"{row['backbone']}, {row['layers']} layers, {row['frozen_layers']} frozen, "
            + (f"adapters of rank {rank}" if (rank := row.get("lora_rank")) else "all weights"),
            row,
        )
        for row in candidates
    ]
    rows.sort(key=lambda row: row.log_loss)
    plain = seen.get("student_without_teachers")
    return [*rows, _read("the first without teachers", plain)] if rows and plain else rows


def _list_large(seen: Mapping[str, Any]) -> list[_Tried]:
    found = seen.get("student_large")
    if not found:
        return []
    return [
        _read("distilled", found["distilled"]),
        _read("without teachers", found["without_teachers"]),
    ]


def _list_losses(seen: Mapping[str, Any]) -> list[_Tried]:
    return [_read(_name_loss(row), row) for row in seen.get("loss_study") or ()]


def _name_loss(row: Mapping[str, Any]) -> str:
    rule = _RULES.get(row["rule"], row["rule"])
    if row.get("paper_loss"):
        return f"the paper's CE + KL/C, {rule}"
    return f"α = {row['alpha']:g}, T = {row['T']:g}, {rule}"


def _read(name: str, row: Mapping[str, Any]) -> _Tried:
    return _Tried(name, row["accuracy"], row["log_loss"], row["n"])
