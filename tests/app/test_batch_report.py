"""Figures, numbers and the report of a batch: plain values in, no word of a post out."""

import csv
import io

import numpy as np
import pytest

from app import batch_charts as charts
from app import batch_numbers as numbers
from app.batch_report import BatchAbout, build_batch_report, list_versions
from app.batch_wording import (
    say_duration,
    say_estimate,
    say_matches,
    say_outside_rows,
    say_share,
    say_sound,
    say_sounds,
    say_unknown,
)
from app.batch_work import Job, Settings
from app.components.batch.rows import find_disagreement
from app.components.help_lines import read_help_lines
from mhkd.batch.curves import (
    Estimate,
    bin_reliability,
    count_confusion,
    trace_risk_coverage,
    trace_roc,
)
from mhkd.batch.measured import measure_models, pick_labelled
from mhkd.batch.output import collect_answers
from mhkd.batch.posts import Columns, check_posts
from mhkd.batch.run import BatchRun
from mhkd.batch.sounds import RowSound
from mhkd.batch.table import read_table
from tests.app.example_analysis import SOURCES
from tests.app.example_batch import LIMIT, BatchAnalyser, write_posts


@pytest.fixture(scope="module")
def job():
    table = read_table("posts.csv", write_posts(60).encode())
    columns = Columns("text", "id", "label")
    posts = check_posts(table, columns, BatchAnalyser().labels)
    run = BatchRun(posts, BatchAnalyser().labels, ("student",), outside_limit=LIMIT)
    run.advance(BatchAnalyser())
    job = Job(table, Settings(columns, ("student",)), None, run=run)
    job.labelled = pick_labelled(collect_answers(run), posts.truth)
    job.metrics = measure_models(job.labelled)
    return job


def test_the_report_tells_all_and_holds_no_post(job):
    versions = list_versions("b <1>", "2" * 64)
    about = BatchAbout("today", "b <1>", SOURCES, read_help_lines(), versions)
    html = build_batch_report(job, job.run, about, "suicide")
    body = html.split("<main>")[1].split("</main>")[0]
    outside = f"{int(job.run.outside.sum())} of 59 posts"
    told_all = ("60 posts, read as text", "b &lt;1&gt;", "On 59 rows", "The text is empty.", "988")
    for told in (*told_all, "ROC", outside, "within what the model knows", "no sound was heard"):
        assert told in body
    assert "2" * 64 in body and "<td >transformers</td>" in body
    assert body.count('class="chart"') == 5
    assert "my sister" not in body and "onerror" not in body


def test_figures_show_the_numbers(job):
    probabilities, truth = job.labelled.probabilities["student"], job.labelled.truth
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
    risk = trace_risk_coverage(job.labelled.probabilities["student"], job.labelled.truth)
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
