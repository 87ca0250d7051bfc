"""The page “Batch” over an analyser that answers by hand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import batch_work, models
from mhkd.errors import BundleError
from tests.app.example_batch import BatchAnalyser, write_posts

_PATIENCE_S = 90
_SCRIPT = "from app.views import batch\nbatch.show_page()\n"


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The page, opened."""
    st.cache_resource.clear()
    monkeypatch.setattr(models, "load_analyser", BatchAnalyser)
    yield AppTest.from_string(_SCRIPT, default_timeout=_PATIENCE_S).run()
    st.cache_resource.clear()


def test_empty(page: AppTest) -> None:
    assert page.title[0].value == "Many posts at once"
    assert "stored nowhere" in _html(page) and "not a diagnosis" in _html(page)
    assert not page.exception


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", b""), ("a.jsonl", b"secret words"), ("a.parquet", b"PAR1")]
)
def test_a_bad_file_is_told(page: AppTest, name: str, content: bytes) -> None:
    page.file_uploader[0].upload(name, content, "text/csv").run()
    assert "The file can’t be used" in _html(page)
    assert "secret" not in _html(page)
    assert not page.exception


def test_the_preview_escapes(page: AppTest) -> None:
    content = 'text,<b>x</b>\n"<img src=x onerror=alert(1)>",<script>\n'
    page = _upload(page, content)
    html = _html(page)
    assert "&lt;img src=x" in html and "&lt;b&gt;x" in html
    assert "<img" not in html and "<script" not in html


def test_labelled_rows_are_answered_and_measured(page: AppTest) -> None:
    page = _upload(page, write_posts(60))
    page.pills(key="batch_setup_models").set_value(["student", "text", "emotion"]).run()
    page = _press(page, "Estimate the time")
    assert "more rows will take" in _html(page)
    assert "1 row gets no answer (empty text: 1)" in _html(page)
    page = _press(page, "Start")
    assert [tab.label for tab in page.tabs] == [
        "Rows",
        "How good",
        "Threshold",
        "Slices",
        "Student and teachers",
        "Rows without an answer",
        "Export",
    ]
    html = _html(page)
    assert "On 59 rows that have a label" in html and "Teachers’ mean" in html
    assert "50–149 words" in html
    assert "state a prevalence" in html  # no predictive value before the reader said so
    page.number_input(key="batch_threshold_prevalence").set_value(10.0).run()
    assert "at 10 %" in _html(page) and "state a prevalence" not in _html(page)
    page.selectbox(key="batch_slices_by").set_value("forum").run()
    assert "north" in _html(page)
    page.toggle(key="batch_rows_differ").set_value(True).run()
    shown = page.dataframe[0].value
    assert 0 < len(shown) < 59 and "text" not in {str(name).lower() for name in shown}
    assert not page.exception


def test_rows_without_labels(page: AppTest) -> None:
    page = _press(
        _press(_upload(page, write_posts(30, labelled=False)), "Estimate the time"), "Start"
    )
    assert [tab.label for tab in page.tabs] == ["Rows", "Rows without an answer", "Export"]
    assert "Of 29 posts that were answered" in _html(page)
    assert not page.exception


def test_unknown_labels_wait_for_a_meaning(page: AppTest) -> None:
    page = _upload(page, "text,label\nI walk alone,yes\nIt rains today,no\nIt is warm,no\n")
    page = _until(
        page, lambda found: any(s.key == "batch_setup_meaning_0" for s in found.selectbox)
    )
    page.selectbox(key="batch_setup_meaning_0").set_value("depression").run()
    page.selectbox(key="batch_setup_meaning_1").set_value("suicide").run()
    page = _press(page, "Estimate the time")
    page = _press(page, "Show the results")
    assert "On 3 rows that have a label" in _html(page)
    assert not page.exception


def test_a_cancelled_batch_goes_on(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    page = _press(_upload(page, write_posts(200)), "Estimate the time")
    analyser = models.open_analyser().result()
    analyser.pause_s = 0.02
    _button(page, "Start").click().run()
    desk = _desk()
    desk.stop()
    page = _until(page, lambda found: _has(found, "Continue"))
    assert "Cancelled" in _html(page)
    done = desk.job.run.done
    assert 16 <= done < 199
    analyser.pause_s = 0.0
    page = _press(page, "Continue")
    assert desk.job.run.finished
    assert not page.exception


def test_forgetting_drops_everything(page: AppTest) -> None:
    page = _press(_upload(page, write_posts(20)), "Estimate the time")
    page = _press(page, "Forget this batch")
    assert page.file_uploader and _desk().table is None and _desk().job is None


def _desk() -> Any:
    return _DESKS[-1]


_DESKS: list[Any] = []


@pytest.fixture(autouse=True)
def seen_desks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps hold of the session's desk."""
    original = batch_work.BatchDesk.__init__

    def noting(self: Any) -> None:
        original(self)
        _DESKS.append(self)

    monkeypatch.setattr(batch_work.BatchDesk, "__init__", noting)


def _upload(page: AppTest, content: str) -> AppTest:
    models.open_analyser().result()
    page.file_uploader[0].upload("posts.csv", content.encode(), "text/csv").run()
    return page.run()


def _press(page: AppTest, label: str) -> AppTest:
    page = _button(page, label).click().run()
    return _until(page, lambda _: not (_DESKS and _desk().job is not None and _desk().job.busy))


def _until(page: AppTest, there: Any) -> AppTest:
    end = time.monotonic() + _PATIENCE_S
    while not there(page):
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)
        page = page.run()
    return page.run()


def _has(page: AppTest, label: str) -> bool:
    return any(button.label == label for button in page.button)


def _button(page: AppTest, label: str) -> Any:
    return next(button for button in page.button if button.label == label)


def _html(page: AppTest) -> str:
    return " ".join(element.proto.body for element in page.get("html"))


def test_models_that_can_not_be_opened_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> BatchAnalyser:
        raise BundleError("student.safetensors is missing. Restore it.")

    st.cache_resource.clear()
    monkeypatch.setattr(models, "load_analyser", fail)
    with suppress(BundleError):
        models.open_analyser().result(_PATIENCE_S)
    page = AppTest.from_string(_SCRIPT, default_timeout=_PATIENCE_S).run()
    assert "is missing. Restore it." in _html(page)
    monkeypatch.setattr(models, "load_analyser", BatchAnalyser)
    page.button[0].click().run()
    models.open_analyser().result(_PATIENCE_S)
    page.run()
    assert "is missing" not in _html(page) and len(page.file_uploader) == 1
    st.cache_resource.clear()
