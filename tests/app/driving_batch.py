"""What a reader does with the page “Batch”, over an analyser that answers by hand."""

from __future__ import annotations

import time
from typing import Any

from streamlit.testing.v1 import AppTest

from app import models
from tests.app.driving import PATIENCE_S, find_button

SCRIPT = "from app.views import batch\nbatch.show_page()\n"
DESKS: list[Any] = []


def find_desk() -> Any:
    """The desk of the last session."""
    return DESKS[-1]


def upload(page: AppTest, content: str) -> AppTest:
    """Gives the page a CSV file."""
    models.open_analyser().result()
    page.file_uploader[0].upload("posts.csv", content.encode(), "text/csv").run()
    return page.run()


def press(page: AppTest, label: str) -> AppTest:
    """Presses a button and runs the page until nothing is under way."""
    page = find_button(page, label).click().run()
    return await_page(
        page, lambda _: not (DESKS and find_desk().job is not None and find_desk().job.busy)
    )


def await_page(page: AppTest, there: Any) -> AppTest:
    """Runs the page until something is there."""
    end = time.monotonic() + PATIENCE_S
    while not there(page):
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)
        page = page.run()
    return page.run()


def has_button(page: AppTest, label: str) -> bool:
    """Whether there is a button of this name."""
    return any(button.label == label for button in page.button)
