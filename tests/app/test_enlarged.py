"""Figures drawn larger keep what they show; what a browser tells is checked."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from app.charts import draw_contributions, draw_emotions, draw_models
from app.components.screen import Scales, read_scales
from app.enlarged import enlarge
from mhkd.post import Post
from tests.app.example_analysis import ExampleAnalyser

_SOURCES = {"depression": "r/depression", "suicide": "r/SuicideWatch"}


def _draw() -> list[go.Figure]:
    analysis = ExampleAnalyser().analyse(Post("I feel so tired. My sister helps."))
    contributions, emotion = draw_contributions(analysis, _SOURCES), analysis.attributions.emotion
    assert contributions is not None and emotion is not None
    models = draw_models(analysis, analysis.labels[-1], _SOURCES)
    return [contributions, draw_emotions(emotion), models]


def test_pixels_grow_and_numbers_stay() -> None:
    for figure in _draw():
        before, height = figure.to_json(), figure.layout.height
        large = enlarge(figure, 2.0)
        assert figure.to_json() == before
        assert large.layout.height == 2 * height
        assert large.layout.font.size == 2 * figure.layout.font.size
        assert large.layout.margin.b == 2 * figure.layout.margin.b
        assert large.layout.yaxis.tickfont.size == 2 * figure.layout.yaxis.tickfont.size
        assert [a.text for a in large.layout.annotations] == [
            a.text for a in figure.layout.annotations
        ]
        for then, now in zip(figure.data, large.data, strict=True):
            assert (now.x, now.y, now["type"]) == (then.x, then.y, then["type"])
            if then["type"] == "bar":
                assert (now.width, now.base) == (then.width, then.base)
            if then["type"] == "scatter" and then.marker.size is not None:
                assert now.marker.size == 2 * then.marker.size
        assert large.layout.xaxis.range == figure.layout.xaxis.range


def test_marks_of_several_sizes_and_thin_lines() -> None:
    figure = go.Figure(
        go.Scatter(
            x=[1, 2], y=[1, 2], marker={"size": [4, 6]}, line={"width": 3},
            error_x={"array": [1, 1], "thickness": 1.5, "width": 3},
        )
    )  # fmt: skip
    (large,) = enlarge(figure, 1.5).data
    assert (large.marker.size, large.line.width) == ((6, 9), 4.5)
    assert (large.error_x.thickness, large.error_x.width) == (2.25, 4.5)
    assert tuple(large.error_x.array) == (1, 1)


def test_a_usual_screen_draws_the_same_figure() -> None:
    figure = _draw()[0]
    assert enlarge(figure, 1.0) is figure


@pytest.mark.parametrize("told", [None, "", "wide", "1", "1 2 3", "0.2 1", "1 40", "nan 1"])
def test_what_is_not_understood_changes_nothing(told: object) -> None:
    assert read_scales(told) == Scales(1.0, 1.0)


def test_a_large_screen_is_understood() -> None:
    assert read_scales("1.75 2.8") == Scales(1.75, 2.8)
