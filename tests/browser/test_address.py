"""Settings stand in the address of a page, are kept from page to page, and can be handed on."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

_PATIENCE_MS = 120_000.0
_POST = "my own words"

pytestmark = pytest.mark.browser


def test_a_setting_is_kept_in_the_address_and_opens_with_it(
    served_by_hand: str, chromium: playwright_api.Browser
) -> None:
    page = chromium.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(served_by_hand)
    field = page.get_by_label("Post", exact=True)
    field.fill(_POST)
    field.blur()
    page.get_by_text("Decide first").click()
    page.wait_for_url("**/*decide_first=true*")
    page.get_by_role("link", name="Models").click()
    page.get_by_role("heading", name="Models").first.wait_for()
    page.get_by_role("link", name="Analyse").click()
    page.wait_for_url("**/*decide_first=true*")
    page.wait_for_function(
        "() => document.querySelector('[aria-label=\"Decide first\"]')?.checked === true"
    )
    address = page.url
    page.close()
    assert set(parse_qs(urlsplit(address).query)) == {"decide_first"}
    page = chromium.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(address)
    page.get_by_role("switch", name="Decide first").wait_for()
    assert page.get_by_role("switch", name="Decide first").is_checked()
    assert page.get_by_label("Post", exact=True).input_value() == ""
    page.close()
