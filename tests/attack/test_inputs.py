"""What a visitor may give to the page and to the exports."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import models
from mhkd.audio.decode import read_recording
from mhkd.audio.quality import judge_recording
from mhkd.batch.output import tabulate_answers, write_csv
from mhkd.batch.posts import Columns, check_posts
from mhkd.batch.run import BatchRun
from mhkd.batch.table import read_table
from mhkd.cases.place import connect, find_url
from mhkd.cases.store import CaseStore
from mhkd.errors import AudioError, InputError
from mhkd.formulas import disarm
from mhkd.post import Post
from tests.app.driving import find_button, read_html, settle
from tests.app.example_analysis import ExampleAnalyser
from tests.audio.making import write_by_soundfile
from tests.cases.making import new_case
from tests.tiny import LABELS

ROOT = Path(__file__).resolve().parents[2]
_POST = "I feel so tired and alone today, and the walk was long."


class _Spy(ExampleAnalyser):
    """Counts how often the models were asked."""

    asked = 0

    def analyse(self, post: Post, **options: object) -> object:  # type: ignore[override]
        type(self).asked += 1
        return super().analyse(post, **options)  # type: ignore[arg-type]


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    _Spy.asked = 0
    monkeypatch.setattr(models, "load_analyser", _Spy)
    st.cache_resource.clear()
    yield AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=90).run()
    st.cache_resource.clear()


@pytest.mark.parametrize("text", ["", "   ", "a", "🙏🙏🙏", "..."])
def test_what_is_no_text_reaches_no_model(page: AppTest, text: str) -> None:
    """A14."""
    page.text_area[0].set_value(text).run()
    find_button(page, "Analyse").click().run()
    page = settle(page)
    assert "The post can’t be read" in read_html(page)
    assert _Spy.asked == 0
    assert not page.exception


@pytest.mark.parametrize("name", ["evil.exe", "a.wav.exe", "sound", "a.svg", "x.html"])
def test_another_ending_is_refused_by_the_server(
    page: AppTest, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A2: the uploader's list is checked where it counts."""
    page.pills(key="post_sound_0").set_value("uploaded").run()
    page.file_uploader[0].upload(name, b"MZ", "audio/wav").run()
    assert len(page.exception) == 1
    assert "Invalid file extension" in caplog.text
    assert not any("Kept" in text.value for text in page.text)


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd.wav", "a.exe:x.wav", "a" * 500 + ".wav", "\u202evaw.exe.wav", "<b>.wav"],
)
def test_a_name_is_a_label_and_never_a_path(page: AppTest, name: str) -> None:
    """A3."""
    before = {file.name for file in ROOT.iterdir()}
    page.text_area[0].set_value(_POST).run()
    page.pills(key="post_sound_0").set_value("uploaded").run()
    page.file_uploader[0].upload(name, b"RIFF no sound at all", "audio/wav").run()
    find_button(page, "Analyse").click().run()
    page = settle(page)
    assert "The recording can’t be used" in read_html(page)
    assert "passwd" not in read_html(page) and "<b>" not in read_html(page)
    assert {file.name for file in ROOT.iterdir()} == before


@pytest.mark.parametrize("seconds", [2, 7_200])
def test_a_small_flac_that_unpacks_to_hours_is_refused_from_its_header(
    seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A6: no child is even started for the long one."""
    bomb = write_by_soundfile(np.zeros((8_000 * seconds, 2), np.int16), 8_000, "FLAC")
    if seconds == 2:
        assert read_recording(bomb).duration_s == 2
        return
    monkeypatch.setattr("mhkd.audio.decode.subprocess.Popen", None)
    assert len(bomb) < 1_000_000
    with pytest.raises(AudioError, match="longer"):
        read_recording(bomb)


@pytest.mark.parametrize("seconds", [0.05, 2.0])
def test_silence_and_a_click_are_findings_without_a_score(seconds: float) -> None:
    """A10."""
    quiet = np.zeros(int(16_000 * seconds), np.float32)
    found = judge_recording(read_recording(write_by_soundfile(quiet, 16_000, "WAV")))
    assert {finding.code for finding in found} & {"no_speech", "too_short"}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_an_export_runs_nothing_in_a_spreadsheet(
    start: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A26."""
    nasty = f'{start}HYPERLINK("http://127.0.0.1:9/","so tired today")'
    content = io.StringIO()
    csv.writer(content).writerows([["id", "text"], [nasty, nasty]])
    table = read_table("posts.csv", content.getvalue().encode())
    run = BatchRun(check_posts(table, Columns("text", "id", None), LABELS), LABELS, ("student",))
    answers = tabulate_answers(run, ids=table.columns["id"], texts=table.columns["text"])
    rows = list(csv.DictReader(io.StringIO(write_csv(answers).decode(), newline="")))
    assert rows[0]["id"] == rows[0]["text"] == f"'{nasty}"
    monkeypatch.setenv("MHKD_CASES_URL", f"sqlite:///{tmp_path}/cases.sqlite")
    store = CaseStore(connect(find_url()))
    store.keep(new_case(text=nasty))
    exported = list(csv.DictReader(io.StringIO(store.export_csv("example"), newline="")))
    assert exported[0]["text"] == f"'{nasty}"


def test_other_cells_stay_as_they_are() -> None:
    for cell in ("", "a=b", "2026-11-24", "'quoted'", "I am tired"):
        assert disarm(cell) == cell


def test_too_many_rows_are_refused_with_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """A26."""
    monkeypatch.setattr("mhkd.batch.table.MAX_TABLE_ROWS", 10)
    with pytest.raises(InputError, match="10"):
        read_table("posts.csv", b"text\n" + b"so tired\n" * 11)
    with pytest.raises(InputError, match="UTF-8"):
        read_table("posts.csv", "text\nso tired\n".encode("utf-16"))


def test_no_thread_of_the_page_is_left(page: AppTest) -> None:
    """F9: when a session ends, so does its work (within its next look at the sign to stop)."""
    page.text_area[0].set_value(_POST).run()
    find_button(page, "Analyse").click().run()
    settle(page)
    st.cache_resource.clear()
    for thread in threading.enumerate():
        if thread.name.startswith("case"):
            thread.join(10)
            assert not thread.is_alive()
