import dataclasses

from app.counterfactual import say_counterfactual
from app.report import build_report
from mhkd.analysis import Counterfactual, WordScore
from mhkd.cases.wordless import keep_words_of
from tests.app.example_analysis import SOURCES, TEXT, build_analysis
from tests.app.test_report import ABOUT


def make(count=2, tried=5):
    removed = tuple(WordScore("secret", 7 * i, 7 * i + 6, 0.3) for i in range(count))
    return Counterfactual(
        unit="word",
        removed=removed,
        label_before="suicide",
        label_after="depression" if count else None,
        probability_before=0.78,
        probability_after=0.41 if count else None,
        tried=tried,
        texts_read=9,
    )


def test_it_says_how_many_and_how_far_but_not_which():
    told = say_counterfactual(make(), SOURCES)
    assert told.startswith("Without these 2 words the answer would lean to r/depression: ")
    assert "0.78" in told
    assert "0.41" in told
    assert "secret" not in told
    assert "this word" in say_counterfactual(make(1), SOURCES)


def test_none_is_an_answer_too():
    told = say_counterfactual(make(0), SOURCES)
    assert "up to 5 words" in told and "Other sets were not tried." in told
    alone = dataclasses.replace(make(0), alone=True)
    assert "nor does any one word alone" in say_counterfactual(alone, SOURCES)
    assert "No word alone does it." in say_counterfactual(
        dataclasses.replace(make(), alone=True), SOURCES
    )
    assert "up to 1 word that" in say_counterfactual(make(0, 1), SOURCES)
    assert say_counterfactual(make(0, 0), SOURCES).startswith("No word can be taken away")


def test_report_and_kept_case_tell_it_and_name_no_word_without_leave():
    analysis = build_analysis()
    attributions = dataclasses.replace(analysis.attributions, counterfactual=make())
    analysis = dataclasses.replace(analysis, attributions=attributions)
    bare, full = build_report(analysis, ABOUT), build_report(analysis, ABOUT, text=TEXT)
    assert "Without these 2 words" in bare
    assert "secret" not in bare
    assert "removed word" not in bare
    assert "removed word" in full
    kept = keep_words_of(analysis, None)["attributions"]["counterfactual"]
    assert (kept["label_before"], kept["label_after"]) == ("suicide", "depression")
    assert kept["removed"] is None
