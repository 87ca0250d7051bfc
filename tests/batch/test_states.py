"""States and sets of many rows against what the page Analyse says of each."""

from types import SimpleNamespace

import numpy as np
import pytest

from app.wording import UNDECIDED_TO, say_answer
from mhkd.analysis import Prediction, PredictionSet
from mhkd.batch.output import NOTICE, count_answers, find_doubt, find_limited, tabulate_answers
from mhkd.batch.posts import Columns, check_posts
from mhkd.batch.run import BatchRun
from mhkd.batch.states import (
    DECIDED_ABOVE,
    NO_ANSWER,
    NOT_DECIDED,
    STATES,
    SetRule,
    StateCounts,
    count_states,
    find_states,
    hold_labels,
    read_set_rule,
)
from mhkd.batch.table import PostTable
from mhkd.conformal import collect_labels
from tests.batch.answering import ExamplePredictor

ABC = ("a", "b", "c")


def draw(classes, rows=400, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(classes), rows)


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("least", [0.0, 0.2, 0.35, 0.61, 1.0])
def test_sets_are_those_of_each_post(least, ordered):
    probabilities = draw(3)
    held = hold_labels(probabilities, SetRule(least, ordered))
    for row, found in zip(probabilities.tolist(), held, strict=True):
        expected = collect_labels(dict(zip(ABC, row, strict=True)), least, ordered=ordered)
        assert tuple(np.array(ABC)[found]) == expected


@pytest.mark.parametrize("rule", [None, SetRule(0.33), SetRule(0.61)])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_row_is_decided_where_the_page_analyse_says_so(classes, rule):
    labels, probabilities = ABC[:classes], draw(classes)
    states = find_states(probabilities, np.zeros(len(probabilities), bool), rule)
    expected = []
    for row in probabilities.tolist():
        of = dict(zip(labels, row, strict=True))
        held = None
        if rule is not None:
            held = PredictionSet(collect_labels(of, rule.least_probability), 0.9, 500)
        expected.append(say_answer(Prediction(of, of), {}, held).decided)
    assert [STATES[state] == "decided" for state in states] == expected
    assert 0 < sum(expected) < len(expected)


def test_the_band_is_that_of_the_page_and_ends_undecided():
    assert DECIDED_ABOVE == UNDECIDED_TO
    row = np.array([[0.4, 0.6], [0.39, 0.61]], np.float32)  # 0.6 is more in float32 than as told
    assert find_states(row, np.zeros(2, bool)).tolist() == [1, 0]


def test_withheld_goes_before_decided_and_no_answer_stays_unknown():
    found = np.array([[0.1, 0.9], [0.5, 0.5], [np.nan, np.nan]], np.float32)
    assert find_states(found, np.array([True, True, True])).tolist() == [NO_ANSWER, NO_ANSWER, -1]
    assert not hold_labels(found, SetRule(0.1))[2].any()
    states = find_states(found, np.array([False, False, False]))
    assert states.tolist() == [0, NOT_DECIDED, -1]
    counts = count_states(("x", "y"), found, states)
    assert counts == StateCounts({"x": 0, "y": 1}, 1, 0) and counts.rows == 2


def test_the_rule_is_the_bundles():
    sets = SimpleNamespace(least_probability=0.3)
    assert read_set_rule(SimpleNamespace(conformal=sets, ordered=True)) == SetRule(0.3, True)
    assert read_set_rule(SimpleNamespace(conformal=None, ordered=True)) is None


def run_of(texts, models=("student", "text"), **more):
    posts = check_posts(
        PostTable("", {"text": texts}, ()), Columns("text"), ExamplePredictor.labels
    )
    run = BatchRun(posts, ExamplePredictor.labels, models, **more)
    run.advance(ExamplePredictor(limit=more.get("outside_limit")))
    return run


# P(suicide) of the student is (length % 97) / 97
SURE = "I went for a long walk today because the house was too quiet and on the way my sister call."
EVEN = "I walked home with my sister and it was good for me to talk"[:49].ljust(49, "y")
TEXTS = [SURE, EVEN, "I am tired.", "", SURE + SURE]


def test_each_row_tells_its_state_and_set():
    run = run_of(TEXTS, sets=SetRule(0.33))
    assert len(SURE) == 91 and run.posts.doubts[3].withheld
    table = tabulate_answers(run).to_pydict()
    assert table["student_state"][:4] == ["decided", "not decided", "no answer", None]
    assert table["student_set"][:4] == ["suicide", "depression; suicide", None, None]
    assert [label is None for label in table["student_label"]] == [False] * 3 + [True, False]
    assert "text_set" not in table
    assert table["text_state"][:3] == ["decided", "not decided", "no answer"]
    assert table["withheld"] == [False, False, True, False, False]
    counts = count_answers(run)
    assert list(counts) == ["student", "text"]
    assert counts["student"].rows == 4 and counts["student"].no_answer == 1


def test_without_sets_the_band_decides_and_no_set_is_told():
    table = tabulate_answers(run_of(TEXTS)).to_pandas()
    assert "student_set" not in table and table["student_state"][0] == "decided"


def test_a_row_outside_gets_no_answer():
    run = run_of(TEXTS, outside_limit=0.9)
    table = tabulate_answers(run).to_pandas()
    outside = (run.distances > 0.9).tolist()
    assert outside[0] and not outside[1]
    assert table["withheld"].tolist() == [o or n == 2 for n, o in enumerate(outside)]
    assert table["text_state"][0] == "no answer"


def test_what_was_not_read_is_a_finding():
    run = run_of(TEXTS)
    table = tabulate_answers(run).to_pandas()
    assert table["tokens_read"].tolist()[:3] == [91, 49, 11] and table["tokens_read"].isna()[3]
    assert (table["tokens_read"][4], table["tokens_total"][4]) == (100, 182)
    assert run.truncated.tolist() == [False] * 4 + [True]
    assert table["findings"][4].split("; ")[-1] == "truncated" and not table["withheld"][4]
    limited = find_limited(run).tolist()
    assert limited == [find_doubt(run, place) is not None for place in range(5)]


def test_models_that_read_no_tokens_have_no_such_columns():
    assert "tokens_read" not in tabulate_answers(run_of(TEXTS, ("emotion",))).column_names
    assert tabulate_answers(run_of(TEXTS, ("text",)))["tokens_total"].to_pylist()[0] == 91


def test_a_service_that_does_not_tell_leaves_tokens_empty():
    class Silent(ExamplePredictor):
        def answer_texts(self, *args, **more):
            found = super().answer_texts(*args, **more)
            return type(found)(found.probabilities, found.distances)

    posts = check_posts(PostTable("", {"text": TEXTS}, ()), Columns("text"), Silent.labels)
    run = BatchRun(posts, Silent.labels, ("student",))
    run.advance(Silent())
    assert tabulate_answers(run)["tokens_read"].null_count == 5 and not run.truncated.any()


def test_the_table_says_what_it_is_not():
    metadata = tabulate_answers(run_of(TEXTS), about={"bundle": "b"}).schema.metadata
    assert metadata == {b"notice": NOTICE.encode(), b"bundle": b"b"}
    assert NOTICE == "Labels posts, not people; not a diagnosis."
