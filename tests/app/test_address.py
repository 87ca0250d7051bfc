"""A page's address holds settings that can be shared, and nothing of a post."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import models
from tests.app.driving import analyse_text, find_button, read_html
from tests.app.example_analysis import TEXT, ExampleAnalyser

_ROOT = Path(__file__).resolve().parents[2]
_SETTINGS = {"toggle", "checkbox", "segmented_control", "slider", "number_input", "selectbox"}


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    monkeypatch.setattr(models, "load_analyser", ExampleAnalyser)
    st.cache_resource.clear()
    yield AppTest.from_file(str(_ROOT / "app" / "main.py"), default_timeout=90)
    st.cache_resource.clear()


def test_settings_come_from_the_address_and_hold(fresh: AppTest) -> None:
    fresh.query_params["decide_first"] = "true"
    fresh.query_params["analyse_short"] = "true"
    page = fresh.run()
    assert page.toggle(key="decide_first").value and page.toggle(key="analyse_short").value
    page.toggle(key="decide_first").set_value(False).run()
    page = analyse_text(page, TEXT)
    assert not page.tabs and not page.exception
    find_button(page, "Clear this case").click().run()
    assert page.toggle(key="analyse_short").value


@pytest.mark.parametrize("told", ["<script>", "9", ""])
def test_an_address_that_makes_no_sense_is_passed_over(fresh: AppTest, told: str) -> None:
    fresh.query_params["decide_first"] = told
    page = fresh.run()
    assert not page.exception and not page.toggle(key="decide_first").value


def test_what_was_shown_is_greyed_once_the_post_has_changed(fresh: AppTest) -> None:
    page = analyse_text(fresh.run(), TEXT)
    assert ".st-key-details { filter" not in read_html(page)
    page.text_area[0].set_value(f"{TEXT} And more.").run()
    assert ".st-key-details { filter" in read_html(page)


def test_only_settings_are_bound_to_the_address() -> None:
    found = set()
    for file in (_ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and any(word.arg == "bind" for word in node.keywords):
                assert isinstance(node.func, ast.Attribute), file
                found.add(node.func.attr)
    assert found and found <= _SETTINGS
