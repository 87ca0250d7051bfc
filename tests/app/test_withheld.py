"""Where no answer is given, no page speaks as if there were one."""

from __future__ import annotations

from dataclasses import replace

from app.comparison_report import AboutPair, build_comparison_report
from app.comparison_wording import say_no_comparison
from app.components.help_lines import HelpLines
from app.tour import say_student
from mhkd.analysis import Finding
from tests.app.example_analysis import SOURCES, build_analysis

SHORT = Finding("too_few_words", "The post has 2 words.", "abstains")


def test_the_tour_says_why_and_what_would_be_chosen() -> None:
    answered = build_analysis()
    assert "Calibrated probability 0.78" in say_student(answered, SOURCES)
    told = say_student(replace(answered, quality=(SHORT,)), SOURCES)
    assert told.startswith("No answer: ")
    assert "The post has 2 words." in told
    assert "If it had to choose, r/SuicideWatch" in told
    assert "resembles" not in told
    outside = say_student(build_analysis(outside=True), SOURCES)
    assert outside.startswith("Outside what this model knows.")


def test_a_comparison_names_the_side_without_answer() -> None:
    answered, short = build_analysis(), replace(build_analysis(), quality=(SHORT,))
    names = ("Before", "After")
    one = say_no_comparison(answered, short, names)
    assert one == "Not compared: there is no answer for one side: after."
    assert say_no_comparison(short, short, names).endswith("on either side.")


def test_a_report_of_a_comparison_does_so_too_and_greys_what_failed() -> None:
    first, second = build_analysis(), replace(build_analysis(), quality=(SHORT,))
    emotion = first.attributions.emotion
    assert emotion is not None
    failed = replace(emotion, converged=False)
    about = AboutPair(
        "now", "edit", (SOURCES, SOURCES), HelpLines((), "checked"), emotions=(emotion, failed)
    )
    told = build_comparison_report((first, second), about)
    body = told[told.index("<main>") : told.index("</main>")]
    assert "<h1>Not compared: there is no answer for one side: after.</h1>" in body
    assert "Forced choice: " in body
    assert '<section class="shaky">' in body
    fine = build_comparison_report((first, first), replace(about, emotions=(emotion, emotion)))
    assert '<section class="shaky">' not in fine
