from dataclasses import replace

import pandas as pd
import pytest
from typer.testing import CliRunner

from mhkd.bundle import load_bundle
from mhkd.cli import app
from mhkd.results.rows import (
    OURS,
    collect_rows,
    published_source,
    read_published,
)
from mhkd.results.tables import build_frame, build_markdown, draw_rows

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


def test_rows_as_cited_have_no_n_and_no_interval():
    rows = {row.model: row for task in ("sdcnl", "idendep") for row in read_published(task)}
    for name in ("Haque et al.", "Ansari et al.", "Tadesse et al.", "Ren et al."):
        assert (rows[name].protocol, rows[name].n) == ("as cited, own split", None)
        assert all(value.low is None for value in rows[name].values.values())
    assert "(inferred)" in rows["BERT"].protocol
    assert rows["BERT"].values["accuracy"].low is not None
    told = build_markdown(read_published("idendep"), published_source())
    assert "| Tadesse et al. (published) | as cited, own split | – | 91.0 |" in told
    assert "choose the run that they print by its F1 on the test part" in told


def test_the_ece_stands_beside_its_limit_without_an_interval(bundle):
    rows = collect_rows(bundle)
    student = next(row for row in rows if row.model == "Student")
    found = student.values["ece"]
    assert (found.low, found.high) == (None, None)
    limit = bundle.manifest.metrics["student"]["ece_if_calibrated"]
    sign = ">" if found.value > limit else "≤"
    told = build_markdown(rows, published_source())
    assert f"| {found.value:.3f} ({sign} {limit:.3f}) |" in told


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


def test_the_command_writes_all_three(tmp_path):
    result = CliRunner().invoke(app, ["results", "sdcnl", "--out", str(tmp_path / "r")])
    assert result.exit_code == 0
    assert len(pd.read_csv(tmp_path / "r" / "results.csv")) > 10
    assert "## sdcnl" in (tmp_path / "r" / "results.md").read_text()
    told = (tmp_path / "r" / "results.md").read_text()
    assert "| F1 of depression | F1 of suicide |" in told
    assert "Text teacher (frozen encoder, logistic regression)" in told
    assert "test posts by nobody who wrote a training post" in told
    assert "## Students against the same students without teachers" in told
    assert "## sdcnl: compared on held-out training posts" in told
    curves = pd.read_csv(tmp_path / "r" / "sdcnl-curves.csv")
    assert set(curves["curve"]) == {"reliability", "risk_coverage"}
    predictions = pd.read_csv(tmp_path / "r" / "sdcnl-predictions.csv")
    assert len(predictions) == 379 and "text" not in predictions.columns
    html = (tmp_path / "r" / "sdcnl.html").read_text()
    assert "Plotly.newPlot" in html
    assert 'src="http' not in html
