"""What a reader does with the page of ``app/main.py``, and what the page shows."""

from __future__ import annotations

import time

from streamlit.testing.v1 import AppTest

PATIENCE_S = 90


def analyse_text(page: AppTest, text: str) -> AppTest:
    """Writes a post, presses Analyse, and runs the page until all is there."""
    page.text_area[0].set_value(text).run()
    find_button(page, "Analyse").click().run()
    return settle(page)


def await_words(page: AppTest, words: str) -> None:
    """Runs the page until it shows some words."""
    end = time.monotonic() + PATIENCE_S
    while words not in read_html(page):
        assert time.monotonic() < end
        page.run()


def settle(page: AppTest) -> AppTest:
    """Runs the page until nothing more comes."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        page.run()
        waiting = [b for b in page.button if b.label == "Cancel"]
        if not waiting and "Explaining for the label" not in read_html(page):
            return page
        time.sleep(0.1)
    raise AssertionError("the analysis did not end")


def find_button(page: AppTest, label: str) -> object:
    """The first button of a name."""
    return next(button for button in page.button if button.label == label)


def read_html(page: AppTest) -> str:
    """All HTML of the page in one."""
    return " ".join(element.proto.body for element in page.get("html"))


def assert_help(page: AppTest) -> None:
    """The help lines stand on the page."""
    shown = read_html(page)
    for words in ("988", "116 123", "findahelpline.com", "not a diagnosis", "2026-11-24"):
        assert words in shown
