"""A row of a batch in a real Chromium: opened on Analyse."""

from __future__ import annotations

from contextlib import suppress

import pytest

from tests.app.example_batch import write_posts

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

_PATIENCE_MS = 120_000.0

pytestmark = pytest.mark.browser


def test_a_row_is_opened_on_analyse(served_by_hand: str, chromium: playwright_api.Browser) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(_PATIENCE_MS)
    content = write_posts(60)
    page.goto(served_by_hand)
    page.get_by_label("Post", exact=True).fill("my own words")
    page.get_by_label("Post", exact=True).blur()
    page.get_by_role("link", name="Batch").click()
    page.locator("input[type=file]").wait_for(state="attached")
    page.locator("input[type=file]").set_input_files(
        {"name": "posts.csv", "mimeType": "text/csv", "buffer": content.encode()}
    )
    page.get_by_role("button", name="Estimate the time").click()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("heading", name="Results").wait_for()
    for row in (0, 1):
        _open_row(page, row)
        post = content.splitlines()[row + 1].split(",")[1]
        page.wait_for_function(
            "post => document.querySelector('textarea[aria-label=\"Post\"]')?.value === post",
            arg=post,
        )
        if row == 0:
            page.get_by_role("button", name="Bring back my own text").wait_for()
        page.get_by_role("link", name="Batch").click()
    page.close()


def _open_row(page: playwright_api.Page, row: int) -> None:
    """Chooses a row by its box and opens it; a click on a table that still moves hits no box."""
    button = page.get_by_role("button", name=f"Open row {row + 1} on the page Analyse")
    for _ in range(4):
        table = page.locator("[data-testid=stDataFrame]:visible canvas").first
        table.scroll_into_view_if_needed()
        place = table.bounding_box()
        assert place is not None
        page.mouse.click(place["x"] + 18, place["y"] + 35 + 17 + 35 * row)
        with suppress(playwright_api.TimeoutError):
            button.wait_for(timeout=_PATIENCE_MS / 4)
            break
    button.click()
