"""What the student learned from each teacher: words and figure. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from app.charts import CLEAR, set_frame
from app.theme import AWAY, NEUTRAL, TOWARD
from app.wording import MODEL_NAMES, say_points, source_of
from mhkd.analysis import StudentContributions

WHAT_IT_IS = (
    "This is what the student learned from each teacher, not what it hears: it reads text only. "
    "Eight students were trained alike, one for every set of teachers, and all are asked about "
    "this post."
)


def is_noise(found: StudentContributions, teacher: str) -> bool:
    """Whether a value is no larger than its standard deviation over the seeds."""
    sd = found.sd[teacher]
    return sd is not None and abs(found.shapley[teacher]) <= sd


def say_learned(found: StudentContributions, sources: Mapping[str, str]) -> str:
    """Which teacher's training shows most in this answer, or that none does beyond noise."""
    clear = [name for name in found.shapley if not is_noise(found, name)]
    here = source_of(found.target, sources)
    if not clear:
        return "No teacher moves the student’s answer by more than training with another seed does."
    name = max(clear, key=lambda teacher: abs(found.shapley[teacher]))
    value = found.shapley[name]
    way = "toward" if value >= 0 else "away from"
    told = f"The {MODEL_NAMES[name].lower()} taught it most: {say_points(value)} {way} {here}."
    noise = [MODEL_NAMES[other].lower() for other in found.shapley if is_noise(found, other)]
    if noise:
        told += f" Within noise: {', '.join(noise)}."
    return told


def list_learned(found: StudentContributions) -> list[tuple[str, str]]:
    """The numbers: step and value."""
    rows = [("Student without teachers", f"{found.empty:.4f}")]
    for name, value in found.shapley.items():
        sd = found.sd[name]
        spread = "" if sd is None else f" ± {100 * sd:.1f}"
        noise = " (within noise)" if is_noise(found, name) else ""
        rows.append((MODEL_NAMES[name], f"{say_points(value)}{spread}{noise}"))
    rows += [
        ("Student on the screen", f"{found.full:.4f}"),
        ("Seeds", str(found.seeds)),
        ("Residual", f"{found.residual:.1e}"),
    ]
    return rows


_ROOM = 2.6  # so that a number beside the longest bar clears the names at 390 px


def draw_learned(found: StudentContributions) -> go.Figure:
    """A signed bar for each teacher with its spread over seeds; hollow within noise."""
    names = list(found.shapley)
    rows = [MODEL_NAMES[name] for name in names]
    values = [100 * found.shapley[name] for name in names]
    colours = [TOWARD if value >= 0 else AWAY for value in values]
    fills = [
        CLEAR if is_noise(found, name) else colour
        for name, colour in zip(names, colours, strict=True)
    ]
    spreads = [100 * (found.sd[name] or 0.0) for name in names]
    figure = go.Figure(
        go.Bar(
            y=rows,
            x=values,
            orientation="h",
            width=0.5,
            marker={"color": fills, "line": {"color": colours, "width": 1.6}},
            error_x={"type": "data", "array": spreads, "color": NEUTRAL, "thickness": 1.4},
            hovertemplate="%{y}: %{x:+.1f} points<extra></extra>",
        )
    )
    largest = max(abs(v) + s for v, s in zip(values, spreads, strict=True))
    reach = max(largest, 1.0)
    for row, value, spread in zip(rows, values, spreads, strict=True):
        end = value + spread if value >= 0 else value - spread
        figure.add_annotation(
            x=end,
            y=row,
            text=say_points(value / 100),
            showarrow=False,
            xanchor="left" if value >= 0 else "right",
            xshift=6 if value >= 0 else -6,
        )
    set_frame(figure, height=210, bottom=46)
    figure.update_yaxes(categoryorder="array", categoryarray=rows[::-1], fixedrange=True)
    figure.update_xaxes(
        range=[-_ROOM * reach, _ROOM * reach],
        fixedrange=True,
        zeroline=True,
        zerolinecolor=NEUTRAL,
        nticks=5,
        title={"text": "Points of probability", "standoff": 8},
    )
    return figure
