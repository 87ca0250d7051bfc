"""A post over 150 words is coloured by sentences first, on the page and in a report."""

from __future__ import annotations

from dataclasses import replace

from streamlit.testing.v1 import AppTest

from app.report_explained import build_explanations
from mhkd.analysis import WordAttribution, WordScore
from mhkd.text.spans import word_spans
from tests.app.example_analysis import SOURCES, build_analysis

LONG = " ".join(f"Day {number} was so very grey." for number in range(30))


def explain(text: str) -> WordAttribution:
    """An explanation of every word, the same score for each."""
    words = tuple(
        WordScore(text[span.start : span.end], span.start, span.end, 0.01)
        for span in word_spans(text)
    )
    found = build_analysis().attributions.student
    assert found is not None
    return replace(found, words=words, unit="word")


def _draw(text: str) -> None:
    from app.components.words import draw_words, list_strongest
    from tests.app.test_long_post import explain

    found = explain(text)
    list_strongest(found, draw_words(found, "student", text, "r/SuicideWatch"))


def _open(text: str) -> AppTest:
    page = AppTest.from_function(_draw, args=(text,), default_timeout=60).run()
    assert not page.exception
    return page


def _html(page: AppTest) -> str:
    return " ".join(part.proto.body for part in page.get("html"))


def test_sentences_come_first_and_words_can_be_asked_for() -> None:
    page = _open(LONG)
    assert page.expander[0].label == "Strongest sentences as a table"
    assert "stronger sentences are darker" in _html(page)
    assert "Day 0 was so very grey.</td>" in _html(page).replace("</th>", "</td>")
    assert "+0.060" in _html(page)
    page.segmented_control(key="words_by_student").set_value("Words").run()
    assert page.expander[0].label == "Strongest words as a table"
    assert "stronger words are darker" in _html(page)


def test_a_short_post_is_coloured_word_by_word() -> None:
    page = _open(LONG[:300])
    assert not page.segmented_control
    assert page.expander[0].label == "Strongest words as a table"


def test_a_report_has_both() -> None:
    analysis = build_analysis()
    explained = replace(analysis.attributions, student=explain(LONG))
    analysis = replace(analysis, attributions=explained)
    shown = build_explanations(analysis, SOURCES, LONG, {})
    assert shown.count("<h4>Sentences</h4>") == shown.count("<h4>Words</h4>") == 1
    assert ">Day 3 was so very grey.</" in shown
    assert "<h4>Sentences" not in build_explanations(analysis, SOURCES, None, {})
