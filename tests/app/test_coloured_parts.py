"""The second method's scores beside the words: one table, one choice, on the page and on paper."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from app.coloured_parts import is_masking_shaky, list_parts, say_masking, tabulate_strongest
from app.report_explained import build_explanations
from mhkd.analysis import WordAttribution, WordScore, WordTrust
from mhkd.text.spans import sentence_spans, word_spans
from tests.app.example_analysis import SOURCES, build_analysis

SHORT = "I am so very tired of it"
LONG = " ".join(f"Day {number} was so very grey." for number in range(30))


def explain(text: str, *, second: float = 0.8) -> WordAttribution:
    """An explanation of every word, tested by masking; ``second`` is how masking's order fared."""
    unit, spans = ("word", word_spans(text))
    words = tuple(
        WordScore(text[s.start : s.end], s.start, s.end, 0.01 * n) for n, s in enumerate(spans)
    )
    masked = words
    if len(words) > 150:
        unit = "sentence"
        masked = tuple(
            WordScore(text[s.start : s.end], s.start, s.end, 0.0) for s in sentence_spans(text)
        )
    trust = WordTrust(
        unit,  # type: ignore[arg-type]
        0.9, 0.2, 0.1, 0.4, f"occlusion of {unit}s", 0.7, 0.6, "holds", (),
        second_comprehensiveness=second,
    )  # fmt: skip
    masked = tuple(replace(part, score=0.5 - 0.1 * n) for n, part in enumerate(masked))
    found = build_analysis().attributions.student
    assert found is not None
    return replace(found, words=words, unit="word", trust=trust, masked=masked)


def test_both_scores_stand_beside_each_other_in_the_order_of_what_is_coloured() -> None:
    found = explain(SHORT)
    gradients, masking = list_parts(found, SHORT).values()
    header, rows = tabulate_strongest(found, gradients)
    assert header == ("Word", "Share of the logit", "Fall when masked")
    assert rows[0] == ("it", "+0.060", "\u2212" + "0.100")
    header, rows = tabulate_strongest(found, masking)
    assert header == ("Word", "Fall when masked", "Share of the logit")
    assert rows[0] == ("I", "+0.500", "0.000")


def test_sentences_are_set_beside_sentences_and_words_stay_alone() -> None:
    found = explain(LONG)
    choices = list_parts(found, LONG)
    assert list(choices) == ["Sentences", "Words", "One sentence masked at a time"]
    header, rows = tabulate_strongest(found, choices["Sentences"])
    assert len(header) == 3 and len(rows) == 10
    assert len(tabulate_strongest(found, choices["Words"])[0]) == 2
    header, rows = tabulate_strongest(found, choices["One sentence masked at a time"])
    # the last of 30 sentences falls most against it; its words add up by gradients
    assert rows[0][0] == "Day 29 was so very grey."
    assert rows[0][2] == f"+{sum(0.01 * n for n in range(174, 180)):.3f}"


def test_without_a_second_method_nothing_is_offered() -> None:
    found = replace(explain(SHORT), masked=())
    (parts,) = list_parts(found, SHORT).values()
    assert tabulate_strongest(found, parts)[0] == ("Word", "Share of the logit")


@pytest.mark.parametrize(("second", "shaky"), [(0.8, False), (0.2, True), (-0.1, True)])
def test_masking_that_does_no_better_than_chance_says_so(second: float, shaky: bool) -> None:
    found = explain(SHORT, second=second)
    masking = list(list_parts(found, SHORT).values())[-1]
    assert is_masking_shaky(found) == shaky
    assert ("no better than random" in say_masking(found, masking)) == shaky
    analysis = build_analysis()
    explained = replace(analysis.attributions, student=found)
    report = build_explanations(replace(analysis, attributions=explained), SOURCES, SHORT, {})
    assert ('<div class="shaky">' in report) == shaky
    assert "One word masked at a time" in report
    assert "Fall when masked" in report


def test_no_word_is_in_a_report_without_its_text() -> None:
    analysis = build_analysis()
    explained = replace(analysis.attributions, student=explain(SHORT))
    report = build_explanations(replace(analysis, attributions=explained), SOURCES, None, {})
    assert "masked at a time" not in report and "tired" not in report


def _draw(second: float) -> None:
    from app.components.words import draw_words, list_strongest
    from tests.app.test_coloured_parts import SHORT, explain

    found = explain(SHORT, second=second)
    list_strongest(found, draw_words(found, "student", SHORT, "r/SuicideWatch"))


@pytest.mark.parametrize("second", [0.8, 0.1])
def test_the_reader_chooses_whose_scores_are_coloured(second: float) -> None:
    page = AppTest.from_function(_draw, args=(second,), default_timeout=60).run()
    assert not page.exception
    html = " ".join(part.proto.body for part in page.get("html"))
    assert "Fall when masked" in html and "need not add up" not in html
    page.segmented_control(key="words_by_student").set_value("One word masked at a time").run()
    assert not page.exception
    html = " ".join(part.proto.body for part in page.get("html"))
    assert "need not add up: what two words say alike hardly shows in either" in html
    assert ("no better than random" in html) == (second < 0.2)
