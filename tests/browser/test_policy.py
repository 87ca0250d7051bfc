"""The content policy in a real Chromium: every page stands under it, foreign pictures do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attack.visitor import serving

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = pytest.mark.browser

_PATIENCE_MS = 300_000.0
_POST = "It has been a long winter. ![x](http://127.0.0.1:9/p) My sister calls and that helps."
_PICTURE = "new Image().src = 'http://127.0.0.1:9/beacon'"


def test_every_page_stands_under_the_policy(
    tmp_path: Path, chromium: playwright_api.Browser
) -> None:
    settings = {"MHKD_CASES_URL": f"sqlite:///{tmp_path}/cases.sqlite"}
    with serving(tmp_path / "log.txt", **settings) as server:
        told: list[str] = []
        asked: list[str] = []
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(_PATIENCE_MS)
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda fault: told.append(str(fault)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(server.address)
        page.get_by_label("Post", exact=True).fill(_POST)
        page.get_by_label("Post", exact=True).blur()
        page.get_by_text("of 25,000 characters").wait_for()
        page.get_by_role("button", name="Analyse", exact=True).click()
        for tab in ("Words", "Emotions", "Sound", "Read and heard", "Record"):
            page.get_by_role("tab", name=tab, exact=True).click()
        page.locator(".js-plotly-plot").first.wait_for()
        links = page.locator("header").get_by_role("link")
        names = [name for name in links.all_inner_texts() if name.strip()]
        assert {"Analyse", "Batch", "Cases"} <= {name.strip() for name in names}
        for name in names:
            page.get_by_role("link", name=name.strip(), exact=True).first.click()
            page.get_by_role("heading", level=1).wait_for()
        assert not [line for line in told if "Content Security Policy" in line or "rror" in line]
        assert all(url.startswith((server.address, "data:", "blob:")) for url in asked)
        page.evaluate(_PICTURE)
        page.wait_for_function("performance.now() > 0")
        page.wait_for_timeout(200)
        assert [line for line in told if "beacon" in line and "Content Security Policy" in line]
        page.close()
