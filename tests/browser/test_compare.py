"""A comparison in a real Chromium: analyse, edit, compare, take the report away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.serving import serve_page

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

_POST = "I feel like a burden to everyone. My sister helps me, and I am so tired of this winter."
_EDITED = _POST.replace("a burden to everyone", "part of the family") + " My brother helps too."
_PATIENCE_MS = 60_000.0

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app over an analyser whose answers depend on the words."""
    log = tmp_path_factory.mktemp("compare") / "server.txt"
    with serve_page("tests/app/example_compare.py", log) as address:
        yield address
    assert "burden" not in log.read_text("utf-8")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_edit_and_compare(
    served: str, chromium: playwright_api.Browser, tmp_path: Path, width: int, scheme: str
) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(served)
    page.get_by_label("Post", exact=True).fill(_POST)
    page.get_by_label("Post", exact=True).blur()
    page.get_by_text(f"{len(_POST)} of 25,000 characters").wait_for()
    page.get_by_role("button", name="Analyse", exact=True).click()
    page.get_by_role("tab", name="Record").wait_for()
    page.get_by_role("button", name="Cancel").wait_for(state="detached")
    page.get_by_role("button", name="Edit and compare").click()
    page.get_by_label("Before", exact=True).wait_for()
    assert page.get_by_label("Before", exact=True).input_value() == _POST
    page.get_by_label("After", exact=True).fill(_EDITED)
    page.get_by_label("After", exact=True).blur()
    page.get_by_text(f"{len(_EDITED)} of 25,000 characters").wait_for()
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_role("heading", name="The edit moves the student 30.0 points").wait_for()
    page.get_by_role("button", name="Cancel").wait_for(state="detached")
    assert page.locator(".marked-text mark").first.inner_text() == "a burden to everyone."
    page.get_by_role("tab", name="Student", exact=True).click()
    page.get_by_text("Words whose scores differ most").first.wait_for()
    assert page.evaluate("document.querySelector('.stMain').scrollWidth") <= width
    assert "burden" not in page.url + page.title()
    page.get_by_role("tab", name="Record").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download report").click()
    download.value.save_as(tmp_path / "comparison.html")
    page.close()
    _open_offline(chromium, tmp_path / "comparison.html")


def _open_offline(chromium: playwright_api.Browser, report: Path) -> None:
    context = chromium.new_context(offline=True)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri(), wait_until="commit")
    page.locator(".chart .main-svg").first.wait_for(timeout=_PATIENCE_MS)
    assert asked == [report.as_uri()]
    assert "burden" not in page.locator("main").inner_text()
    context.close()
