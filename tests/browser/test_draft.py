"""A real Chromium loads the page anew: what was typed is there, and nowhere but in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.browser.serving import serve_page

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

_POST = "Quixotic zeppelins, and I am so tired of this grey winter."
_BLURRED = (
    "() => getComputedStyle(document.querySelector('.stTextArea textarea')).filter !== 'none'"
)
_PATIENCE_MS = 120_000.0

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over the example's models."""
    log = tmp_path_factory.mktemp("draft") / "server.txt"
    with serve_page("tests/app/example_page.py", log) as address:
        yield address
    told = log.read_text("utf-8")
    assert "Quixotic" not in told
    assert "Traceback" not in told and "Error" not in told


def _open(context: playwright_api.BrowserContext, address: str) -> playwright_api.Page:
    page = context.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(address)
    page.get_by_label("Post", exact=True).wait_for()
    page.wait_for_timeout(1500)
    assert page.evaluate("sessionStorage.length") == 0, (
        "nothing is stored before something is typed"
    )
    return page


def _await_text(page: playwright_api.Page, text: str) -> None:
    page.wait_for_function(
        "wanted => document.querySelector('.stTextArea textarea')?.value === wanted", arg=text
    )


def _reload(page: playwright_api.Page) -> None:
    page.reload()
    page.get_by_label("Post", exact=True).wait_for()


def _stay_empty(page: playwright_api.Page) -> None:
    page.wait_for_timeout(4000)
    _await_text(page, "")


def test_what_was_typed_is_there_after_a_reload_and_lies_in_no_store(
    served: str, chromium: playwright_api.Browser
) -> None:
    context = chromium.new_context()
    page = _open(context, served)
    # typed and not yet left, so that the field itself has told nothing
    page.get_by_label("Post", exact=True).press_sequentially(_POST, delay=5)
    page.wait_for_timeout(2000)
    _reload(page)
    _await_text(page, _POST)
    stores = page.evaluate("[{...sessionStorage}, {...localStorage}, document.cookie]")
    assert re.fullmatch("[0-9a-f]{32}", stores[0]["mhkd-tab"])
    assert "Quixotic" not in json.dumps(stores) + page.url
    assert "mhkd" not in json.dumps(stores[1])
    _reload(page)
    _await_text(page, _POST)
    page.get_by_role("button", name="Clear this case").click()
    _await_text(page, "")
    _reload(page)
    _stay_empty(page)
    context.close()


def test_a_second_tab_sees_nothing_also_with_the_same_key(
    served: str, chromium: playwright_api.Browser
) -> None:
    context = chromium.new_context()
    page = _open(context, served)
    page.get_by_label("Post", exact=True).fill(_POST)
    page.get_by_label("Post", exact=True).blur()
    page.get_by_text(f"{len(_POST)} of 25,000 characters").wait_for()
    key = page.evaluate("sessionStorage.getItem('mhkd-tab')")
    other = _open(context, served)
    assert other.evaluate("sessionStorage.getItem('mhkd-tab')") != key
    _stay_empty(other)
    # as a browser does that duplicates a tab
    other.evaluate("key => sessionStorage.setItem('mhkd-tab', key)", key)
    _reload(other)
    _stay_empty(other)
    _await_text(page, _POST)
    context.close()


def test_a_blurred_post_comes_back_blurred(served: str, chromium: playwright_api.Browser) -> None:
    context = chromium.new_context()
    page = _open(context, served)
    page.get_by_label("Post", exact=True).fill(_POST)
    page.get_by_label("Post", exact=True).blur()
    page.get_by_text("Blur the post").click()
    page.wait_for_function(_BLURRED)
    page.wait_for_timeout(1500)
    _reload(page)
    _await_text(page, _POST)
    page.wait_for_function(_BLURRED)
    context.close()
