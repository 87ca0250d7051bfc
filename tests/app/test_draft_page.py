"""A page that was loaded anew asks for its draft and puts it into the field."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import models
from app.components import draft as component
from app.drafts import Draft
from tests.app.driving import find_button, read_html
from tests.app.example_analysis import ExampleAnalyser

_TAB = "ab" * 16
_LEFT = "what was typed before the reload"

Told = dict[str, Any]


def _draw() -> None:
    from app.views import analyse

    analyse.show_page()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """What the tab tells; a test changes it."""
    values: Told = {"tab": None, "typed": None}
    monkeypatch.setattr(component, "_teller", lambda: lambda **_: SimpleNamespace(**values))
    monkeypatch.setattr(models, "load_analyser", ExampleAnalyser)
    monkeypatch.setattr(component, "is_there", lambda session: session == "there")
    st.cache_resource.clear()
    models.open_analyser().result(60)
    yield values
    st.cache_resource.clear()


def _leave(session: str = "gone", *, blurred: bool = False) -> Draft:
    draft = Draft(session)
    component.open_drafts().meet(_TAB, draft)
    draft.note(_LEFT, blurred=blurred)
    return draft


def _open() -> AppTest:
    page = AppTest.from_function(_draw, default_timeout=90).run()
    assert not page.exception
    return page


@pytest.mark.parametrize("tab", [None, "cd" * 16, 7, "../../etc"])
def test_without_the_key_there_is_nothing(told: Told, tab: object) -> None:
    left = _leave()
    told["tab"] = tab
    assert _open().text_area[0].value == ""
    assert left.text == _LEFT


def test_with_the_key_it_is_there_and_can_be_cleared(told: Told) -> None:
    left = _leave()
    told["tab"] = _TAB
    page = _open()
    assert page.text_area[0].value == _LEFT
    assert left.text == ""
    page.run()
    assert page.text_area[0].value == _LEFT
    find_button(page, "Clear this case").click().run()
    assert page.text_area[0].value == ""
    again = Draft("later")
    component.open_drafts().meet(_TAB, again)
    assert again.text == ""


def test_what_was_typed_since_is_not_lost(told: Told) -> None:
    left = _leave()
    page = _open()
    page.text_area[0].set_value("something new").run()
    told["tab"] = _TAB
    page.run()
    assert page.text_area[0].value == "something new"
    find_button(page, "Bring back my own text").click().run()
    assert page.text_area[0].value == _LEFT
    assert left.text == ""


def test_of_a_tab_that_is_still_open_nothing_is_taken(told: Told) -> None:
    left = _leave("there")
    told["tab"] = _TAB
    page = _open()
    page.run()
    assert page.text_area[0].value == ""
    assert left.text == _LEFT


def test_a_blurred_draft_comes_back_blurred(told: Told) -> None:
    left = _leave(blurred=True)
    told["tab"] = _TAB
    page = _open()
    assert left.text == ""
    assert page.text_area[0].value == _LEFT
    assert page.toggle(key="analyse_blurred").value is True
    assert ".stTextArea textarea" in read_html(page)


def test_what_is_being_typed_is_noted_before_the_field_tells_it(told: Told) -> None:
    told |= {"tab": _TAB, "typed": "I am so t"}
    page = _open()
    assert page.text_area[0].value == ""
    after = Draft("later")
    assert component.open_drafts().meet(_TAB, after) == "taken"
    assert after.text == "I am so t"
