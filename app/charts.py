"""Analysis → Plotly figure. Pure, and never with a word of the post in it.

Plotly reads a subset of HTML in its texts, so words of a post are shown by
``app.escape`` only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import plotly.graph_objects as go

from app.escape import escape
from app.theme import AWAY, NEUTRAL, STUDENT, TOWARD, label_colours
from app.wording import (
    MODEL_NAMES,
    UNDECIDED_FROM,
    UNDECIDED_TO,
    say_points,
    say_probability,
    signed,
    source_of,
)
from mhkd.analysis import Analysis, EmotionAttribution

CONFIG: Final[dict[str, Any]] = {
    "displayModeBar": False,
    "scrollZoom": False,
    "responsive": True,
}
_ONE_LINE_CHARS: Final = 34  # of both ends of an axis from 0 to 1, side by side on a phone
_LINE_PX: Final = 18
_ORDER = ("emotion", "audio", "text", "teachers", "student")
CLEAR = "rgba(0,0,0,0)"
FAINT = "rgba(122,135,145,0.14)"
ZERO_LINE = "rgba(122,135,145,0.7)"


def draw_frequency(of_hundred: int) -> go.Figure:
    """A probability as 100 dots, so many of them filled."""
    places = [(number % 25, number // 25) for number in range(100)]
    figure = go.Figure(
        go.Scatter(
            x=[x for x, _ in places],
            y=[-y for _, y in places],
            mode="markers",
            marker={
                "size": 9,
                "color": [STUDENT if n < of_hundred else CLEAR for n in range(100)],
                "line": {"width": 1.4, "color": STUDENT},
            },
            hoverinfo="skip",
        )
    )
    set_frame(figure, height=84)
    figure.update_xaxes(visible=False, range=[-0.7, 24.7], fixedrange=True)
    figure.update_yaxes(visible=False, range=[-3.7, 0.7], fixedrange=True)
    return figure


def draw_models(analysis: Analysis, target: str, sources: Mapping[str, str]) -> go.Figure:
    """The probability of ``target`` under each model, on one axis from 0 to 1."""
    names = [MODEL_NAMES[model] for model in _ORDER]
    figure = go.Figure()
    figure.add_vrect(x0=UNDECIDED_FROM, x1=UNDECIDED_TO, fillcolor=FAINT, line_width=0)
    figure.add_vline(x=0.5, line={"color": ZERO_LINE, "width": 1})
    for model, name in zip(_ORDER, names, strict=True):
        prediction = analysis.predictions.get(model)
        if prediction is None:
            figure.add_annotation(
                x=0.5, y=name, text="did not answer", showarrow=False, xshift=0, opacity=0.7
            )
            continue
        value = prediction.probabilities[target]
        colour = STUDENT if model == "student" else NEUTRAL
        figure.add_scatter(
            x=[0.5, value],
            y=[name, name],
            mode="lines",
            hoverinfo="skip",
            line={"color": colour, "width": 3 if model == "student" else 2},
        )
        figure.add_scatter(
            x=[value],
            y=[name],
            mode="markers",
            marker={
                "size": 15 if model == "student" else 12,
                "color": colour,
                "symbol": "diamond" if model == "teachers" else "circle",
            },
            cliponaxis=False,
            hovertemplate=f"{name}: %{{x:.3f}}<extra></extra>",
        )
        figure.add_annotation(
            x=1.24, y=name, text=say_probability(value), showarrow=False, xanchor="right"
        )
    set_frame(figure, height=280, bottom=50)
    name_rows(figure, names)
    set_probability_axis(figure, target, analysis.labels, sources, end=1.25)
    return figure


def set_probability_axis(
    figure: go.Figure,
    target: str,
    labels: Sequence[str],
    sources: Mapping[str, str],
    *,
    end: float,
) -> None:
    """An x-axis from 0 to 1 that says which label either end stands for.

    Args:
        figure: changed in place.
        target: the label whose probability is drawn.
        labels: all labels.
        sources: label → where such posts come from.
        end: how far the axis reaches, past 1 where numbers stand beside the points.
    """
    figure.update_xaxes(
        range=[-0.02, end],
        fixedrange=True,
        zeroline=False,
        showgrid=False,
        tickvals=[0, 0.5, 1],
        ticktext=["0", "0.5", "1"],
    )
    others = " or ".join(source_of(label, sources) for label in labels if label != target)
    ends = (f"← {others}", f"{source_of(target, sources)} →")
    below = _LINE_PX if end * len("".join(ends)) > _ONE_LINE_CHARS else 0
    for place, words in enumerate(ends):
        figure.add_annotation(
            x=place,
            xanchor="right" if place else "left",
            y=0,
            yref="paper",
            yanchor="top",
            yshift=-22 - place * below,
            text=words,
            showarrow=False,
        )
    figure.update_layout(
        height=figure.layout.height + below, margin={"b": figure.layout.margin.b + below}
    )


def draw_shares(analysis: Analysis, sources: Mapping[str, str]) -> go.Figure:
    """The probabilities of all labels under each model, for more than two labels.

    Labels that are steps of a scale run from pale to strong; others differ in colour. The
    number stands in each part that has room for it.
    """
    names = [MODEL_NAMES[model] for model in _ORDER]
    colours = label_colours(len(analysis.labels), ordered=analysis.ordered)
    figure = go.Figure()
    for label, colour in zip(analysis.labels, colours, strict=True):
        found = [analysis.predictions.get(model) for model in _ORDER]
        values = [None if one is None else one.probabilities[label] for one in found]
        here = escape(source_of(label, sources))
        figure.add_bar(
            y=names,
            x=values,
            orientation="h",
            name=here,
            width=0.62,
            marker={"color": colour.fill, "line": {"width": 1, "color": ZERO_LINE}},
            text=["" if v is None or v < 0.08 else f"{v:.2f}" for v in values],
            textposition="inside",
            insidetextanchor="middle",
            insidetextfont={"color": colour.text},
            hovertemplate=f"%{{y}}, {here}: %{{x:.3f}}<extra></extra>",
        )
    set_frame(figure, height=300, bottom=30)
    name_rows(figure, names)
    figure.update_layout(
        barmode="stack",
        showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        margin={"t": 60},
    )
    figure.update_xaxes(range=[0, 1], fixedrange=True, zeroline=False, tickvals=[0, 0.5, 1])
    return figure


def draw_contributions(analysis: Analysis, sources: Mapping[str, str]) -> go.Figure | None:
    """From the value of no teacher to the value of all, one signed step for each teacher."""
    found = analysis.teacher_contributions
    if found is None:
        return None
    steps = [(name, value) for name, value in found.shapley.items() if value is not None]
    rows = ["No teacher", *(MODEL_NAMES[name] for name, _ in steps), "All teachers"]
    figure = go.Figure()
    reached, edges = found.empty, [found.empty, found.full]
    for name, value in steps:
        figure.add_bar(
            y=[MODEL_NAMES[name]],
            x=[value],
            base=[reached],
            orientation="h",
            width=0.5,
            marker={"color": TOWARD if value >= 0 else AWAY},
            hovertemplate=f"{MODEL_NAMES[name]}: {say_points(value)}<extra></extra>",
        )
        figure.add_annotation(
            x=max(reached, reached + value),
            y=MODEL_NAMES[name],
            showarrow=False,
            text=say_points(value),
            xanchor="left",
            xshift=6,
        )
        reached += value
        edges.append(reached)
    for row, value in (("No teacher", found.empty), ("All teachers", found.full)):
        figure.add_scatter(
            x=[value],
            y=[row],
            mode="markers+text",
            text=[f" {value:.3f}"],
            textposition="middle right",
            cliponaxis=False,
            marker={"size": 12, "color": NEUTRAL, "symbol": "diamond"},
            hovertemplate=f"{row}: {value:.4f}<extra></extra>",
        )
    width = max(max(edges) - min(edges), 0.05)
    set_frame(figure, height=280, bottom=50)
    name_rows(figure, rows[::-1])
    figure.update_xaxes(
        range=[min(edges) - 0.12 * width, max(edges) + 0.55 * width],
        fixedrange=True,
        zeroline=False,
        nticks=5,
        tickformat=".2f",
        title={"text": f"Probability of {source_of(found.target, sources)}", "standoff": 8},
    )
    return figure


def draw_emotions(found: EmotionAttribution) -> go.Figure:
    """One signed bar for each emotion, strongest first, and one for all other words."""
    ranked = sorted(found.emotions.items(), key=lambda item: -abs(item[1]))
    rows = [*((name.capitalize(), value) for name, value in ranked)]
    rows.append(("Unlisted words", found.unlisted))
    names, values = [name for name, _ in rows], [value for _, value in rows]
    colours = [TOWARD if value >= 0 else AWAY for value in values[:-1]] + [NEUTRAL]
    figure = go.Figure(
        go.Bar(
            y=names,
            x=values,
            orientation="h",
            width=0.6,
            marker={"color": colours},
            text=[signed(value, 3) for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.4f}<extra></extra>",
        )
    )
    figure.add_vline(x=0, line={"color": ZERO_LINE, "width": 1})
    reach = 1.8 * max((abs(value) for value in values), default=1.0) or 1.0
    set_frame(figure, height=60 + 27 * len(rows), bottom=40)
    name_rows(figure, names[::-1])
    figure.update_xaxes(
        range=[-reach, reach],
        fixedrange=True,
        zeroline=False,
        nticks=5,
        title={"text": "Share of the logit", "standoff": 8},
    )
    return figure


def set_frame(figure: go.Figure, *, height: int, bottom: int = 4, top: int = 6) -> None:
    """Gives a figure its height, margins and type sizes; all else is the theme's."""
    figure.update_layout(
        height=height,
        showlegend=False,
        bargap=0.3,
        dragmode=False,
        barmode="overlay",
        margin={"l": 4, "r": 4, "t": top, "b": bottom},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        font={"size": 13},
        hoverlabel={"font": {"size": 13}},
    )
    figure.update_xaxes(tickfont={"size": 13}, title_font={"size": 13})
    figure.update_yaxes(automargin=True, tickfont={"size": 14}, title_font={"size": 13})
    figure.update_annotations(font={"size": 13})
    figure.update_traces(textfont={"size": 13}, selector={"type": "scatter"})
    figure.update_traces(textfont={"size": 13}, selector={"type": "bar"})


def draw_intervals(
    values: Sequence[float], intervals: Sequence[Sequence[float]], colour: str
) -> dict[str, Any]:
    """``error_x`` of a trace: from the lower to the upper end of each interval."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - v for (_, high), v in zip(intervals, values, strict=True)],
        "arrayminus": [v - low for (low, _), v in zip(intervals, values, strict=True)],
        "color": colour,
        "thickness": 1.5,
        "width": 3,
    }


def name_rows(figure: go.Figure, from_below: list[str]) -> None:
    """Gives the y axis one named row for each entry."""
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=from_below,
        fixedrange=True,
        showgrid=False,
        ticks="",
    )
