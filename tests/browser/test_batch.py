"""A batch in a real Chromium over the real bundle: upload, answer, measure, take away, open."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.example_batch import write_posts
from tests.browser.test_page import Window, served, window

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from mhkd.bundle import list_bundles  # noqa: E402

__all__ = ["served", "window"]
_ROWS = 200
_PATIENCE_MS = 600_000.0

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not any(bundle.name == "sdcnl" and bundle.fault is None for bundle in list_bundles()),
        reason="the bundle sdcnl is not there",
    ),
]


def test_a_batch_with_labels(window: Window, tmp_path: Path) -> None:
    page = window.page
    page.get_by_role("link", name="Batch").click()
    page.locator("input[type=file]").wait_for(state="attached", timeout=_PATIENCE_MS)
    page.locator("input[type=file]").set_input_files(
        {"name": "posts.csv", "mimeType": "text/csv", "buffer": write_posts(_ROWS).encode()}
    )
    page.get_by_text(f"posts.csv: {_ROWS} rows, 4 columns").wait_for(timeout=_PATIENCE_MS)
    page.get_by_role("button", name="Estimate the time").click()
    page.get_by_role("button", name="Start").click(timeout=_PATIENCE_MS)
    page.get_by_role("heading", name="Results").wait_for(timeout=_PATIENCE_MS)
    page.get_by_role("tab", name="How good").click()
    page.get_by_text(f"On {_ROWS - 1} rows that have a label").wait_for(timeout=_PATIENCE_MS)
    page.get_by_role("tab", name="Rows without an answer").click()
    page.get_by_text("The text is empty.").wait_for()
    _take_away(window, tmp_path)
    assert all("127.0.0.1" in url or url.startswith(("data:", "blob:")) for url in window.requested)


def _take_away(window: Window, folder: Path) -> None:
    page = window.page
    page.get_by_role("tab", name="Export").click()
    for name, ending in (("Download CSV", "csv"), ("Download the report (HTML)", "html")):
        with page.expect_download(timeout=_PATIENCE_MS) as started:
            page.get_by_role("button", name=name).click()
        started.value.save_as(folder / f"batch.{ending}")
    lines = (folder / "batch.csv").read_text("utf-8").splitlines()
    assert len(lines) == _ROWS + 1 and lines[0].startswith('"row","id","given_label"')
    report = page.context.browser.new_page() if page.context.browser else page
    asked: list[str] = []
    report.on("request", lambda request: asked.append(request.url))
    report.goto((folder / "batch.html").as_uri())
    report.get_by_role("heading", name=f"{_ROWS} posts, read as text").wait_for()
    report.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=_PATIENCE_MS)
    assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)
    report.close()
