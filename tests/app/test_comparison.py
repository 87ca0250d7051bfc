"""What differs between two analyses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.comparison import (
    compare_models,
    compare_scores,
    compare_texts,
    find_new_findings,
    list_shared_labels,
)
from app.comparison_charts import draw_changes, draw_pair_contributions, draw_pair_emotions
from app.comparison_numbers import list_changes, list_pair_contributions, list_pair_emotions
from app.comparison_report import AboutPair, build_comparison_report
from app.comparison_wording import (
    SCORES_APART,
    say_alone,
    say_headline,
    say_sides_changed,
    say_student,
    say_texts,
)
from app.components.compare.export import encode
from app.components.help_lines import HelpLines
from mhkd.analysis import Analysis, Finding
from mhkd.post import Post
from tests.app.example_analysis import LABELS, SOURCES, TEXT, build_analysis

_EDITED = TEXT.replace("a burden to everyone", "part of something")


def _pair(first: float = 0.82, second: float = 0.55) -> tuple[Analysis, Analysis]:
    return (
        build_analysis(Post(TEXT), probability=first),
        build_analysis(Post(_EDITED), probability=second, speak=False),
    )


def test_differences_are_second_minus_first_and_sides_follow_the_undecided_band() -> None:
    changes = {change.model: change for change in compare_models(*_pair(), "suicide")}
    assert changes["student"].difference == pytest.approx(0.55 - 0.82)
    assert changes["student"].sides == ("suicide", None)
    assert changes["student"].changed_side
    assert changes["text"].difference == 0 and not changes["text"].changed_side
    assert changes["audio"].second is None and changes["audio"].difference is None
    assert not changes["audio"].changed_side


def test_the_other_label_moves_the_other_way() -> None:
    here = compare_models(*_pair(), "suicide")
    there = compare_models(*_pair(), "depression")
    for one, other in zip(here, there, strict=True):
        if one.difference is not None and other.difference is not None:
            assert one.difference == pytest.approx(-other.difference)


@pytest.mark.parametrize(
    ("before", "after", "removed", "added"),
    [
        ("a b c", "a b c", [], []),
        ("a b c", "a c", ["b"], []),
        ("a c", "a b c", [], ["b"]),
        ("I am so tired", "I am very  tired", ["so"], ["very"]),
        ("", "new words", [], ["new words"]),
    ],
)
def test_words_removed_and_added(
    before: str, after: str, removed: list[str], added: list[str]
) -> None:
    found = compare_texts(before, after)
    assert [before[a:b] for a, b in found.removed] == removed
    assert [after[a:b] for a, b in found.added] == added


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from("abcd"), max_size=12), st.lists(st.sampled_from("abcd"), max_size=12)
)
def test_what_is_common_is_common_and_nothing_is_lost(one: list[str], two: list[str]) -> None:
    before, after = " ".join(one), "\n".join(two)
    found = compare_texts(before, after)
    assert [before[a:b] for (a, b), _ in found.common] == [after[a:b] for _, (a, b) in found.common]
    assert len(found.common) + found.removed_words == len(one)
    assert len(found.common) + found.added_words == len(two)


def test_scores_of_words_that_stay_are_subtracted_and_of_others_kept() -> None:
    first, second = (analysis.attributions.student for analysis in _pair())
    assert first is not None and second is not None
    rows = compare_scores(first, second, compare_texts(TEXT, _EDITED))
    by_word = {row.word: row for row in rows}
    assert by_word["burden"].second is None
    assert by_word["burden"].difference == pytest.approx(-0.9)
    assert by_word["something."].first is None
    assert by_word["sister"].difference == pytest.approx(0)
    sums = [sum(word.score for word in side.words) for side in (first, second)]
    assert sum(row.difference for row in rows) == pytest.approx(sums[1] - sums[0])
    sizes = [abs(row.difference) for row in rows]
    assert sizes == sorted(sizes, reverse=True)


def test_probabilities_over_other_labels_are_not_subtracted() -> None:
    first, second = _pair()
    other = replace(second, labels=("depression", "non_depression"))
    assert list_shared_labels(first, second) == LABELS
    assert list_shared_labels(first, other) == ()
    assert '"difference": null' in encode((first, other), "bundles", mismatch=False)


def test_a_report_of_other_labels_subtracts_nothing() -> None:
    first, second = _pair()
    renamed = {
        name: found
        and replace(
            found,
            probabilities=dict(zip(("none", "other"), found.probabilities.values(), strict=True)),
        )
        for name, found in second.predictions.items()
    }
    other = replace(
        second, labels=("none", "other"), predictions=renamed, teacher_contributions=None
    )
    words, emotions = first.attributions.student, first.attributions.emotion
    about = AboutPair(
        "now",
        "bundles",
        (SOURCES, {"none": "other parts of Reddit"}),
        HelpLines((), "checked"),
        student=(words, replace(words, target="none")),  # type: ignore[arg-type, type-var]
        emotions=(emotions, replace(emotions, target="none")),  # type: ignore[arg-type, type-var]
    )
    told = build_comparison_report((first, other), about, texts=(TEXT, TEXT))
    body = told[told.index("<main>") : told.index("</main>")]
    assert "different labels" in body and "points)" not in body
    assert "Difference" not in body and SCORES_APART in body
    assert body.count("First bundle, toward r/SuicideWatch") == 2
    assert body.count("Second bundle, toward other parts of Reddit") == 2
    assert "other parts of Reddit about equally (0.55)." in body


def test_a_side_that_stands_alone_says_when_it_gets_no_answer() -> None:
    told = say_alone(build_analysis(outside=True), SOURCES)
    assert told.startswith("Outside what this model knows. It is unlike the posts")
    assert "Its forced choice: This post resembles posts from r/SuicideWatch" in told
    silent = replace(build_analysis(), predictions={"student": None})
    assert say_alone(silent, SOURCES) == "The student did not answer."


def test_new_findings() -> None:
    first, second = _pair()
    new = replace(second, quality=(*second.quality, Finding("unfamiliar", "…")))
    assert find_new_findings(first, new) == ("unfamiliar",)


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (0.55, "The edit moves the student 27.0 points away from r/SuicideWatch."),
        (0.9, "The edit moves the student 8.0 points toward r/SuicideWatch."),
        (0.825, "The edit hardly moves the student."),
    ],
)
def test_headline(second: float, told: str) -> None:
    changes = compare_models(*_pair(second=second), "suicide")
    assert say_headline(changes, "suicide", "edit", SOURCES) == told


def test_sentences() -> None:
    changes = compare_models(*_pair(), "suicide")
    assert say_student(changes, "suicide", SOURCES) == (
        "Its probability of r/SuicideWatch: 0.82 → 0.55 (−27.0 points). "
        "It changes sides: r/SuicideWatch → not decided."
    )
    assert say_sides_changed(changes, SOURCES) == "Teachers’ mean: not decided → r/SuicideWatch."
    assert say_texts(compare_texts("a b", "a c d")) == (
        "1 word taken out, 2 words put in, 1 word the same."
    )


def test_figures_share_a_scale_and_hold_no_word_of_the_posts() -> None:
    first, second = _pair()
    figure = draw_changes(compare_models(first, second, "suicide"), "suicide", LABELS, SOURCES)
    assert tuple(figure.layout.xaxis.range) == (-0.02, 1.56)
    told = [note.text for note in figure.layout.annotations]
    assert "−27.0 points" in told and "one side only" in told
    emotions = [analysis.attributions.emotion for analysis in (first, second)]
    drawn = draw_pair_emotions(*emotions, ("Before", "After"))  # type: ignore[arg-type]
    low, high = drawn.layout.xaxis.range
    assert low == -high and high > max(abs(v) for bar in drawn.data for v in bar.x)
    contributions = draw_pair_contributions(
        first.teacher_contributions,  # type: ignore[arg-type]
        second.teacher_contributions,  # type: ignore[arg-type]
        ("Before", "After"),
    )
    for one in (figure, drawn, contributions):
        assert "burden" not in one.to_json()


def test_numbers_of_the_figures() -> None:
    first, second = _pair()
    names = ("Before", "After")
    rows = list_changes(compare_models(first, second, "suicide"), "suicide", names)
    lines = rows.to_csv().decode("utf-8-sig").splitlines()
    assert lines[0] == 'model,"P(suicide), before","P(suicide), after",difference'
    assert lines[1].startswith("Student,0.82,0.55,-0.2")
    contributions = list_pair_contributions(
        first.teacher_contributions,  # type: ignore[arg-type]
        second.teacher_contributions,  # type: ignore[arg-type]
        names,
    )
    emotions = [analysis.attributions.emotion for analysis in (first, second)]
    drawn = list_pair_emotions(*emotions, names)  # type: ignore[arg-type]
    for numbers in (contributions, drawn):
        assert "burden" not in numbers.to_csv().decode("utf-8")


@pytest.mark.parametrize("with_texts", [True, False])
def test_a_report_holds_the_texts_only_where_asked(with_texts: bool) -> None:
    first, second = _pair()
    nasty = "<script>alert(1)</script> burden"
    about = AboutPair(
        "24 November 2026",
        "edit",
        (SOURCES, SOURCES),
        HelpLines((("988", "tel:988", "988", "US"),), "checked"),
        mismatch=True,
        student=(first.attributions.student, second.attributions.student),  # type: ignore[arg-type]
        emotions=(first.attributions.emotion, second.attributions.emotion),  # type: ignore[arg-type]
    )
    texts = (TEXT + nasty, _EDITED + nasty) if with_texts else None
    told = build_comparison_report((first, second), about, texts=texts)
    body = told[told.index("<main>") : told.index("</main>")]
    assert "−27.0 points" in body and "no longer matches" in body and "not a diagnosis" in body
    assert ("burden" in body) is with_texts
    assert "<script>alert" not in body
