from dataclasses import replace

import pandas as pd
import pytest
from typer.testing import CliRunner

from mhkd.bundle import load_bundle
from mhkd.cli import app
from mhkd.results.rows import (
    OURS,
    collect_rows,
    find_comparison,
    published_source,
    read_published,
)
from mhkd.results.tables import build_frame, build_markdown, draw_rows, tell_comparisons

SPREAD = {"values": [0.7, 0.8], "mean": 0.75, "sd": 0.07}


@pytest.fixture(scope="module")
def bundle():
    opened = load_bundle("sdcnl")
    found = opened.manifest
    subsets = {
        "students": [{"teachers": ["text"], "seeds": [0, 1], "accuracy": SPREAD}],
        "shapley": None,
    }
    changed = found.model_copy(update={"metrics": {**found.metrics, "subsets": subsets}})
    return replace(opened, manifest=changed)


def test_every_model_stands_beside_the_published_rows(bundle):
    rows = collect_rows(bundle)
    student = next(row for row in rows if row.model == "Student")
    assert student.values["accuracy"].value == bundle.manifest.metrics["student"]["accuracy"]
    low, high = bundle.manifest.metrics["student"]["intervals"]["f1_macro"]
    assert (student.values["f1_macro"].low, student.values["f1_macro"].high) == (low, high)
    of_text = next(row for row in rows if row.model == "Student of text")
    assert (of_text.seeds, of_text.values["accuracy"].sd) == (2, 0.07)
    low, high = bundle.manifest.metrics["student"]["intervals"]["f1_per_class"][1]
    assert (student.values["f1: suicide"].low, student.values["f1: suicide"].high) == (low, high)
    assert [row.model for row in rows if row.origin != OURS][-1] == "3M-Health, all teachers"


def test_a_published_interval_is_wilsons():
    row = read_published("sdcnl")[-1]
    assert row.values["accuracy"].value == pytest.approx(0.752)
    assert row.values["accuracy"].low == pytest.approx(0.706, abs=5e-4)
    assert row.values["accuracy"].high == pytest.approx(0.793, abs=5e-4)
    assert read_published("mine") == []


def test_the_tables_hold_what_the_rows_hold(bundle):
    rows = collect_rows(bundle)
    frame = build_frame(rows)
    line = frame[frame["model"] == "Student of text"].iloc[0]
    assert (line["accuracy"], line["accuracy_sd"], line["seeds"]) == (0.75, 0.07, 2)
    told = build_markdown(rows, published_source())
    assert "| Student of text | test part, mean of 2 seeds | 379 | 75.0 ± 7.0 |" in told
    assert "3M-Health, all teachers (published)" in told
    figure = draw_rows(rows)
    assert [trace.name for trace in figure.data] == ["measured here", "published, single runs"]
    known = [row for row in rows if "accuracy" in row.values]
    assert sum(len(trace.x) for trace in figure.data) == len(known) == len(rows) - 1


def test_the_gain_of_distillation_is_told_by_task_and_pooled(bundle):
    one = find_comparison(bundle)
    other = replace(one, task="other", paired={**one.paired, "only_first": 30, "only_second": 20})
    told = tell_comparisons([one, other])
    assert f"| {one.task} | test part | {one.paired['n']} |" in told
    assert f"| all | pooled | {2 * one.paired['n']:,} |" in told
    assert "| all |" not in tell_comparisons([one])
    assert tell_comparisons([]) == ""


def test_the_command_writes_all_three(tmp_path):
    result = CliRunner().invoke(app, ["results", "sdcnl", "--out", str(tmp_path / "r")])
    assert result.exit_code == 0
    assert len(pd.read_csv(tmp_path / "r" / "results.csv")) > 10
    assert "## sdcnl" in (tmp_path / "r" / "results.md").read_text()
    told = (tmp_path / "r" / "results.md").read_text()
    assert "| F1 of depression | F1 of suicide |" in told.replace("ECE if calibrated | ", "")
    assert "Text teacher (frozen encoder, logistic regression)" in told
    assert "test posts by nobody who wrote a training post" in told
    curves = pd.read_csv(tmp_path / "r" / "sdcnl-curves.csv")
    assert set(curves["curve"]) == {"reliability", "risk_coverage"}
    predictions = pd.read_csv(tmp_path / "r" / "sdcnl-predictions.csv")
    assert len(predictions) == 379 and "text" not in predictions.columns
    html = (tmp_path / "r" / "sdcnl.html").read_text()
    assert "Plotly.newPlot" in html
    assert 'src="http' not in html
