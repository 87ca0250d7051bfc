"""The page “Batch” over an analyser that answers by hand."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import models
from app.batch_report import ChosenThreshold
from app.components.batch import export
from mhkd.errors import BundleError
from tests.app.driving import PATIENCE_S, find_button, read_html
from tests.app.driving_batch import (
    SCRIPT,
    await_page,
    find_desk,
    has_button,
    press,
    upload,
)
from tests.app.example_batch import BatchAnalyser, write_posts


def test_empty(page: AppTest) -> None:
    assert page.title[0].value == "Many posts at once"
    assert "stored nowhere" in read_html(page) and "not a diagnosis" in read_html(page)
    assert not page.exception


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", b""), ("a.jsonl", b"secret words"), ("a.parquet", b"PAR1")]
)
def test_a_bad_file_is_told(page: AppTest, name: str, content: bytes) -> None:
    page.file_uploader[0].upload(name, content, "text/csv").run()
    assert "The file can’t be used" in read_html(page)
    assert "secret" not in read_html(page)
    assert not page.exception


def test_the_preview_escapes(page: AppTest) -> None:
    content = 'text,<b>x</b>\n"<img src=x onerror=alert(1)>",<script>\n'
    page = upload(page, content)
    html = read_html(page)
    assert "&lt;img src=x" in html and "&lt;b&gt;x" in html
    assert "<img" not in html and "<script" not in html


def test_labelled_rows_are_answered_and_measured(page: AppTest) -> None:
    page = upload(page, write_posts(60))
    page.pills(key="batch_setup_models").set_value(["student", "text", "emotion"]).run()
    page = press(page, "Estimate the time")
    assert "more rows will take" in read_html(page)
    assert "1 row can’t be answered (empty text: 1)" in read_html(page)
    page = press(page, "Start")
    assert [tab.label for tab in page.tabs] == [
        "Rows",
        "How good",
        "Threshold",
        "Slices",
        "Student and teachers",
        "Rows without an answer",
        "Export",
    ]
    html = read_html(page)
    assert "On 59 rows that have a label" in html and "Teachers’ mean" in html
    assert "50–149 words" in html
    assert "state a prevalence" in html  # no predictive value before the reader said so
    page.number_input(key="batch_threshold_prevalence").set_value(10.0).run()
    assert "at 10 %" in read_html(page) and "state a prevalence" not in read_html(page)
    page.selectbox(key="batch_slices_by").set_value("forum").run()
    assert "north" in read_html(page)
    page.toggle(key="batch_rows_differ").set_value(True).run()
    shown = page.dataframe[0].value
    assert 0 < len(shown) < 59 and "text" not in {str(name).lower() for name in shown}
    assert not page.exception


def test_rows_without_labels(page: AppTest) -> None:
    page = press(press(upload(page, write_posts(30, labelled=False)), "Estimate the time"), "Start")
    assert [tab.label for tab in page.tabs] == ["Rows", "Rows without an answer", "Export"]
    assert "Of 29 posts that were answered" in read_html(page)
    assert not page.exception


def test_rows_outside_are_counted_filtered_and_sliced(page: AppTest) -> None:
    page = press(press(upload(page, write_posts(60)), "Estimate the time"), "Start")
    shown = page.dataframe[0].value
    column = shown["Outside what this model knows"]
    outside = int((column == "yes").sum())
    assert 0 < outside < 59
    assert f"{outside} of 59 posts" in read_html(
        page
    ) and "outside what this model knows" in read_html(page)
    page.toggle(key="batch_rows_outside").set_value(True).run()
    assert set(page.dataframe[0].value["Outside what this model knows"]) == {"yes"}
    assert len(page.dataframe[0].value) == outside
    page.selectbox(key="batch_slices_by").set_value("Outside what this model knows").run()
    assert "outside what the model knows" in read_html(page)
    assert "within what the model knows" in read_html(page)
    assert not page.exception


def test_rows_without_a_decision_say_so_and_are_filtered(page: AppTest) -> None:
    page = press(press(upload(page, write_posts(60)), "Estimate the time"), "Start")
    counted = re.search(
        r"Of 59 posts that were answered, .+; (\d+) \(.+?\) are not decided, (\d+) \(.+?\) get no ",
        read_html(page),
    )
    assert counted is not None
    for state, n in zip(("not decided", "no answer"), map(int, counted.groups()), strict=True):
        page.pills(key="batch_rows_states").set_value([state]).run()
        answers = page.dataframe[0].value["Student: answer"]
        assert len(answers) == n > 0 and set(answers) <= {
            f"{state} (forced choice: {label})" for label in ("depression", "suicide")
        }
    assert page.dataframe[0].value["Findings"].str.startswith("No answer: ").all()
    page.pills(key="batch_rows_states").set_value(["decided"]).run()
    shown = page.dataframe[0].value
    assert set(shown["Student: answer"]) == {"depression", "suicide"}
    assert len(shown) == 59 - sum(map(int, counted.groups()))
    assert (shown["Student: P(suicide)"] - 0.5).abs().min() > 0.17
    assert not page.exception


def test_withheld_rows_can_be_left_out_of_the_measures(page: AppTest) -> None:
    page = press(press(upload(page, write_posts(60)), "Estimate the time"), "Start")
    run = find_desk().job.run
    n = int(run.withheld[run.posts.usable].sum())
    assert f"{n} of them get no answer and are in the measures" in read_html(page)
    page.toggle(key="batch_measures_answered").set_value(True).run()
    html = read_html(page)
    assert f"On {59 - n} rows that have a label" in html
    assert f"{n} labelled rows that get no answer are left out" in html
    assert not page.exception


def test_posts_that_were_cut_are_listed_and_sliced(page: AppTest) -> None:
    page = press(press(upload(page, write_posts(80)), "Estimate the time"), "Start")
    cut = int(find_desk().job.run.truncated.sum())
    assert 1 < cut < 79 and f"{cut} posts are longer than the text models read" in read_html(page)
    page.toggle(key="batch_rows_doubts").set_value(True).run()
    shown = page.dataframe[0].value
    told = shown["Findings"].str.contains("Not all of the post was read")
    assert told.sum() == cut
    assert shown["Tokens read"][told].str.startswith("60 of ").all()
    page.selectbox(key="batch_slices_by").set_value("Whether all of the text was read").run()
    assert "cut short" in read_html(page) and "read to the end" in read_html(page)
    assert not page.exception


def test_exports_say_what_they_are_not_and_the_report_what_is_set(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = press(press(upload(page, write_posts(60)), "Estimate the time"), "Start")
    assert "Labels posts, not people; not a diagnosis." in read_html(page)
    asked: list[object] = []
    monkeypatch.setattr(export, "build_batch_report", lambda *args: asked.append(args) or "")
    original = st.download_button

    def download(label: str, data: Any, **more: Any) -> bool:
        if "report" in label:
            data()
        return bool(original(label, data, **more))

    monkeypatch.setattr(st, "download_button", download)
    page.toggle(key="batch_measures_answered").set_value(True).run()
    page.slider(key="batch_threshold_at").set_value(0.3).run()
    page.number_input(key="batch_threshold_prevalence").set_value(10.0).run()
    assert asked[0][4] == ChosenThreshold(0.5)
    assert asked[-1][4] == ChosenThreshold(0.3, 0.1)
    assert asked[-1][1] is find_desk().job.measured_answered
    assert not page.exception


def test_a_bundle_that_can_not_tell_shows_no_such_column(page: AppTest) -> None:
    models.open_analyser().result().familiarity_limit = None
    page = press(press(upload(page, write_posts(12)), "Estimate the time"), "Show the results")
    assert "Outside what this model knows" not in page.dataframe[0].value
    assert "outside what this model knows" not in read_html(page)
    assert "Outside what this model knows" not in page.selectbox(key="batch_slices_by").options
    assert not page.exception


def test_unknown_labels_wait_for_a_meaning(page: AppTest) -> None:
    page = upload(page, "text,label\nI walk alone,yes\nIt rains today,no\nIt is warm,no\n")
    page = await_page(
        page, lambda found: any(s.key == "batch_setup_meaning_0" for s in found.selectbox)
    )
    page.selectbox(key="batch_setup_meaning_0").set_value("depression").run()
    page.selectbox(key="batch_setup_meaning_1").set_value("suicide").run()
    page = press(page, "Estimate the time")
    page = press(page, "Show the results")
    assert "On 3 rows that have a label" in read_html(page)
    assert not page.exception


def test_a_cancelled_batch_goes_on(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MHKD_AUDIT_LOG", str(tmp_path / "audit.jsonl"))
    page = press(upload(page, write_posts(200)), "Estimate the time")
    analyser = models.open_analyser().result()
    analyser.pause_s = 0.02
    find_button(page, "Start").click().run()
    desk = find_desk()
    desk.stop()
    page = await_page(page, lambda found: has_button(found, "Continue"))
    assert "Cancelled" in read_html(page)
    done = desk.job.run.done
    assert 16 <= done < 199
    analyser.pause_s = 0.0
    page = press(page, "Continue")
    assert desk.job.run.finished
    assert not page.exception
    noted = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [line["action"] for line in noted] == ["batch stopped", "batch answered"]
    assert [line["outcome"]["done"] for line in noted] == [done, 199]
    assert noted[0]["pseudonym"].startswith("session-")


def test_forgetting_drops_everything(page: AppTest) -> None:
    page = press(upload(page, write_posts(20)), "Estimate the time")
    page = press(page, "Forget this batch")
    assert page.file_uploader and find_desk().table is None and find_desk().job is None


def test_models_that_can_not_be_opened_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> BatchAnalyser:
        raise BundleError("student.safetensors is missing. Restore it.")

    st.cache_resource.clear()
    monkeypatch.setattr(models, "load_analyser", fail)
    with suppress(BundleError):
        models.open_analyser().result(PATIENCE_S)
    page = AppTest.from_string(SCRIPT, default_timeout=PATIENCE_S).run()
    assert "is missing. Restore it." in read_html(page)
    monkeypatch.setattr(models, "load_analyser", BatchAnalyser)
    page.button[0].click().run()
    models.open_analyser().result(PATIENCE_S)
    page.run()
    assert "is missing" not in read_html(page) and len(page.file_uploader) == 1
    st.cache_resource.clear()
