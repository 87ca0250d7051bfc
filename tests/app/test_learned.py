import dataclasses

import pytest

from app.charts import CLEAR
from app.learned import draw_learned, is_noise, list_learned, say_learned
from app.report import build_report
from mhkd.analysis import StudentContributions
from tests.app.example_analysis import SOURCES, build_analysis
from tests.app.test_report import ABOUT


def make(text=0.1, sd=0.02, seeds=3):
    return StudentContributions(
        target="suicide",
        empty=0.5,
        full=0.5 + text + 0.01 - 0.03,
        shapley={"text": text, "audio": 0.01, "emotion": -0.03},
        sd=dict.fromkeys(("text", "audio", "emotion"), sd),
        seeds=seeds,
        residual=0.0,
        rule="the rule",
    )


def test_what_is_no_larger_than_its_spread_is_noise_and_hollow():
    found = make()
    assert [is_noise(found, name) for name in found.shapley] == [False, True, False]
    bar = draw_learned(found).data[0]
    assert [colour == CLEAR for colour in bar.marker.color] == [False, True, False]
    assert list(bar.error_x.array) == pytest.approx([2, 2, 2])
    assert "Within noise: audio teacher." in say_learned(found, SOURCES)
    assert "text teacher taught it most: +10.0 points toward r/SuicideWatch" in say_learned(
        found, SOURCES
    )


def test_a_single_seed_has_no_spread_and_no_noise():
    found = make(sd=None, seeds=1)
    assert not any(is_noise(found, name) for name in found.shapley)
    assert ("Audio teacher", "+1.0 points") in list_learned(found)


def test_when_all_is_noise_it_says_so():
    assert say_learned(make(sd=0.5), SOURCES).startswith("No teacher moves")


def test_the_report_tells_it_where_it_is_there():
    analysis = build_analysis()
    title = "What the student learned from each teacher"
    assert title not in build_report(analysis, ABOUT)
    more = dataclasses.replace(analysis, student_contributions=make())
    assert title in build_report(more, ABOUT)
