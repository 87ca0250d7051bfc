"""The tour: step by step over live answers, forward and back, on a desk of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import models
from app.components.post_input import CONTENT_NOTE
from app.tour import STEPS
from mhkd.errors import BundleError, InputError
from tests.app.example_analysis import ExampleAnalyser

_PATIENCE_S = 90.0


@pytest.fixture
def tour(monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    st.cache_resource.clear()
    monkeypatch.setattr(models, "load_analyser", ExampleAnalyser)
    models.open_analyser().result(_PATIENCE_S)
    yield AppTest.from_function(_draw, default_timeout=_PATIENCE_S).run()
    st.cache_resource.clear()


def _draw() -> None:
    from app.views import tour

    tour.show_page()


def _html(page: AppTest) -> str:
    return " ".join(element.proto.body for element in page.get("html"))


def _press(page: AppTest, key: str, words: str) -> None:
    page.button(key=key).click().run()
    _await(page, words)


def _await(page: AppTest, words: str) -> None:
    end = time.monotonic() + _PATIENCE_S
    while words not in _html(page):
        assert time.monotonic() < end, f"{words!r} was not shown"
        time.sleep(0.1)
        page.run()
    assert not page.exception


def test_every_step_forward_and_back(tour: AppTest) -> None:
    assert tour.title[0].value == STEPS[0].title
    assert tour.button(key="tour_back").disabled
    assert CONTENT_NOTE in _html(tour)
    shown = (
        "It has been grey for months",
        "It says r/SuicideWatch, with a calibrated probability of 0.81.",
        "12.0 of 12.0 s were heard.",
        "It says r/SuicideWatch, with a calibrated probability of 0.58.",
        "Together they say",
        "Not tested yet.",
        "no students of single teachers",
        "sourdough",
        "Nobody reads along",
    )
    for step, words in zip(STEPS[1:], shown, strict=True):
        _press(tour, "tour_next", words)
        assert tour.title[0].value == step.title
        assert "988" in _html(tour)
    assert tour.button(key="tour_next").disabled
    _press(tour, "tour_back", "sourdough")
    _press(tour, "tour_back", "no students of single teachers")
    tour.button(key="tour_home").click().run()
    assert tour.title[0].value == STEPS[0].title


def test_another_post_is_answered_anew(tour: AppTest) -> None:
    _press(tour, "tour_next", "It has been grey for months")
    tour.pills(key="tour_sample").set_value("Exhausted student").run()
    _await(tour, "Third exam week")


def test_no_text_can_be_put_in(tour: AppTest) -> None:
    assert not tour.text_area and not tour.text_input and not tour.get("file_uploader")


def test_models_that_can_not_be_opened_leave_the_story(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> ExampleAnalyser:
        raise BundleError("student.safetensors is missing. Restore it.")

    st.cache_resource.clear()
    monkeypatch.setattr(models, "load_analyser", fail)
    with suppress(BundleError):
        models.open_analyser().result(_PATIENCE_S)
    page = AppTest.from_function(_draw, default_timeout=_PATIENCE_S).run()
    assert page.title[0].value == STEPS[0].title
    assert "is missing. Restore it." in _html(page)
    st.cache_resource.clear()


def test_an_answer_that_fails_is_told_and_asked_for_again(
    tour: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ExampleAnalyser.analyse

    def fail(*_: object, **__: object) -> None:
        raise InputError("There is no room in memory.")

    monkeypatch.setattr(ExampleAnalyser, "analyse", fail)
    _press(tour, "tour_next", "There is no room in memory.")
    monkeypatch.setattr(ExampleAnalyser, "analyse", whole)
    next(button for button in tour.button if button.label == "Ask again").click().run()
    _await(tour, "It has been grey for months")
