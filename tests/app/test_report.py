"""A report is one file that holds everything, asks for nothing, and no word it should not."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser

import pytest

from app.components.help_lines import read_help_lines
from app.report import About, build_report
from app.report_explained import collect_measures
from app.report_frame import build_chart
from mhkd.analysis import (
    Analysis,
    PredictionSet,
    SoundAttribution,
    WordAttribution,
    WordScore,
    WordTrust,
)
from mhkd.post import Post
from tests.app.example_analysis import SOURCES, TEXT, build_analysis, build_manifest

ABOUT = About(
    "24 November 2026, 12:00 UTC",
    SOURCES,
    read_help_lines(),
    "Calibrated on 506 posts.",
    build_manifest().metrics,
)


class Seen(HTMLParser):
    """What a browser would find: scripts, addresses, visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.scripts: list[tuple[str | None, str]] = []
        self.addresses: list[str] = []
        self.text = ""
        self.tags: list[str] = []
        self._within: tuple[str, str | None] = ("", None)
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self._within = (tag, given.get("type"))
        self.addresses += [v for k, v in attrs if k in ("src", "href", "action", "data") and v]

    def handle_endtag(self, tag: str) -> None:
        self._within = ("", None)

    def handle_data(self, data: str) -> None:
        if self._within[0] == "script":
            self.scripts.append((self._within[1], data))
        elif self._within[0] != "style":
            self.text += data


def test_everything_that_was_said_is_in_it() -> None:
    text = Seen(build_report(build_analysis(), ABOUT)).text
    for words in (
        "This post resembles posts from r/SuicideWatch more than posts from r/depression.",
        "0.78",
        "It is not a diagnosis",
        "Call or text 988",
        "The teachers disagree.",
        "differs (0.130)",
        "Residual",
        "An absent teacher is replaced by its mean output",
        "Converged: the words add up",
        "Did not converge",
        "Strongest stretch",
        "padding added to fill the last window: 8.0 s",
        "Sound: synthesised from the text",
        "0" * 64,
        "torch",
        "78.0 % (72.0–81.0)",
        "a low probability is no sign of safety",
    ):
        assert words in text, words


def test_no_word_of_the_post_without_leave() -> None:
    post = Post("Xylophone quagmire zeppelin. I feel like a burden, said Wilhelmina.")
    html = build_report(build_analysis(post), ABOUT)
    shown = html.replace(plotly_of(html), "").lower()
    for word in ("xylophone", "quagmire", "zeppelin", "burden", "wilhelmina"):
        assert word not in shown
    told = Seen(build_report(build_analysis(post), ABOUT, text=post.text)).text
    assert post.text in told
    assert "wilhelmina" in told.lower()


def test_it_names_no_address_and_runs_its_own_scripts_only() -> None:
    html = build_report(build_analysis(), ABOUT, text=TEXT)
    seen = Seen(html)
    links = {line[1] for line in read_help_lines().lines}
    assert set(seen.addresses) == {"data:,", *links}
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    assert policy.group(1).startswith("default-src 'none';")
    run = [body for kind, body in seen.scripts if kind is None]
    assert len(run) == 2
    for body in run:
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy.group(1)
    charts = [json.loads(body) for kind, body in seen.scripts if kind == "application/json"]
    assert len(charts) == 5
    assert all(chart["data"] for chart in charts)


def test_markup_anywhere_stays_text() -> None:
    nasty = "</script><script>alert(1)</script><img src=x onerror=alert(1)> & tired"
    post = Post(nasty)
    analysis = build_analysis(post)
    marked = replace(
        analysis,
        bundle=replace(analysis.bundle, name=nasty),
        versions={nasty: nasty},
        quality=tuple(replace(f, message=nasty) for f in analysis.quality),
    )
    about = replace(ABOUT, made_at=nasty, calibration=nasty, sources={"suicide": nasty})
    seen = Seen(build_report(marked, about, text=nasty))
    assert "img" not in seen.tags
    assert sum(kind is None for kind, _ in seen.scripts) == 2
    assert nasty in seen.text


