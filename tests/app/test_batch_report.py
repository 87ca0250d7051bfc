"""Figures, numbers and the report of a batch: plain values in, no word of a post out."""

import csv
import io

import numpy as np
import pytest

from app import batch_charts as charts
from app import batch_numbers as numbers
from app.batch_report import BatchAbout, ChosenThreshold, build_batch_report, list_versions
from app.batch_wording import (
    say_answers,
    say_doubts,
    say_duration,
    say_estimate,
    say_faults,
    say_matches,
    say_measured,
    say_outside_rows,
    say_share,
    say_sound,
    say_sounds,
    say_state,
    say_tokens,
    say_truncated,
    say_unknown,
    tell_reading,
)
from app.batch_work import Job, Settings
from app.components.batch.rows import find_disagreement
from app.components.help_lines import read_help_lines
from mhkd.batch.curves import (
    Estimate,
    bin_reliability,
    count_confusion,
    read_threshold,
    trace_risk_coverage,
    trace_roc,
)
from mhkd.batch.measured import measure_answered, measure_rows, pick_labelled
from mhkd.batch.output import NOTICE, collect_answers
from mhkd.batch.posts import Columns, Doubt, check_posts
from mhkd.batch.run import BatchRun
from mhkd.batch.sounds import RowSound, Sounds
from mhkd.batch.states import NO_ANSWER, SetRule
from mhkd.batch.table import RowFault, read_table
from tests.app.example_analysis import SOURCES
from tests.app.example_batch import LIMIT, BatchAnalyser, write_posts


@pytest.fixture(scope="module")
def job():
    table = read_table("posts.csv", write_posts(60).encode())
    columns = Columns("text", "id", "label")
    posts = check_posts(table, columns, BatchAnalyser().labels)
    run = BatchRun(
        posts, BatchAnalyser().labels, ("student",), outside_limit=LIMIT, sets=SetRule(0.33)
    )
    run.advance(BatchAnalyser())
    job = Job(table, Settings(columns, ("student",)), None, run=run)
    labelled = pick_labelled(collect_answers(run), posts.truth)
    job.measured = measure_rows(labelled, run.withheld)
    job.measured_answered = measure_answered(labelled, run.withheld)
    return job


def test_the_report_tells_all_and_holds_no_post(job):
    versions = list_versions("b <1>", "2" * 64)
    about = BatchAbout("today", "b <1>", SOURCES, read_help_lines(), versions)
    html = build_batch_report(job.run, job.measured, about, "suicide")
    body = html.split("<main>")[1].split("</main>")[0]
    outside = f"{int(job.run.outside.sum())} of 59 posts"
    told_all = ("60 posts, read as text", "b &lt;1&gt;", "On 59 rows", "The text is empty.", "988")
    for told in (*told_all, "ROC", outside, "within what the model knows", "no sound was heard"):
        assert told in body
    assert "2" * 64 in body and "<td >transformers</td>" in body
    assert body.count('class="chart"') == 5
    assert "not decided, " in body and "get no answer." in body
    assert "It is no diagnosis and says nothing about a person" in body
    assert "At the threshold" not in body
    assert "my sister" not in body and "onerror" not in body


@pytest.mark.parametrize(
    ("prevalence", "told"), [(None, "not stated."), (0.1, "10 %, as stated there.")]
)
def test_the_report_names_the_threshold_and_the_prevalence(job, prevalence, told):
    about = BatchAbout("today", "b", SOURCES, read_help_lines())
    chosen = ChosenThreshold(0.62, prevalence)
    html = build_batch_report(job.run, job.measured, about, "suicide", chosen)
    assert "from the probability 0.62 on, as set on the page" in html and told in html
    labelled = job.measured.labelled
    probability, positive = labelled.probabilities["student"][:, 1], labelled.truth == 1
    hit = int(((probability >= 0.62) & positive).sum())
    assert f"{hit} of {int(positive.sum())}" in html
    assert ("state a prevalence" in html) == (prevalence is None)
    reading = read_threshold(probability, positive, 0.62, prevalence or 0.5)
    assert tell_reading(reading, stated=True)[0][2] == f"{hit} of {int(positive.sum())}"


def test_withheld_rows_are_measured_or_left_out_and_told(job):
    whole, answered, done = job.measured, job.measured_answered, job.run.done
    n = int(job.run.withheld[whole.labelled.rows].sum())
    assert 0 < n == whole.withheld == answered.left_out < 59
    assert len(answered.labelled) == 59 - n and not job.run.withheld[answered.labelled.rows].any()
    assert f"{n} of them get no answer and are in the measures" in say_measured(whole, done)
    told = say_measured(answered, done)
    assert f"{n} labelled rows that get no answer are left out." in told
    assert f"On {59 - n} rows" in told and "rows have none" not in told
    accuracy = answered.labelled.probabilities["student"].argmax(1) == answered.labelled.truth
    assert answered.metrics["student"]["accuracy"] == pytest.approx(accuracy.mean())
    nobody = np.zeros(60, bool)
    assert measure_answered(whole.labelled, nobody) is measure_answered(whole.labelled, ~nobody)
    plain = measure_rows(whole.labelled, nobody)
    assert "None of them gets no answer" in say_measured(plain, done)
    empty = pick_labelled(collect_answers(job.run), np.full(60, -1))
    assert measure_rows(empty, nobody) is None


