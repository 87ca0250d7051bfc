"""Measures of a batch → Plotly figures. Pure, and never with a word of a post in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go

from app.charts import ZERO_LINE, set_frame
from app.escape import escape
from app.theme import NEUTRAL, STUDENT, TOWARD
from mhkd.batch.curves import Bin, Curve, Ints, RiskCoverage
from mhkd.batch.slices import Slice

_HEIGHT: Final = 320


def draw_confusion(counts: Ints, labels: Sequence[str]) -> go.Figure:
    """Given label (rows) against answer (columns); shade is the share of the row."""
    shares = counts / counts.sum(1, keepdims=True).clip(1)
    names = [escape(label) for label in labels]
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=names,
            y=names,
            zmin=0,
            zmax=1,
            xgap=3,
            ygap=3,
            showscale=False,
            colorscale=[[0, "rgba(74,136,173,0.06)"], [1, "rgba(74,136,173,0.55)"]],
            text=[
                [f"{n:,}<br>{100 * s:.0f} %" for n, s in zip(row, part, strict=True)]
                for row, part in zip(counts.tolist(), shares.tolist(), strict=True)
            ],
            texttemplate="%{text}",
            hovertemplate="given %{y}, answered %{x}: %{text}<extra></extra>",
        )
    )
    set_frame(figure, height=max(_HEIGHT, 60 * len(names)), bottom=50, top=34)
    figure.update_xaxes(
        type="category", fixedrange=True, showgrid=False, title={"text": "Answered", "standoff": 8}
    )
    figure.update_yaxes(type="category", fixedrange=True, showgrid=False, autorange="reversed")
    _name_above(figure, "Given label")
    return figure


def draw_roc(curve: Curve, threshold: float | None = None) -> go.Figure:
    """Sensitivity over the false positive rate, with the chosen threshold on it."""
    figure = _frame("1 − specificity", "Sensitivity")
    _add_diagonal(figure)
    _add_curve(figure, curve)
    if threshold is not None:
        _mark_threshold(figure, curve, threshold)
    return figure


def draw_precision_recall(
    curve: Curve, base_rate: float, threshold: float | None = None
) -> go.Figure:
    """Precision over recall; the level line is the share of positives in the sample."""
    figure = _frame("Recall (sensitivity)", "Precision in this sample")
    figure.add_hline(y=base_rate, line={"color": ZERO_LINE, "width": 1, "dash": "dot"})
    _add_curve(figure, curve)
    if threshold is not None:
        _mark_threshold(figure, curve, threshold)
    return figure


def draw_reliability(bins: Sequence[Bin]) -> go.Figure:
    """Accuracy over confidence in bins of equal mass; the diagonal is perfect calibration."""
    figure = _frame("Confidence in the answer", "Share of right answers")
    _add_diagonal(figure)
    values = [part.accuracy.value or 0.0 for part in bins]
    figure.add_scatter(
        x=[part.confidence for part in bins],
        y=values,
        mode="markers+lines",
        line={"color": STUDENT, "width": 1.5},
        marker={"size": 9, "color": STUDENT},
        cliponaxis=False,
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [(p.accuracy.high or 0) - v for p, v in zip(bins, values, strict=True)],
            "arrayminus": [v - (p.accuracy.low or 0) for p, v in zip(bins, values, strict=True)],
            "color": STUDENT,
            "thickness": 1.2,
        },
        customdata=[part.n for part in bins],
        hovertemplate="confidence %{x:.3f}, right %{y:.3f}, n %{customdata}<extra></extra>",
    )
    low = min(part.confidence for part in bins)
    figure.update_xaxes(range=[max(low - 0.05, 0), 1.02])
    figure.update_yaxes(range=[max(min(p.accuracy.low or 0 for p in bins) - 0.05, 0), 1.01])
    return figure


def draw_risk_coverage(curve: RiskCoverage) -> go.Figure:
    """Share of errors among the posts that are answered, surest first."""
    figure = _frame("Share of posts that are answered, surest first", "Share of errors")
    figure.add_scatter(
        x=curve.coverage,
        y=curve.risk,
        mode="lines",
        line={"color": STUDENT, "width": 2},
        customdata=curve.thresholds,
        hovertemplate=(
            "answered %{x:.3f}, errors %{y:.3f}, confidence from %{customdata:.3f}<extra></extra>"
        ),
    )
    top = float(curve.risk[curve.coverage >= 0.05].max(initial=0.05))
    figure.update_yaxes(range=[0, min(1.2 * top, 1.02)])
    return figure


def draw_slices(slices: Sequence[Slice], whole: float) -> go.Figure:
    """Accuracy of each slice with its interval; the line is the accuracy of all rows."""
    names = [f"{escape(_shorten(part.name))} (n = {part.n:,})" for part in slices]
    values = [part.accuracy.value or 0.0 for part in slices]
    figure = go.Figure()
    figure.add_vline(x=whole, line={"color": ZERO_LINE, "width": 1, "dash": "dot"})
    figure.add_scatter(
        x=values,
        y=names,
        mode="markers",
        marker={"size": 11, "color": STUDENT},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [(p.accuracy.high or 0) - v for p, v in zip(slices, values, strict=True)],
            "arrayminus": [v - (p.accuracy.low or 0) for p, v in zip(slices, values, strict=True)],
            "color": NEUTRAL,
            "thickness": 1.5,
        },
        hovertemplate="%{y}: %{x:.3f}<extra></extra>",
    )
    set_frame(figure, height=90 + 36 * len(slices), bottom=50, top=34)
    figure.update_xaxes(
        fixedrange=True, range=[0, 1.02], tickformat=".0%", title={"text": "Accuracy"}
    )
    figure.update_yaxes(
        type="category", categoryorder="array", categoryarray=names[::-1], fixedrange=True
    )
    return figure


def _frame(x: str, y: str) -> go.Figure:
    figure = go.Figure()
    set_frame(figure, height=_HEIGHT, bottom=50, top=34)
    figure.update_xaxes(range=[-0.01, 1.01], fixedrange=True, title={"text": x, "standoff": 8})
    figure.update_yaxes(range=[-0.01, 1.02], fixedrange=True)
    _name_above(figure, y)
    return figure


def _name_above(figure: go.Figure, axis: str) -> None:
    """The name of the y axis, level above it: it stays readable where numbers are wide."""
    figure.add_annotation(
        x=0,
        xref="paper",
        xanchor="left",
        y=1,
        yref="paper",
        yanchor="bottom",
        yshift=6,
        text=axis,
        showarrow=False,
        font={"size": 13},
    )


def _add_diagonal(figure: go.Figure) -> None:
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        hoverinfo="skip",
        line={"color": ZERO_LINE, "width": 1, "dash": "dot"},
    )


def _add_curve(figure: go.Figure, curve: Curve) -> None:
    figure.add_scatter(
        x=curve.x,
        y=curve.y,
        mode="lines",
        line={"color": STUDENT, "width": 2},
        customdata=curve.thresholds,
        hovertemplate="%{x:.3f}, %{y:.3f} at threshold %{customdata:.3f}<extra></extra>",
    )


def _mark_threshold(figure: go.Figure, curve: Curve, threshold: float) -> None:
    place = int(abs(curve.thresholds - threshold).argmin())
    figure.add_scatter(
        x=[curve.x[place]],
        y=[curve.y[place]],
        mode="markers",
        marker={"size": 13, "color": TOWARD, "symbol": "diamond"},
        cliponaxis=False,
        hovertemplate=f"threshold {threshold:.2f}: %{{x:.3f}}, %{{y:.3f}}<extra></extra>",
    )


def _shorten(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:23]}…"
