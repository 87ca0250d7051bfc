"""Recordings on the page “Batch”: heard row by row, compared with their texts, refused."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app import models
from app.batch_report import BatchAbout, build_batch_report
from app.components.help_lines import read_help_lines
from app.views.batch import _find_recording
from tests.app.driving import find_button, read_html
from tests.app.driving_batch import (
    find_desk,
    press,
    upload,
)
from tests.app.example_batch import write_posts
from tests.audio.making import make_tone, write_by_soundfile
from tests.batch.test_recordings import pack

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
    page = upload(page, _with_recordings())
    page.file_uploader[0].upload("<b>.zip", pack(_FILES), "application/zip").run()
    page = page.run()
    assert any(text.value == "<b>.zip: 22 recordings" for text in page.text)
    assert page.selectbox(key="batch_setup_recording").value == "clip"
    assert "23 of 40 rows name a recording; 22 of these are found" in read_html(page)
    assert page.pills(key="batch_setup_models_heard").value == ["student", "audio"]
    page.pills(key="batch_setup_models_heard").set_value(["student", "text", "audio"]).run()
    page = press(page, "Estimate the time")
    assert "how many of them have a recording" in read_html(page)
    page = press(page, "Start")
    html = read_html(page)
    assert "heard 19 recordings; 3 could not be heard, and 17 rows had none" in html
    assert "that of the teachers that answered it" in html
    assert "The recording is too short." in html and "no recording of this name" in html
    assert "Recordings not heard" in [tab.label for tab in page.tabs]
    sounds = page.dataframe[0].value["Sound"].tolist()
    assert sounds.count("recorded (1 of 1 s heard)") == 19 and sounds.count("none") == 20
    page.selectbox(key="batch_model").set_value("audio").run()
    assert len(page.dataframe[0].value) == 19 and "Of 19 posts that were answered" in read_html(
        page
    )
    job = find_desk().job
    about = BatchAbout("now", "b", {}, read_help_lines())
    html = build_batch_report(job.run, job.measured, about, "suicide")
    assert "40 posts, with recordings" in html and html.count("<td >recorded</td>") == 19
    assert "Every other answered row has no recording" in html and "torn" not in html
    page.selectbox(key="batch_slices_by").set_value("Quality of the sound").run()
    assert not page.exception and "nothing found" in read_html(page)
    given = _find_recording(job, 0)
    assert given is not None and (given.name, given.data) == ("0.wav", _FILES["r/0.wav"])
    assert _find_recording(job, 39) is None
    assert not page.exception


def test_recordings_are_compared_with_their_texts_where_asked(page: AppTest) -> None:
    page = upload(page, _with_recordings())
    page.file_uploader[0].upload("r.zip", pack(_FILES), "application/zip").run()
    page = page.run()
    compare = "batch_recordings_compare"
    assert page.toggle(key=compare).value is False and "Slow: a transcriber" in read_html(page)
    page = press(press(page, "Estimate the time"), "Start")
    assert "compared with the text of the row" not in read_html(page)
    page.toggle(key=compare).set_value(True).run()
    assert "What follows belongs to the columns and models chosen before." in read_html(page)
    page = press(press(page, "Estimate the time"), "Start")
    job = find_desk().job
    differing = job.run.sounds.differing
    other = int(differing.sum())
    told = f"Of 19 recordings compared with the text of the row, {other} say something else."
    assert 1 < other < 19 and told in read_html(page)
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
    page = upload(page, _with_recordings(8))
    assert "Put a Whisper model there." not in read_html(page)
    page.file_uploader[0].upload("r.zip", pack(_FILES), "application/zip").run()
    page = page.run()
    assert read_html(page).count("Put a Whisper model there.") == 1
    assert "batch_recordings_compare" not in [toggle.key for toggle in page.toggle]
    page = press(press(page, "Estimate the time"), "Start")
    assert find_desk().job.run.sounds.count_compared() == 0
    assert not page.exception


def test_recordings_can_be_left_out_again(page: AppTest) -> None:
    page = upload(page, _with_recordings(8))
    page.file_uploader[0].upload("r.zip", pack(_FILES), "application/zip").run()
    page = find_button(page.run(), "Leave the recordings out").click().run()
    assert find_desk().recordings is None and page.file_uploader
    assert "audio teacher is left out" in read_html(page)
    page = press(press(page, "Estimate the time"), "Show the results")
    assert "Sound" not in page.dataframe[0].value
    assert not page.exception


@pytest.mark.parametrize("content", [b"", b"secret words", pack({"d/": b""})])
def test_bad_recordings_are_told(page: AppTest, content: bytes) -> None:
    page = upload(page, _with_recordings(8))
    page.file_uploader[0].upload("r.zip", content, "application/zip").run()
    assert "The recordings can’t be used" in read_html(page) and "secret" not in read_html(page)
    assert not page.exception
