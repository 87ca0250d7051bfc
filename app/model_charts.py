"""A bundle's metrics → Plotly figures and their numbers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from app.batch_numbers import Numbers
from app.charts import CLEAR, ZERO_LINE, name_rows, set_frame
from app.model_facts import METRICS, find_measured, name_subset
from app.theme import AWAY, NEUTRAL, STUDENT, TOWARD
from app.wording import COMPARED_NAMES, MODEL_NAMES, signed
from mhkd.batch.curves import Bin, Estimate, RiskCoverage

Shares = Mapping[str, Mapping[str, float | None]]  # teacher → mean and sd over seeds


def draw_metric(metrics: Mapping[str, Any], metric: str) -> go.Figure:
    """One metric of every model with its interval; the student stands out.

    The ECE has a line at its limit instead.
    """
    measured = find_measured(metrics)
    names = [COMPARED_NAMES[name] for name in measured]
    values = [found[metric] for found in measured.values()]
    bounds = [_reach(found, metric) for found in measured.values()]
    figure = go.Figure(
        go.Scatter(
            x=values,
            y=names,
            mode="markers",
            cliponaxis=False,
            marker={
                "size": [15 if name == "student" else 11 for name in measured],
                "color": [STUDENT if name == "student" else NEUTRAL for name in measured],
                "symbol": ["diamond" if name == "teachers" else "circle" for name in measured],
            },
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [b[1] - v if b else 0 for b, v in zip(bounds, values, strict=True)],
                "arrayminus": [v - b[0] if b else 0 for b, v in zip(bounds, values, strict=True)],
                "color": NEUTRAL,
                "thickness": 1.6,
            },
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
    )
    if metric == "ece":
        _mark_limits(figure, measured)
    set_frame(figure, height=80 + 38 * len(names), bottom=50)
    name_rows(figure, names[::-1])
    title, percent = METRICS[metric]
    figure.update_xaxes(
        fixedrange=True, zeroline=False, title={"text": title, "standoff": 8},
        tickformat=".0%" if percent else ".2f",
    )  # fmt: skip
    return figure


def list_metric(metrics: Mapping[str, Any], metric: str) -> Numbers:
    """What ``draw_metric`` shows."""
    rows = []
    for name, found in find_measured(metrics).items():
        low, high = _reach(found, metric) or (None, None)
        beside = (found.get("ece_if_calibrated"),) if metric == "ece" else (low, high)
        rows.append((COMPARED_NAMES[name], found["n"], found[metric], *beside))
    heads = ("limit if calibrated",) if metric == "ece" else ("low", "high")
    return Numbers(("model", "n", metric, *heads), rows)


def _reach(found: Mapping[str, Any], metric: str) -> tuple[float, float] | None:
    """The interval of a metric; the ECE, whose redrawn values are larger, has none."""
    kept = None if metric == "ece" else found.get("intervals", {}).get(metric)
    return None if kept is None else (kept[0], kept[1])


def _mark_limits(figure: go.Figure, measured: Mapping[str, Mapping[str, Any]]) -> None:
    """Below its line 95 % of perfectly calibrated models lie."""
    limits = {
        COMPARED_NAMES[name]: found["ece_if_calibrated"]
        for name, found in measured.items()
        if "ece_if_calibrated" in found
    }
    figure.add_scatter(
        x=list(limits.values()),
        y=list(limits),
        mode="markers",
        marker={"size": 18, "symbol": "line-ns-open", "color": NEUTRAL, "line": {"width": 2}},
        hovertemplate="%{y}, limit if calibrated: %{x:.3f}<extra></extra>",
    )


def read_bins(found: Mapping[str, Any]) -> list[Bin]:
    """The bins of a model's reliability diagram, empty where the bundle has none."""
    return [
        Bin(part["n"], part["confidence"], Estimate(**part["accuracy"]))
        for part in found.get("reliability", [])
    ]


def read_risk(found: Mapping[str, Any]) -> RiskCoverage | None:
    """A model's risk over coverage; None where the bundle has none."""
    kept = found.get("risk_coverage")
    if not kept:
        return None
    points = (np.array(kept[name], float) for name in ("coverage", "risk", "thresholds"))
    return RiskCoverage(*points, kept["area"])


