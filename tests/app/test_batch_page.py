"""The page “Batch” over an analyser that answers by hand."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import batch_work, models
from app.batch_report import BatchAbout, ChosenThreshold, build_batch_report
from app.components.batch import export
from app.components.help_lines import read_help_lines
from app.views.batch import _find_recording
from mhkd.errors import BundleError
from tests.app.example_batch import BatchAnalyser, write_posts
from tests.audio.making import make_tone, write_by_soundfile
from tests.batch.test_recordings import pack

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
    assert "1 row can’t be answered (empty text: 1)" in _html(page)
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


def test_rows_outside_are_counted_filtered_and_sliced(page: AppTest) -> None:
    page = _press(_press(_upload(page, write_posts(60)), "Estimate the time"), "Start")
    shown = page.dataframe[0].value
    column = shown["Outside what this model knows"]
    outside = int((column == "yes").sum())
    assert 0 < outside < 59
    assert f"{outside} of 59 posts" in _html(page) and "outside what this model knows" in _html(
        page
    )
    page.toggle(key="batch_rows_outside").set_value(True).run()
    assert set(page.dataframe[0].value["Outside what this model knows"]) == {"yes"}
    assert len(page.dataframe[0].value) == outside
    page.selectbox(key="batch_slices_by").set_value("Outside what this model knows").run()
    assert "outside what the model knows" in _html(page)
    assert "within what the model knows" in _html(page)
    assert not page.exception


def test_rows_without_a_decision_say_so_and_are_filtered(page: AppTest) -> None:
    page = _press(_press(_upload(page, write_posts(60)), "Estimate the time"), "Start")
    counted = re.search(
        r"Of 59 posts that were answered, .+; (\d+) \(.+?\) are not decided, (\d+) \(.+?\) get no ",
        _html(page),
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
    page = _press(_press(_upload(page, write_posts(60)), "Estimate the time"), "Start")
    run = _desk().job.run
    n = int(run.withheld[run.posts.usable].sum())
    assert f"{n} of them get no answer and are in the measures" in _html(page)
    page.toggle(key="batch_measures_answered").set_value(True).run()
    html = _html(page)
    assert f"On {59 - n} rows that have a label" in html
    assert f"{n} labelled rows that get no answer are left out" in html
    assert not page.exception


def test_posts_that_were_cut_are_listed_and_sliced(page: AppTest) -> None:
    page = _press(_press(_upload(page, write_posts(80)), "Estimate the time"), "Start")
    cut = int(_desk().job.run.truncated.sum())
    assert 1 < cut < 79 and f"{cut} posts are longer than the text models read" in _html(page)
    page.toggle(key="batch_rows_doubts").set_value(True).run()
    shown = page.dataframe[0].value
    told = shown["Findings"].str.contains("Not all of the post was read")
    assert told.sum() == cut
    assert shown["Tokens read"][told].str.startswith("60 of ").all()
    page.selectbox(key="batch_slices_by").set_value("Whether all of the text was read").run()
    assert "cut short" in _html(page) and "read to the end" in _html(page)
    assert not page.exception


def test_exports_say_what_they_are_not_and_the_report_what_is_set(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = _press(_press(_upload(page, write_posts(60)), "Estimate the time"), "Start")
    assert "Labels posts, not people; not a diagnosis." in _html(page)
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
    assert asked[-1][1] is _desk().job.measured_answered
    assert not page.exception


def test_a_bundle_that_can_not_tell_shows_no_such_column(page: AppTest) -> None:
    models.open_analyser().result().familiarity_limit = None
    page = _press(_press(_upload(page, write_posts(12)), "Estimate the time"), "Show the results")
    assert "Outside what this model knows" not in page.dataframe[0].value
    assert "outside what this model knows" not in _html(page)
    assert "Outside what this model knows" not in page.selectbox(key="batch_slices_by").options
    assert not page.exception


_FILES = {
    **{f"r/{n}.wav": write_by_soundfile(make_tone(1.0), 16_000, "WAV") for n in range(20)},
    "r/20.wav": write_by_soundfile(make_tone(0.2), 16_000, "WAV"),
    "r/21.wav": b"RIFF torn",
}


def _with_recordings(rows: int = 40) -> str:
    lines = write_posts(rows).splitlines()
    names = [f"{row}.wav" if row < 23 else "" for row in range(rows)]
    return "\n".join(
        [f"{lines[0]},clip", *(f"{a},{b}" for a, b in zip(lines[1:], names, strict=True))]
    )


def test_recordings_are_heard_row_by_row(page: AppTest) -> None:
    page = _upload(page, _with_recordings())
    page.file_uploader[0].upload("<b>.zip", pack(_FILES), "application/zip").run()
    page = page.run()
    assert any(text.value == "<b>.zip: 22 recordings" for text in page.text)
    assert page.selectbox(key="batch_setup_recording").value == "clip"
    assert "23 of 40 rows name a recording; 22 of these are found" in _html(page)
    assert page.pills(key="batch_setup_models_heard").value == ["student", "audio"]
    page.pills(key="batch_setup_models_heard").set_value(["student", "text", "audio"]).run()
    page = _press(page, "Estimate the time")
    assert "how many of them have a recording" in _html(page)
    page = _press(page, "Start")
    html = _html(page)
    assert "heard 19 recordings; 3 could not be heard, and 17 rows had none" in html
    assert "that of the teachers that answered it" in html
    assert "The recording is too short." in html and "no recording of this name" in html
    assert "Recordings not heard" in [tab.label for tab in page.tabs]
    sounds = page.dataframe[0].value["Sound"].tolist()
    assert sounds.count("recorded (1 of 1 s heard)") == 19 and sounds.count("none") == 20
    page.selectbox(key="batch_model").set_value("audio").run()
    assert len(page.dataframe[0].value) == 19 and "Of 19 posts that were answered" in _html(page)
    job = _desk().job
    about = BatchAbout("now", "b", {}, read_help_lines())
    html = build_batch_report(job.run, job.measured, about, "suicide")
    assert "40 posts, with recordings" in html and html.count("<td >recorded</td>") == 19
    assert "Every other answered row has no recording" in html and "torn" not in html
    page.selectbox(key="batch_slices_by").set_value("Quality of the sound").run()
    assert not page.exception and "nothing found" in _html(page)
    given = _find_recording(job, 0)
    assert given is not None and (given.name, given.data) == ("0.wav", _FILES["r/0.wav"])
    assert _find_recording(job, 39) is None
    assert not page.exception


def test_recordings_are_compared_with_their_texts_where_asked(page: AppTest) -> None:
    page = _upload(page, _with_recordings())
    page.file_uploader[0].upload("r.zip", pack(_FILES), "application/zip").run()
    page = page.run()
    compare = "batch_recordings_compare"
    assert page.toggle(key=compare).value is False and "Slow: a transcriber" in _html(page)
    page = _press(_press(page, "Estimate the time"), "Start")
    assert "compared with the text of the row" not in _html(page)
    page.toggle(key=compare).set_value(True).run()
    assert "What follows belongs to the columns and models chosen before." in _html(page)
    page = _press(_press(page, "Estimate the time"), "Start")
    job = _desk().job
    differing = job.run.sounds.differing
    other = int(differing.sum())
    told = f"Of 19 recordings compared with the text of the row, {other} say something else."
    assert 1 < other < 19 and told in _html(page)
    sounds = page.dataframe[0].value["Sound"].tolist()
    assert sum("says something else than the text" in sound for sound in sounds) == other
    page.toggle(key="batch_rows_other_text").set_value(True).run()
    rows = page.dataframe[0].value["Row"].tolist()
    assert [row - 1 for row in rows] == differing.nonzero()[0].tolist()
    html = build_batch_report(
        job.run, None, BatchAbout("now", "b", {}, read_help_lines()), "suicide"
    )
    assert told in html
    assert html.count("The recording says something else than the text") == other
    assert not page.exception


def test_without_a_transcriber_the_page_says_how_to_get_one(page: AppTest) -> None:
    models.open_analyser().result().missing_transcriber = "Put a Whisper model there."
    page = _upload(page, _with_recordings(8))
    assert "Put a Whisper model there." not in _html(page)
    page.file_uploader[0].upload("r.zip", pack(_FILES), "application/zip").run()
    page = page.run()
    assert _html(page).count("Put a Whisper model there.") == 1
    assert "batch_recordings_compare" not in [toggle.key for toggle in page.toggle]
    page = _press(_press(page, "Estimate the time"), "Start")
    assert _desk().job.run.sounds.count_compared() == 0
    assert not page.exception


def test_recordings_can_be_left_out_again(page: AppTest) -> None:
    page = _upload(page, _with_recordings(8))
    page.file_uploader[0].upload("r.zip", pack(_FILES), "application/zip").run()
    page = _button(page.run(), "Leave the recordings out").click().run()
    assert _desk().recordings is None and page.file_uploader
    assert "audio teacher is left out" in _html(page)
    page = _press(_press(page, "Estimate the time"), "Show the results")
    assert "Sound" not in page.dataframe[0].value
    assert not page.exception


@pytest.mark.parametrize("content", [b"", b"secret words", pack({"d/": b""})])
def test_bad_recordings_are_told(page: AppTest, content: bytes) -> None:
    page = _upload(page, _with_recordings(8))
    page.file_uploader[0].upload("r.zip", content, "application/zip").run()
    assert "The recordings can’t be used" in _html(page) and "secret" not in _html(page)
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


def test_a_cancelled_batch_goes_on(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MHKD_AUDIT_LOG", str(tmp_path / "audit.jsonl"))
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
    noted = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [line["action"] for line in noted] == ["batch stopped", "batch answered"]
    assert [line["outcome"]["done"] for line in noted] == [done, 199]
    assert noted[0]["pseudonym"].startswith("session-")


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
