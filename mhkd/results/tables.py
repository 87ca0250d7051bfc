"""Rows as CSV, Markdown and a figure. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from mhkd.metrics import METRIC_TITLES, say_error
from mhkd.results.rows import METRICS, OURS, Row, Value

_SHARES = ("accuracy", "f1_macro", "f1_weighted")
_LIMIT = "ece_if_calibrated"
_COLOURS = {True: "#c07a24", False: "#7a8791"}


def build_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """One line for each row, with value, interval and spread of every metric as numbers."""
    lines = []
    for row in rows:
        line = {
            "task": row.task,
            "model": row.model,
            "origin": row.origin,
            "protocol": row.protocol,
            "n": row.n,
            "seeds": row.seeds,
        }
        for name in _list_metrics(rows):
            found = row.values.get(name)
            for part in ("value", "low", "high", "sd"):
                key = name if part == "value" else f"{name}_{part}"
                line[key] = None if found is None else getattr(found, part)
        lines.append(line)
    return pd.DataFrame(lines)


def _list_metrics(rows: Sequence[Row]) -> list[str]:
    """The usual ones first, then what single rows have beside them."""
    return list(dict.fromkeys([*METRICS, *(name for row in rows for name in row.values)]))


def build_markdown(rows: Sequence[Row], source: str) -> str:
    """A table for each task, with what brackets and ± mean, and where the published rows stand.

    A second table of each task holds the F1 of each label.
    """
    parts = []
    for task in dict.fromkeys(row.task for row in rows):
        chosen = [row for row in rows if row.task == task]
        head = f"| model | protocol | n | {' | '.join(METRIC_TITLES.values())} |"
        lines = [
            f"| {row.model}{'' if row.origin == OURS else ' (published)'} | {row.protocol} "
            f"| {'–' if row.n is None else row.n} "
            f"| {' | '.join(_cell(row, name) for name in METRICS)} |"
            for row in chosen
        ]
        rule = "|---" * (len(METRICS) + 3) + "|"
        parts.append("\n".join([f"## {task}", "", head, rule, *lines]))
        parts.append(_build_beside(chosen))
    note = (
        "In brackets 95 % intervals (accuracy: Wilson; else bootstrap over posts, of a mean over "
        "seeds where there are several); ± is the standard deviation over seeds. Published rows "
        "are single runs without interval in the paper; theirs is Wilson's for the n that the "
        f"shares imply. Source: {source}. Beside an ECE stands the limit that 95 % of perfectly "
        "calibrated models with the same confidences stay below; > marks an ECE above it."
    )
    return "\n\n".join([*parts, note]) + "\n"


def _build_beside(rows: Sequence[Row]) -> str:
    names = [name for name in _list_metrics(rows) if name not in (*METRICS, _LIMIT)]
    titles = [name.replace("f1: ", "F1 of ") for name in names]
    lines = [
        f"| {row.model}{'' if row.origin == OURS else ' (published)'} | {row.protocol} "
        f"| {' | '.join(_cell(row, name) for name in names)} |"
        for row in rows
        if any(name in row.values for name in names)
    ]
    head = f"| model | protocol | {' | '.join(titles)} |"
    return "\n".join([head, "|---" * (len(names) + 2) + "|", *lines])


def build_curves(metrics: Mapping[str, Any]) -> pd.DataFrame:
    """Reliability bins and risk–coverage of every model that has them, a line for each point.

    Args:
        metrics: of a manifest.

    Returns:
        ``model``, ``curve``, ``x`` (confidence or coverage), ``y`` (accuracy or risk), its 95 %
        interval ``low`` and ``high`` for a bin, its ``n``, and the ``threshold`` for a coverage.
    """
    lines = []
    for model, found in metrics.items():
        if not isinstance(found, Mapping):
            continue
        for part in found.get("reliability", ()):
            of_bin = part["accuracy"]
            limits = {"low": of_bin["low"], "high": of_bin["high"], "n": part["n"]}
            point = {"x": part["confidence"], "y": of_bin["value"]}
            lines.append({"model": model, "curve": "reliability", **point, **limits})
        curve = found.get("risk_coverage")
        if curve:
            columns = (curve[name] for name in ("coverage", "risk", "thresholds"))
            for x, y, threshold in zip(*columns, strict=True):
                point = {"x": x, "y": y, "threshold": threshold}
                lines.append({"model": model, "curve": "risk_coverage", **point})
    names = ["model", "curve", "x", "y", "low", "high", "n", "threshold"]
    return pd.DataFrame(lines, columns=names)


def draw_rows(rows: Sequence[Row], metric: str = "accuracy") -> go.Figure:
    """One task's models as points with their intervals, ours and the published ones apart."""
    known = [row for row in rows if metric in row.values][::-1]
    figure = go.Figure()
    for ours in (True, False):
        chosen = [row for row in known if (row.origin == OURS) == ours]
        found = [row.values[metric] for row in chosen]
        figure.add_scatter(
            x=[100 * value.value for value in found],
            y=[row.model for row in chosen],
            mode="markers",
            name="measured here" if ours else "published, single runs",
            marker={"size": 9, "color": _COLOURS[ours], "symbol": "circle" if ours else "diamond"},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [100 * (_reach(value)[1] - value.value) for value in found],
                "arrayminus": [100 * (value.value - _reach(value)[0]) for value in found],
                "thickness": 1.3,
            },
        )
    figure.update_layout(
        height=80 + 30 * len(known),
        margin={"l": 10, "r": 20, "t": 30, "b": 40},
        template="plotly_white",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        yaxis={"categoryorder": "array", "categoryarray": [row.model for row in known]},
        xaxis={"title": f"{METRIC_TITLES[metric]}, %"},
    )
    return figure


def _reach(value: Value) -> tuple[float, float]:
    if value.low is not None and value.high is not None:
        return value.low, value.high
    spread = value.sd or 0.0
    return value.value - spread, value.value + spread


def _cell(row: Row, metric: str) -> str:
    found = row.values.get(metric)
    if found is None:
        return "–"
    if metric == "ece" and _LIMIT in row.values:
        return say_error({name: row.values[name].value for name in ("ece", _LIMIT)})
    scale, digits = (100, 1) if metric in _SHARES or metric.startswith("f1: ") else (1, 3)
    told = f"{scale * found.value:.{digits}f}"
    if found.low is not None and found.high is not None:
        told += f" [{scale * found.low:.{digits}f}, {scale * found.high:.{digits}f}]"
    if found.sd is not None:
        told += f" ± {scale * found.sd:.{digits}f}"
    return told
