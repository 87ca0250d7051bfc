"""Keeping a case, finding it again and deleting it, from the entry of the app."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import models
from app.components.cases_care import _back_up, _export, say_agreement
from app.escape import mark_text
from mhkd.cases.agreement import Agreement
from mhkd.cases.audit import verify_log
from mhkd.cases.store import CaseStore
from tests.app.driving import analyse_text, find_button, read_html, settle
from tests.app.example_analysis import ExampleAnalyser
from tests.cases.making import new_case

_ROOT = Path(__file__).resolve().parents[2]
_TEXT = "I feel like a burden to everyone, write to jo@example.org. I am so tired of this."

Open = Callable[[], AppTest]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Open]:
    monkeypatch.setenv("MHKD_CASES_URL", f"sqlite:///{tmp_path}/kept/cases.sqlite")
    monkeypatch.setattr(models, "load_analyser", ExampleAnalyser)
    st.cache_resource.clear()
    yield lambda: AppTest.from_file(str(_ROOT / "app" / "main.py"), default_timeout=90).run()
    st.cache_resource.clear()


def _draw_cases() -> None:
    from app.views import cases

    cases.show_page()


def _open_cases() -> AppTest:
    page = AppTest.from_function(_draw_cases, default_timeout=90).run()
    assert not page.exception
    return page


def _start(found: list[object], key: str) -> object:
    return next(item for item in found if (item.key or "").startswith(key))  # type: ignore[attr-defined]


def test_a_case_is_kept_only_after_each_step(open_page: Open, tmp_path: Path) -> None:
    page = analyse_text(open_page(), _TEXT)
    assert not (tmp_path / "kept").exists()
    assert "Keep for" not in [radio.label for radio in page.radio]
    _start(page.checkbox, "keep_wanted").check().run()
    _start(page.radio, "keep_label").set_value("depression").run()
    _start(page.text_area, "keep_note").set_value("slept badly").run()
    _start(page.checkbox, "keep_text").check().run()
    assert "[e-mail]" in _start(page.text_area, "keep_edited").value
    assert '<mark title="e-mail">jo@example.org</mark>' in read_html(page)
    assert "not anonymous" in read_html(page)
    assert _start(page.button, "keep_do").disabled
    _start(page.checkbox, "keep_sure").check().run()
    edited = "I feel like a burden to everyone, write to [e-mail]."
    _start(page.text_area, "keep_edited").set_value(edited).run()
    assert _start(page.button, "keep_do").disabled, "a changed text is confirmed anew"
    assert not (tmp_path / "kept").exists()
    _start(page.checkbox, "keep_sure").check().run()
    _start(page.button, "keep_do").click().run()
    assert "Kept." in read_html(page)
    [case] = CaseStore.open().list()
    assert case.text == edited
    assert (case.judgement.label, case.judgement.note) == ("depression", "slept badly")
    assert "jo@example" not in str(CaseStore.open().read_analysis(case.id))
    assert not page.exception


def test_decide_first_hides_the_answers_and_is_noted(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page()
    page.toggle(key="decide_first").set_value(True).run()
    page = analyse_text(page, _TEXT)
    assert "You decide first" in [header.value for header in page.header]
    assert not page.tabs
    assert "0.78" not in read_html(page) + " ".join(block.value for block in page.markdown)
    _start(page.radio, "decide_choice").set_value("suicide").run()
    find_button(page, "Note it and show the answers").click().run()
    page = settle(page)
    assert page.header[0].value.startswith("This post resembles")
    _start(page.checkbox, "keep_wanted").check().run()
    assert _start(page.button, "keep_do").disabled, "the second judgement is asked for"
    _start(page.radio, "keep_label").set_value("depression").run()
    _start(page.button, "keep_do").click().run()
    [case] = CaseStore.open().list()
    judgement = case.judgement
    assert (judgement.label, judgement.first, judgement.after) == ("suicide", True, "depression")
    assert case.text is None
    monkeypatch.setattr("mhkd.cases.store.CaseStore.delete_expired", lambda self: 0)
    page = _open_cases()
    assert "of 1 judged before the answers and after, 1 changed" in read_html(page)
    assert "1 away from it" in read_html(page)
    page.selectbox(key="cases_list_open").set_value(case.id).run()
    assert "before the answers were shown; Posts from" in read_html(page)


def test_who_has_seen_the_answer_does_not_decide_first(open_page: Open) -> None:
    page = analyse_text(open_page(), _TEXT)
    assert page.header[0].value.startswith("This post resembles")
    page.toggle(key="decide_first").set_value(True).run()
    assert "You decide first" not in [header.value for header in page.header]
    _start(page.checkbox, "keep_wanted").check().run()
    _start(page.radio, "keep_label").set_value("suicide").run()
    _start(page.button, "keep_do").click().run()
    [case] = CaseStore.open().list()
    assert not case.judgement.first


def test_who_has_seen_the_answer_does_not_decide_first_on_a_new_start(open_page: Open) -> None:
    page = analyse_text(open_page(), _TEXT)
    page.toggle(key="decide_first").set_value(True).run()
    page = analyse_text(page, f"{_TEXT}  ")  # the same words, begun again
    headers = [header.value for header in page.header]
    assert "You decide first" not in headers
    assert headers[0].startswith("This post resembles")
    page = analyse_text(page, f"{_TEXT} And one word more.")
    assert "You decide first" in [header.value for header in page.header]


def test_nothing_shows_the_answer_before_the_judgement(open_page: Open) -> None:
    page = open_page()
    page.toggle(key="decide_first").set_value(True).run()
    page = analyse_text(page, _TEXT)
    assert "Edit and compare" not in [button.label for button in page.button]


def test_the_page_finds_opens_and_deletes(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    open_page()
    store = CaseStore.open()
    nasty = "a <b>kept</b> ![x](http://evil.example/x.png) text"
    kept = new_case(text=nasty, note="a grey winter")
    for new in (kept, new_case("depression")):
        store.keep(new)
    monkeypatch.setattr("mhkd.cases.store.CaseStore.delete_expired", lambda self: 0)
    page = _open_cases()
    assert kept.case.id in read_html(page)
    page.text_input[0].set_value("grey").run()
    assert len(page.selectbox[0].options) == 1
    page.selectbox[0].set_value(kept.case.id).run()
    assert nasty in [text.value for text in page.text]
    assert "evil" not in read_html(page) + " ".join(block.value for block in page.markdown)
    assert re.search(r"2026-12-24", read_html(page))
    page.button(key=f"case_delete_{kept.case.id}").click().run()
    assert [case.judgement.label for case in CaseStore.open().list()] == ["depression"]
    assert not page.exception


def test_before_anything_is_kept(open_page: Open, tmp_path: Path) -> None:
    open_page()
    page = _open_cases()
    assert "No case is kept." in read_html(page)
    assert "988" in read_html(page)
    assert not (tmp_path / "kept").exists()


def test_a_database_that_can_not_be_used(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    open_page()
    monkeypatch.setenv("MHKD_CASES_URL", "mysql://x")
    page = _open_cases()
    assert "MHKD_CASES_URL is not a database" in read_html(page)


def test_analyses_are_noted_without_content(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = tmp_path / "audit.jsonl"
    monkeypatch.setenv("MHKD_AUDIT_LOG", str(log))
    analyse_text(open_page(), _TEXT)
    assert verify_log(log).lines == 1
    assert "burden" not in log.read_text()


def test_a_log_that_can_not_be_written_stops_the_analysis(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MHKD_AUDIT_LOG", str(tmp_path / "file" / "audit.jsonl"))
    page = analyse_text(open_page(), _TEXT)
    assert "Nothing is analysed without it" in read_html(page)


def test_agreement_in_words() -> None:
    told = say_agreement(Agreement(50, 3, 35, 0.4, -0.05, 0.63))
    assert told == ("0.40 (−0.05 to 0.63)", "35", "50")
    assert say_agreement(Agreement(0, 0, 0, None, None, None))[0] == "not defined"


def test_marks_are_escaped() -> None:
    assert mark_text("a<b>c", [("x", 1, 4)]) == (
        '<div class="marked-text" dir="auto" tabindex="0" role="group" aria-label="The post">'
        'a<mark title="x">&lt;b&gt;</mark>c</div>'
    )


def test_downloads_are_noted_where_there_is_no_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MHKD_CASES_URL", f"sqlite:///{tmp_path}/kept/cases.sqlite")
    monkeypatch.setenv("MHKD_AUDIT_LOG", str(tmp_path / "audit.jsonl"))
    store = CaseStore.open()
    kept = new_case(text="a grey winter")
    store.keep(kept)
    assert "a grey winter" in _export(store, kept.case.bundle_name, 1, "me")
    assert _back_up(store, "me").startswith(b"SQLite format 3")
    told = (tmp_path / "audit.jsonl").read_text()
    assert "exported" in told and "backed_up" in told and "winter" not in told