def draw_subsets(students: Sequence[Mapping[str, Any]], metric: str) -> go.Figure:
    """The students of every subset: a dot for each seed, a diamond for their mean."""
    names = [name_subset(student["teachers"]) for student in students]
    figure = go.Figure()
    for name, student in zip(names, students, strict=True):
        values = student[metric]["values"]
        figure.add_scatter(
            x=values,
            y=[name] * len(values),
            mode="markers",
            marker={"size": 8, "color": NEUTRAL, "opacity": 0.7},
            hovertemplate=f"{name}, one seed: %{{x:.4f}}<extra></extra>",
        )
    figure.add_scatter(
        x=[student[metric]["mean"] for student in students],
        y=names,
        mode="markers",
        marker={"size": 14, "color": STUDENT, "symbol": "diamond"},
        hovertemplate="%{y}, mean: %{x:.4f}<extra></extra>",
    )
    set_frame(figure, height=80 + 34 * len(names), bottom=50)
    name_rows(figure, names[::-1])
    title, percent = METRICS[metric]
    figure.update_xaxes(
        fixedrange=True, zeroline=False, title={"text": title, "standoff": 8},
        tickformat=".1%" if percent else ".3f",
    )  # fmt: skip
    return figure


def list_subsets_numbers(students: Sequence[Mapping[str, Any]], metric: str) -> Numbers:
    """What ``draw_subsets`` shows."""
    rows = [
        (name_subset(student["teachers"]), seed, value)
        for student in students
        for seed, value in zip(student["seeds"], student[metric]["values"], strict=True)
    ]
    return Numbers(("teachers", "seed", metric), rows)


def draw_knowledge(shapley: Shares, metric: str) -> go.Figure:
    """What each teacher adds to the student's metric, over seeds; hollow within noise."""
    names = [MODEL_NAMES[name] for name in shapley]
    title, percent = METRICS[metric]
    scale = 100 if percent else 1
    values = [scale * (share["mean"] or 0.0) for share in shapley.values()]
    spreads = [scale * (share["sd"] or 0.0) for share in shapley.values()]
    colours = [TOWARD if value >= 0 else AWAY for value in values]
    hollow = [_is_noise(share) for share in shapley.values()]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=names,
            orientation="h",
            width=0.5,
            marker={
                "color": [CLEAR if h else c for h, c in zip(hollow, colours, strict=True)],
                "line": {"color": colours, "width": 1.6},
            },
            error_x={"type": "data", "array": spreads, "color": NEUTRAL, "thickness": 1.4},
            hovertemplate="%{y}: %{x:.4f}<extra></extra>",
        )
    )
    reach = 1.8 * max((abs(v) + s for v, s in zip(values, spreads, strict=True)), default=0) or 0.01
    for name, value, spread in zip(names, values, spreads, strict=True):
        way = 1 if value >= 0 else -1
        figure.add_annotation(
            x=value + way * spread,
            y=name,
            text=signed(value, 2 if percent else 4),
            showarrow=False,
            xanchor="left" if way > 0 else "right",
            xshift=6 * way,
        )
    figure.add_vline(x=0, line={"color": ZERO_LINE, "width": 1})
    set_frame(figure, height=190, bottom=50)
    name_rows(figure, names[::-1])
    told = f"Change of {title}{', points' if percent else ''}"
    figure.update_xaxes(
        range=[-reach, reach], fixedrange=True, zeroline=False, nticks=5,
        title={"text": told, "standoff": 8},
    )  # fmt: skip
    return figure


def tell_knowledge(shapley: Shares) -> list[str]:
    """The same in words."""
    return [
        f"{MODEL_NAMES[name]} {signed(share['mean'] or 0.0, 4)}"
        + ("" if share["sd"] is None else f" ± {share['sd']:.4f}")
        + (" (within noise)" if _is_noise(share) else "")
        for name, share in shapley.items()
    ]


def _is_noise(share: Mapping[str, float | None]) -> bool:
    mean, sd = share["mean"], share["sd"]
    return mean is not None and sd is not None and abs(mean) <= sd


def list_knowledge(shapley: Shares, metric: str) -> Numbers:
    """What ``draw_knowledge`` shows."""
    rows = [(name, share["mean"], share["sd"]) for name, share in shapley.items()]
    return Numbers(("teacher", f"Shapley value, {metric}", "sd over seeds"), rows)
