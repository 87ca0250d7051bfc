"""Two analyses → Plotly figures on one scale. Pure, and never with a word of a post in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from app.charts import CLEAR, FAINT, ZERO_LINE, name_rows, set_frame, set_probability_axis
from app.comparison import Change
from app.theme import AWAY, NEUTRAL, TOWARD
from app.wording import MODEL_NAMES, UNDECIDED_FROM, UNDECIDED_TO, say_points, signed
from mhkd.analysis import EmotionAttribution, TeacherContributions

_LEVEL = 0.0005  # probability; a smaller difference is drawn without a side


def draw_changes(
    changes: Sequence[Change], target: str, labels: Sequence[str], sources: Mapping[str, str]
) -> go.Figure:
    """Each model's probability on either side and the way between, on one axis from 0 to 1."""
    names = [MODEL_NAMES[change.model] for change in reversed(changes)]
    figure = go.Figure()
    figure.add_vrect(x0=UNDECIDED_FROM, x1=UNDECIDED_TO, fillcolor=FAINT, line_width=0)
    figure.add_vline(x=0.5, line={"color": ZERO_LINE, "width": 1})
    for change in changes:
        _add_change(figure, change)
    set_frame(figure, height=290, bottom=50)
    name_rows(figure, names)
    set_probability_axis(figure, target, labels, sources, end=1.56)
    return figure


def draw_pair_contributions(
    first: TeacherContributions, second: TeacherContributions, names: Sequence[str]
) -> go.Figure:
    """Each teacher's signed points on either side, on one axis through 0."""
    teachers = [name for name in first.shapley if name in second.shapley]
    rows = [MODEL_NAMES[name] for name in teachers]
    pairs = (
        [None if (v := side.shapley[name]) is None else 100 * v for name in teachers]
        for side in (first, second)
    )
    return _draw_pairs(rows, *pairs, names, "Points of probability", digits=1)


def draw_pair_emotions(
    first: EmotionAttribution, second: EmotionAttribution, names: Sequence[str]
) -> go.Figure:
    """Each emotion's signed share on either side, the largest first."""
    shared = [name for name in first.emotions if name in second.emotions]
    ranked = sorted(shared, key=lambda e: -max(abs(first.emotions[e]), abs(second.emotions[e])))
    pairs = [[*(side.emotions[name] for name in ranked), side.unlisted] for side in (first, second)]
    rows = [*(name.capitalize() for name in ranked), "Unlisted words"]
    return _draw_pairs(rows, *pairs, names, "Share of the logit", digits=3)


def _add_change(figure: go.Figure, change: Change) -> None:
    name, difference = MODEL_NAMES[change.model], change.difference
    size = 15 if change.model == "student" else 12
    symbol = "diamond" if change.model == "teachers" else "circle"
    colour = NEUTRAL
    if difference is not None and abs(difference) >= _LEVEL:
        colour = TOWARD if difference > 0 else AWAY
        figure.add_scatter(
            x=[change.first, change.second],
            y=[name, name],
            mode="lines",
            hoverinfo="skip",
            line={"color": colour, "width": 4 if change.model == "student" else 3},
        )
    for value, filled in ((change.first, False), (change.second, True)):
        if value is None:
            continue
        figure.add_scatter(
            x=[value],
            y=[name],
            mode="markers",
            cliponaxis=False,
            marker={
                "size": size if filled else size + 2,
                "color": colour if filled else CLEAR,
                "symbol": symbol,
                "line": {"width": 2, "color": colour},
            },
            hovertemplate=f"{name}: %{{x:.3f}}<extra></extra>",
        )
    told = "did not answer" if change.first is None and change.second is None else "one side only"
    figure.add_annotation(
        x=1.55,
        y=name,
        text=told if difference is None else say_points(difference),
        showarrow=False,
        xanchor="right",
        opacity=0.75 if difference is None else 1,
        font={"size": 13},
    )


def _draw_pairs(
    rows: Sequence[str],
    first: Sequence[float | None],
    second: Sequence[float | None],
    names: Sequence[str],
    title: str,
    *,
    digits: int,
) -> go.Figure:
    figure = go.Figure()
    for values, name, filled in ((second, names[1], True), (first, names[0], False)):
        colours = [TOWARD if (value or 0.0) >= 0 else AWAY for value in values]
        figure.add_bar(
            y=list(rows),
            x=list(values),
            name=name,
            orientation="h",
            marker={
                "color": colours if filled else [CLEAR] * len(colours),
                "line": {"width": 1.5, "color": colours},
            },
            text=["" if value is None else signed(value, digits) for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"{name}, %{{y}}: %{{x:.{digits + 1}f}}<extra></extra>",
        )
    figure.add_vline(x=0, line={"color": ZERO_LINE, "width": 1})
    known = [abs(value) for value in (*first, *second) if value is not None]
    reach = 1.6 * max(known, default=1.0) or 1.0
    set_frame(figure, height=60 + 44 * len(rows), bottom=44)
    figure.update_layout(barmode="group", bargap=0.28, bargroupgap=0.12)
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=list(rows)[::-1],
        fixedrange=True,
        showgrid=False,
        ticks="",
    )
    figure.update_xaxes(
        range=[-reach, reach],
        fixedrange=True,
        zeroline=False,
        nticks=5,
        title={"text": title, "standoff": 8},
    )
    return figure