def test_the_first_sentence_counts_the_states_apart(job):
    run, found = job.run, job.run.probabilities["student"]
    states = run.judge("student", found)
    guess = np.nan_to_num(found).argmax(1)
    a, b = (int(((states == 0) & (guess == place)).sum()) for place in (0, 1))
    undecided, withheld = int((states == 1).sum()), int((states == 2).sum())
    assert a + b + undecided + withheld == 59 and min(a, b, undecided, withheld) > 1
    assert say_answers(run, "student", found, SOURCES) == (
        f"Of 59 posts that were answered, {a} ({100 * a / 59:.1f} %) resemble posts from "
        f"r/depression, {b} ({100 * b / 59:.1f} %) resemble posts from r/SuicideWatch; {undecided} "
        f"({100 * undecided / 59:.1f} %) are not decided, {withheld} ({100 * withheld / 59:.1f} %) "
        "get no answer."
    )
    nothing = np.full_like(found, np.nan)
    assert say_answers(run, "student", nothing, SOURCES) == "No row was answered."


def test_words_for_states_and_what_limits_them(job):
    assert say_state(0, "suicide") == "suicide" and say_state(-1, "suicide") == "–"
    assert say_state(1, "suicide") == "not decided (forced choice: suicide)"
    assert say_state(NO_ANSWER, "suicide") == "no answer (forced choice: suicide)"
    assert say_faults({1: RowFault(1, "empty", "")}) == "1 row can’t be answered (empty text: 1)."
    told = say_doubts({1: Doubt(("short",), False), 2: Doubt(("too_few_words",), True)})
    assert "2 rows limits their answers" in told and "1 of them gets no answer" in told
    assert NOTICE == "Labels posts, not people; not a diagnosis."


def test_posts_that_were_not_read_to_the_end_are_told(job):
    n = int(job.run.truncated.sum())
    assert n > 1 and f"{n} posts are longer" in say_truncated(job.run)
    assert "the first 60 tokens" in say_truncated(job.run)
    assert say_truncated(BatchRun(job.run.posts, job.run.labels, ("student",))) is None
    assert say_tokens(1016, 2400) == "1,016 of 2,400" and say_tokens(0, 0) == ""
    about = BatchAbout("today", "b", SOURCES, read_help_lines())
    html = build_batch_report(job.run, job.measured, about, "suicide")
    assert "By whether all of the text was read" in html and "cut short" in html


def test_recordings_that_were_not_heard_to_the_end_are_told(job):
    run = BatchRun(job.run.posts, job.run.labels, ("audio",))
    run.sounds = Sounds(60)
    run.sounds.note(0, RowSound("recorded", 60.0, None, (), 95.0))
    run.recordings = {}
    assert "Of 1 recording only the beginning was heard." in say_sounds(run)
    about = BatchAbout("today", "b", SOURCES, read_help_lines())
    assert "60.0 of 95.0" in build_batch_report(run, None, about, "suicide")


def test_figures_show_the_numbers(job):
    labelled = job.measured.labelled
    probabilities, truth = labelled.probabilities["student"], labelled.truth
    counts = count_confusion(probabilities.argmax(1), truth, 2)
    assert np.sum(charts.draw_confusion(counts, ["<b>", "y"]).data[0].z) == pytest.approx(2)
    assert charts.draw_confusion(counts, ["<b>", "y"]).data[0].x[0] == "&lt;b&gt;"
    roc = trace_roc(probabilities[:, 1], truth == 1)
    drawn = charts.draw_roc(roc, 0.5)
    assert list(drawn.data[1].y) == roc.y.tolist()
    place = int(abs(roc.thresholds - 0.5).argmin())
    assert drawn.data[2].x[0] == roc.x[place]
    bins = bin_reliability(probabilities, truth)
    assert list(charts.draw_reliability(bins).data[1].customdata) == [part.n for part in bins]


def test_numbers_come_back_from_csv(job):
    labelled = job.measured.labelled
    risk = trace_risk_coverage(labelled.probabilities["student"], labelled.truth)
    told = numbers.list_risk(risk).to_csv().decode()
    rows = list(csv.reader(io.StringIO(told)))
    assert rows[0] == ["least confidence", "coverage", "risk"]
    assert [float(row[1]) for row in rows[1:]] == pytest.approx(risk.coverage.tolist())


def test_rows_disagree_by_the_models_that_answered_them():
    nothing = [np.nan, np.nan]
    student = np.array([[0.2, 0.8], [0.2, 0.8], [0.9, 0.1], nothing])
    audio = np.array([[0.7, 0.3], nothing, [0.6, 0.4], nothing])
    found = find_disagreement({"student": student, "audio": audio})
    assert found.tolist() == [True, False, False, False]


def test_words_for_sound_and_distance(job):
    assert say_sound(RowSound("recorded", 12.3)) == "recorded (12 s)"
    heard = RowSound("recorded", 60.0, total_s=94.8)
    assert say_sound(heard) == "recorded (60 of 95 s heard)"
    assert say_sound(RowSound("none", 0.0, "Torn.")) == "none" and say_sound(None) == ""
    assert say_matches(["a.wav", "", "b.wav"], {"a.wav"}).startswith("2 of 3 rows name a rec")
    assert "1 of these" in say_matches(["a.wav", "", "b.wav"], {"a.wav"})
    assert say_sounds(job.run) is None
    assert say_unknown(1) == "1 value of the label column is no label"
    assert say_unknown(2) == "2 values of the label column are no label"
    assert f"above {LIMIT:.2f}" in say_outside_rows(job.run)
    assert say_outside_rows(BatchRun(job.run.posts, job.run.labels, ("student",))) is None


def test_words_for_numbers(job):
    assert say_share(Estimate(0.5, 0.25, 0.75, 8), n=True) == "50.0 % (25.0–75.0), n = 8"
    assert say_share(Estimate(None, None, None)) == "–"
    assert say_duration(3) == "a few seconds" and say_duration(600) == "about 10 minutes"
    assert "answered" in say_estimate(job.run)
