import threading

import numpy as np
import pytest

from mhkd.batch.output import describe_run, tabulate_answers
from mhkd.batch.posts import Columns, check_posts
from mhkd.batch.run import BatchRun, mean_of_teachers, name_teachers
from mhkd.batch.table import read_table
from mhkd.errors import Cancelled, InputError
from tests.batch.answering import ExamplePredictor

LABELS = ExamplePredictor.labels


def posts_of(texts):
    content = "text\n" + "\n".join(f'"{text}"' for text in texts)
    return check_posts(read_table("a.csv", content.encode()), Columns("text"), LABELS)


def run_of(texts, models=("student",)):
    return BatchRun(posts_of(texts), LABELS, models)


TEXTS = [f"a post of some words {'x' * (n % 40)}" for n in range(200)]


def test_every_row_gets_the_answer_to_its_own_text():
    run, texts = run_of(["", *TEXTS]), TEXTS
    chunks = []
    run.advance(ExamplePredictor(), on_chunk=lambda: chunks.append(run.done))
    expected = [(len(text) % 97) / 97 for text in texts]
    assert run.finished and chunks[-1] == 200 and len(chunks) > 2
    assert run.probabilities["student"][1:, 1] == pytest.approx(expected)
    assert np.isnan(run.probabilities["student"][0]).all()
    assert run.rows_per_s > 0 and run.left_s == 0


def test_a_poison_row_is_found_and_the_others_answered():
    texts = [*TEXTS[:70], "poison it is", *TEXTS[70:90]]
    run = run_of(texts, ("student", "text"))
    run.advance(ExamplePredictor())
    assert {row: fault.code for row, fault in run.faults.items()} == {71: "model"}
    assert np.isnan(run.probabilities["text"][:, 0]).sum() == 1


def test_a_broken_model_is_not_blamed_on_the_rows():
    run = run_of(TEXTS)
    with pytest.raises(RuntimeError):
        run.advance(ExamplePredictor(broken=True))
    assert run.done == 0 and not run.faults


def test_a_cancelled_run_goes_on_where_it_stood():
    run = run_of(TEXTS)
    with pytest.raises(Cancelled):
        run.advance(ExamplePredictor(cancel_after=100))
    assert 0 < run.done < 200
    again = ExamplePredictor()
    run.advance(again)
    assert run.finished and again.asked == TEXTS[-len(again.asked) :]
    whole = run_of(TEXTS)
    whole.advance(ExamplePredictor())
    assert (run.probabilities["student"] == whole.probabilities["student"]).all()


def test_first_rows_count_toward_the_whole():
    run = run_of(TEXTS)
    run.advance(ExamplePredictor(), rows=16)
    assert run.done == 16 and run.left_s is not None


def test_a_busy_model_is_waited_for():
    run = run_of(TEXTS[:5])
    run.advance(ExamplePredictor(busy=1))
    assert run.finished


def test_cancel_is_seen_before_the_first_row():
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        run_of(TEXTS).advance(ExamplePredictor(), cancel=cancel)


def test_distances_are_kept_where_a_limit_is_given():
    run = BatchRun(posts_of([*TEXTS[:5], ""]), LABELS, ("text", "student"), outside_limit=0.22)
    run.advance(ExamplePredictor())
    expected = [len(text) / 100 for text in TEXTS[:5]]
    assert run.distances[:5] == pytest.approx(expected) and np.isnan(run.distances[5])
    assert run.outside.tolist() == [d > 0.22 for d in expected] + [False]
    table = tabulate_answers(run).to_pandas()
    assert table["outside"][:5].tolist() == run.outside[:5].tolist() and table["outside"].isna()[5]
    assert table["withheld"][:5].tolist() == table["outside"][:5].tolist()
    told = table["findings"][:5].str.contains("unfamiliar").tolist()
    assert told == table["outside"][:5].tolist() and not table["withheld"][5]
    assert describe_run(run) == {"models": "text,student", "outside_limit": "0.22"}


@pytest.mark.parametrize(("models", "limit"), [(("text",), 0.2), (("student",), None)])
def test_without_student_or_limit_there_are_no_distances(models, limit):
    run = BatchRun(posts_of(TEXTS[:5]), LABELS, models, outside_limit=limit)
    run.advance(ExamplePredictor())
    assert run.outside is None and "outside" not in tabulate_answers(run).column_names


def test_no_model():
    with pytest.raises(InputError, match="at least one"):
        run_of(TEXTS, ())


def test_the_mean_of_teachers_needs_two():
    one = np.array([[0.2, 0.8]], np.float32)
    assert mean_of_teachers({"student": one, "text": one}) is None
    found = mean_of_teachers({"text": one, "emotion": one[:, ::-1]})
    assert found.tolist() == [[0.5, 0.5]]


def test_the_mean_is_of_the_teachers_that_answered():
    text = np.array([[0.2, 0.8], [0.2, 0.8], [np.nan, np.nan]], np.float32)
    audio = np.array([[0.6, 0.4], [np.nan, np.nan], [np.nan, np.nan]], np.float32)
    found = mean_of_teachers({"text": text, "audio": audio})
    assert (
        found[:2] == pytest.approx(np.array([[0.4, 0.6], [0.2, 0.8]])) and np.isnan(found[2]).all()
    )
    assert name_teachers({"text": text, "student": text, "audio": audio}) == [
        "text; audio",
        "text",
        "",
    ]
