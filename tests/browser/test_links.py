"""A link to another page that is clicked at once loses nothing that was typed."""

from __future__ import annotations

import pytest

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

_TYPED = "my own words"
_PATIENCE_MS = 120_000.0

pytestmark = pytest.mark.browser


def test_what_was_typed_stays_where_a_link_follows_at_once(
    served_by_hand: str, chromium: playwright_api.Browser
) -> None:
    for _ in range(6):  # it was lost every other time
        page = chromium.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        page.goto(served_by_hand)
        field = page.get_by_label("Post", exact=True)
        field.fill(_TYPED)
        field.blur()
        page.get_by_role("link", name="Batch").click()
        page.locator("input[type=file]").wait_for(state="attached")
        page.get_by_role("link", name="Analyse").click()
        page.get_by_role("button", name="Analyse", exact=True).wait_for()
        page.wait_for_function(
            "typed => document.querySelector('textarea[aria-label=\"Post\"]')?.value === typed",
            arg=_TYPED,
        )
        page.close()


@pytest.mark.parametrize("width", [320, 390])
def test_a_menu_that_covers_the_page_closes_behind_a_link(
    served_by_hand: str, chromium: playwright_api.Browser, width: int
) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 320})  # 320: a laptop at 400 %
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(served_by_hand)
    page.get_by_label("Post", exact=True).wait_for()
    page.get_by_role("button", name="Expand sidebar").click()
    page.get_by_role("link", name="Models").click()
    page.get_by_role("heading", name="Models", exact=True).wait_for()
    page.get_by_role("button", name="Expand sidebar").wait_for()
    page.close()
