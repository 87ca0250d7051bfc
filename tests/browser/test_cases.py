"""A real Chromium over the real server: keep, find, delete a case; open its report offline.

The models are the example's, so that this is about the way and not about the answer.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mhkd.cases.audit import verify_log
from tests.browser.serving import await_port
from tests.cases.databases import postgresql_server

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

_ROOT = Path(__file__).resolve().parents[2]
_POST = "I feel like a burden and so tired, write to jo@example.org. My sister helps."
_PATIENCE_MS = 300_000.0

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    with postgresql_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The app with its cases in a file or on a server, and an audit log."""
    url = (
        f"sqlite:///{tmp_path}/kept/cases.sqlite"
        if request.param == "sqlite"
        else request.getfixturevalue("postgresql")
    )
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    page = "tests/app/example_page.py"
    command = [sys.executable, "-m", "streamlit", "run", page, "--server.port", str(port)]
    environment = {
        **os.environ,
        "PYTHONPATH": str(_ROOT),
        "MHKD_CASES_URL": url,
        "MHKD_AUDIT_LOG": str(tmp_path / "audit.jsonl"),
    }
    with (tmp_path / "server.txt").open("w") as log:
        server = subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=log, stderr=log)
        try:
            await_port(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(60)
    assert "burden" not in (tmp_path / "server.txt").read_text("utf-8")
    assert "burden" not in (tmp_path / "audit.jsonl").read_text("utf-8")


def test_keep_find_delete_and_report(
    served: str, chromium: playwright_api.Browser, tmp_path: Path
) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(served)
    page.get_by_label("Post", exact=True).fill(_POST)
    page.get_by_label("Post", exact=True).blur()
    page.get_by_text(f"{len(_POST)} of 25,000 characters").wait_for()
    page.get_by_role("button", name="Analyse", exact=True).click()
    page.get_by_role("tab", name="Record").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download report").click()
    download.value.save_as(tmp_path / "report.html")
    _keep(page)
    assert "[e-mail]" in _find_text(page).input_value()
    page.get_by_text("taken out what points to a person").click()
    page.get_by_role("button", name="Keep this case").click()
    page.get_by_text("This case is on the page Cases").wait_for()
    _find(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download report").click()
    download.value.save_as(tmp_path / "case.html")
    _delete(page)
    page.close()
    assert verify_log(tmp_path / "audit.jsonl").lines == 3
    assert "burden" not in _open_offline(chromium, tmp_path / "report.html")
    told = _open_offline(chromium, tmp_path / "case.html")
    assert "write to [e-mail]." in told and "This is not anonymous" in told
    assert "jo@example.org" not in told


def _keep(page: playwright_api.Page) -> None:
    page.get_by_text("I want to keep this case").click()
    page.get_by_text("Posts from r/depression", exact=True).click()
    page.get_by_label("Note", exact=True).fill("a quiet remark")
    page.get_by_label("Note", exact=True).blur()
    page.get_by_text("Keep the de-identified text as well").click()
    _find_text(page).wait_for()


def _find_text(page: playwright_api.Page) -> playwright_api.Locator:
    return page.get_by_role("textbox", name="Text that will be kept")


def _find(page: playwright_api.Page) -> None:
    page.get_by_role("link", name="Cases").click()
    search = page.get_by_label("Search text, notes and judgements")
    search.fill("burden remark")
    search.press("Enter")
    page.get_by_role("combobox", name="Open a case").click()
    page.get_by_role("option").first.click()
    page.get_by_text("a quiet remark").wait_for()
    page.get_by_role("heading", name="Five answers side by side").wait_for()
    page.locator(".post-words .toward", has_text="burden").first.wait_for()
    page.get_by_role("tab", name="Record").click()
    page.get_by_text("Include the de-identified text and its words").click()
    page.get_by_text("read by the one who kept it").wait_for()


def _delete(page: playwright_api.Page) -> None:
    page.get_by_role("button", name="Delete this case").click()
    page.get_by_role("button", name="Delete for good").click()
    page.get_by_text("No case is kept.").wait_for()


def _open_offline(chromium: playwright_api.Browser, report: Path) -> str:
    """What a report says, opened without a network and printed."""
    context = chromium.new_context(offline=True)
    page, told, asked = context.new_page(), [], []
    page.set_default_timeout(_PATIENCE_MS)
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda fault: told.append(str(fault)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri(), wait_until="commit")
    page.get_by_text("Limits", exact=True).wait_for()
    page.locator(".chart .main-svg").first.wait_for()
    assert page.locator(".chart .main-svg").count() >= 5
    assert asked == [report.as_uri()]
    assert told == []
    text: str = page.locator("main").inner_text()
    assert "It is not a diagnosis" in text
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    context.close()
    return text