def test_a_chart_can_not_end_its_script() -> None:
    import plotly.graph_objects as go

    figure = go.Figure(go.Bar(x=["</script><b>"], y=[1]))
    html = build_chart(figure, 'a "chart"')
    seen = Seen(html)
    assert "b" not in seen.tags
    [(_, body)] = seen.scripts
    assert json.loads(body)["data"][0]["x"] == ["</script><b>"]


@pytest.mark.parametrize("change", ["outside", "silent", "bare"])
def test_what_is_absent_is_said(change: str) -> None:
    analysis = build_analysis(outside=change == "outside", speak=change != "silent")
    if change == "bare":
        from mhkd.analysis import Attributions

        analysis = replace(
            analysis,
            teacher_contributions=None,
            attributions=Attributions(),
            predictions={**analysis.predictions, "student": None},
        )
    text = Seen(build_report(analysis, replace(ABOUT, metrics={}))).text
    told = {
        "outside": ("Outside what this model knows.", "Its forced choice"),
        "silent": ("did not answer", "did not run"),
        "bare": ("The student did not answer.", "No teacher answered", "Was not explained."),
    }[change]
    for words in told:
        assert words in text
    assert "not at hand" in text


@dataclass(frozen=True)
class _Test:
    comprehensiveness: float
    shaky: bool
    reason: str
    example: str


@dataclass(frozen=True)
class _Later(WordAttribution):
    test: _Test | None = None
    others: tuple[WordScore, ...] = ()


def test_measures_of_later_versions_are_told_without_words() -> None:
    first = build_analysis().attributions.student
    assert first is not None
    test = _Test(0.25, True, "no better than chance", "Wilhelmina")
    later = _Later(**vars(first), test=test, others=(WordScore("Wilhelmina", 0, 10, 0.1),))
    rows = dict(collect_measures(later))
    assert rows["Test: comprehensiveness"] == "+0.2500"
    assert rows["Test: shaky"] == "yes"
    assert rows["Test: reason"] == "no better than chance"
    assert "Wilhelmina" not in str(rows)
    html = build_report(_with_student(later), ABOUT)
    assert "no better than chance" in html
    assert "Wilhelmina" not in html


def test_a_sound_of_several_labels() -> None:
    analysis = build_analysis()
    assert isinstance(analysis.attributions.audio, SoundAttribution)
    named = {"mild": 0.2, "moderate": 0.3, "severe": 0.5}
    prediction = replace(analysis.predictions["student"], probabilities=named)  # type: ignore[type-var]
    several = replace(
        analysis,
        labels=tuple(named),
        predictions=dict.fromkeys(analysis.predictions, prediction),
        teacher_contributions=None,
    )
    text = Seen(build_report(several, replace(ABOUT, sources={}))).text
    assert "P(moderate)" in text
    assert "0.300" in text


def _with_student(found: WordAttribution) -> Analysis:
    analysis = build_analysis()
    return replace(analysis, attributions=replace(analysis.attributions, student=found))


def plotly_of(html: str) -> str:
    return max(re.findall(r"<script>(.*?)</script>", html, re.DOTALL), key=len)


def test_an_explanation_that_failed_its_test_is_greyed_and_says_so() -> None:
    found = build_analysis().attributions.student
    assert found is not None
    failed = WordTrust(
        "word", 0.1, 0.4, 0.3, 0.2, "occlusion", 0.5, 0.5, "fails", ("no_better_than_random",)
    )
    html = build_report(_with_student(replace(found, trust=failed)), ABOUT)
    assert "●○○ Fails" in html
    assert html.count('class="shaky"') == 1 + build_report(build_analysis(), ABOUT).count(
        'class="shaky"'
    )
    heard = build_report(build_analysis(), ABOUT)
    assert "pitch up a whole tone" in heard and "●●● Holds: taking away the strongest" in heard


def test_the_report_tells_the_set_of_labels_and_what_the_reader_noted_first() -> None:
    analysis = replace(
        build_analysis(), prediction_set=PredictionSet(("depression", "suicide"), 0.9, 506)
    )
    html = build_report(analysis, replace(ABOUT, judgement="Posts from r/depression"))
    assert "not decided: r/depression or r/SuicideWatch" in html
    assert "Noted by the reader before the answer was shown" in html
    assert "Noted by the reader" not in build_report(analysis, ABOUT)
