"""Figures show the numbers of the analysis, and nothing of the post."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app import charts
from app.sound_chart import draw_sound
from mhkd.analysis import SoundPicture
from mhkd.post import Post
from tests.app.example_analysis import SOURCES, build_analysis

_LOADED = '<a href="http://evil.example/x">click</a> ![x](http://evil.example/y.png)'


def _picture() -> SoundPicture:
    times = tuple(np.linspace(0, 12, 24, endpoint=False))
    level = tuple(tuple(-5.0 * (row + 1) for _ in times) for row in range(6))
    return SoundPicture(
        times,
        (100.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0),
        level,
        tuple(-0.3 for _ in times),
        tuple(0.3 for _ in times),
    )


def _markers(figure: Any) -> dict[str, float]:
    return {trace.y[0]: trace.x[0] for trace in figure.data if trace.mode == "markers"}


def test_models_stand_on_one_axis_at_their_probability() -> None:
    found = _markers(charts.draw_models(build_analysis(), "suicide", SOURCES))
    assert found["Student"] == pytest.approx(0.78)
    assert found["Audio teacher"] == pytest.approx(0.36)
    assert len(found) == 5


def test_a_model_without_answer_is_named_not_drawn_as_zero() -> None:
    figure = charts.draw_models(build_analysis(speak=False), "suicide", SOURCES)
    assert "Audio teacher" not in _markers(figure)
    assert "did not answer" in [note.text for note in figure.layout.annotations]


def test_long_names_of_both_ends_stand_on_two_lines() -> None:
    analysis = build_analysis()
    brief = {"suicide": "r/SuicideWatch", "depression": "r/sad"}
    short, long = (charts.draw_models(analysis, "suicide", names) for names in (brief, SOURCES))
    for figure, apart in ((short, False), (long, True)):
        ends = [note for note in figure.layout.annotations if "→" in note.text or "←" in note.text]
        assert (ends[0].yshift != ends[1].yshift) is apart
    assert long.layout.height - short.layout.height == 18
    assert long.layout.margin.b - short.layout.margin.b == 18


def test_contributions_lead_from_none_to_all() -> None:
    analysis = build_analysis()
    figure = charts.draw_contributions(analysis, SOURCES)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    found = analysis.teacher_contributions
    assert found is not None
    assert bars[0].base[0] == pytest.approx(found.empty)
    for before, after in zip(bars, bars[1:], strict=False):
        assert after.base[0] == pytest.approx(before.base[0] + before.x[0])
    assert bars[-1].base[0] + bars[-1].x[0] == pytest.approx(found.full)


def test_no_contributions_no_figure() -> None:
    assert (
        charts.draw_contributions(replace(build_analysis(), teacher_contributions=None), SOURCES)
        is None
    )


def test_frequency_fills_as_many_dots() -> None:
    colours = charts.draw_frequency(78).data[0].marker.color
    assert len(colours) == 100
    assert sum(colour == colours[0] for colour in colours) == 78


def test_emotions_are_all_there_with_what_is_unlisted() -> None:
    found = build_analysis().attributions.emotion
    assert found is not None
    bars = charts.draw_emotions(found).data[0]
    assert sum(bars.x) == pytest.approx(sum(found.emotions.values()) + found.unlisted)
    assert bars.y[0] == "Sadness"


def test_sound_shows_padding_and_what_was_not_heard() -> None:
    found = build_analysis().attributions.audio
    padded = draw_sound(_picture(), 12.0, 12.0, 8.0, found)
    assert [note.text for note in padded.layout.annotations] == ["padding"]
    assert padded.layout.xaxis.range == (0, 20.0)
    cut = draw_sound(_picture(), 40.0, 30.0, 0.0, None)
    assert [note.text for note in cut.layout.annotations] == ["not heard"]


def test_no_figure_carries_words_of_the_post() -> None:
    analysis = build_analysis(Post(_LOADED))
    assert analysis.attributions.emotion is not None
    figures = (
        charts.draw_models(analysis, "suicide", SOURCES),
        charts.draw_contributions(analysis, SOURCES),
        charts.draw_emotions(analysis.attributions.emotion),
        draw_sound(_picture(), 12.0, 12.0, 8.0, analysis.attributions.audio),
    )
    for figure in figures:
        assert "evil" not in figure.to_json()
        assert "click" not in figure.to_json()
