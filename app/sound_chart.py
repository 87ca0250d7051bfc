"""A recording and what its stretches speak for → Plotly figure. Pure."""

from __future__ import annotations

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.charts import FAINT, ZERO_LINE, set_frame
from app.theme import AWAY, NEUTRAL, TOWARD
from mhkd.analysis import SoundAttribution, SoundPicture


def draw_sound(
    picture: SoundPicture,
    duration_s: float,
    heard_s: float,
    padding_s: float,
    found: SoundAttribution | None,
) -> go.Figure:
    """Waveform, log-mel picture and, below them, the score of each stretch of sound.

    What was not heard is greyed; the silence added to fill the last window is drawn
    beyond the end.
    """
    figure = make_subplots(
        rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.045, row_heights=[0.26, 0.44, 0.3]
    )
    times = list(picture.times_s)
    figure.add_scatter(
        row=1,
        col=1,
        x=times + times[::-1],
        y=list(picture.high) + list(picture.low)[::-1],
        fill="toself",
        mode="lines",
        line={"width": 0.6, "color": NEUTRAL},
        fillcolor="rgba(122,135,145,0.55)",
        hoverinfo="skip",
    )
    figure.add_heatmap(
        row=2,
        col=1,
        x=times,
        y=list(range(len(picture.bands_hz))),
        z=picture.level_db,
        zmin=-70,
        zmax=0,
        showscale=False,
        colorscale=[
            [0, "rgba(74,136,173,0)"],
            [0.55, "rgba(74,136,173,0.45)"],
            [1, "rgba(52,108,143,1)"],
        ],
        hovertemplate="%{x:.2f} s: %{z:.0f} dB<extra></extra>",
    )
    if found is not None:
        _add_segments(figure, found)
    end_s = max(duration_s, heard_s + padding_s)
    _mark_silences(figure, duration_s, heard_s, padding_s)
    set_frame(figure, height=430, bottom=46, top=18)
    figure.update_xaxes(range=[0, end_s], fixedrange=True, showgrid=False, zeroline=False)
    figure.update_xaxes(title={"text": "Seconds", "standoff": 6}, row=3, col=1)
    figure.update_yaxes(fixedrange=True, showgrid=False, zeroline=False)
    figure.update_yaxes(
        row=1, col=1, range=[-1, 1], showticklabels=False, title={"text": "Wave", "standoff": 4}
    )
    rows, labels = _band_ticks(picture.bands_hz)
    figure.update_yaxes(
        row=2, col=1, tickvals=rows, ticktext=labels, title={"text": "Hz", "standoff": 4}
    )
    figure.update_yaxes(row=3, col=1, nticks=4, title={"text": "Score", "standoff": 4})
    return figure


def _add_segments(figure: go.Figure, found: SoundAttribution) -> None:
    largest = max((abs(part.score) for part in found.segments), default=0.0) or 1.0
    colours = [TOWARD if part.score >= 0 else AWAY for part in found.segments]
    figure.add_bar(
        row=3,
        col=1,
        x=[(part.start_s + part.end_s) / 2 for part in found.segments],
        y=[part.score for part in found.segments],
        width=[0.92 * (part.end_s - part.start_s) for part in found.segments],
        marker={"color": colours},
        customdata=[[part.start_s, part.end_s] for part in found.segments],
        hovertemplate="%{customdata[0]:.1f}–%{customdata[1]:.1f} s: %{y:.4f}<extra></extra>",
    )
    figure.add_hline(y=0, row=3, col=1, line={"color": ZERO_LINE, "width": 1})
    for part, colour in zip(found.segments, colours, strict=True):
        share = abs(part.score) / largest
        if share >= 0.15:
            figure.add_vrect(
                row=1,
                col=1,
                x0=part.start_s,
                x1=part.end_s,
                fillcolor=colour,
                opacity=0.45 * share,
                line_width=0,
                layer="below",
            )


def _mark_silences(figure: go.Figure, duration_s: float, heard_s: float, padding_s: float) -> None:
    for start_s, end_s, words in (
        (heard_s, duration_s, "not heard"),
        (max(duration_s, heard_s), max(duration_s, heard_s) + padding_s, "padding"),
    ):
        if end_s - start_s < 0.05:
            continue
        for row in (1, 2, 3):
            figure.add_vrect(row=row, col=1, x0=start_s, x1=end_s, fillcolor=FAINT, line_width=0)
        figure.add_annotation(
            x=end_s,  # set to the right, so that a narrow stretch's words stay inside
            xanchor="right",
            y=1,
            yref="paper",
            yanchor="bottom",
            text=words,
            showarrow=False,
            font={"size": 12},
        )


def _band_ticks(bands_hz: tuple[float, ...]) -> tuple[list[int], list[str]]:
    rows = [
        min(range(len(bands_hz)), key=lambda row: abs(bands_hz[row] - hz))
        for hz in (250, 1000, 4000)
    ]
    return rows, ["250", "1k", "4k"]
