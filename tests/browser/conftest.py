"""The Chromium of the browser tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.browser.serving import serve_page

_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
_MICROPHONE = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The system's Chromium, else playwright's own."""
    with _launch() as browser:
        yield browser


@pytest.fixture(scope="module")
def chromium_with_microphone() -> Iterator[Any]:
    """The same with a microphone that hears a tone now and then."""
    with _launch(*_MICROPHONE) as browser:
        yield browser


@pytest.fixture
def served_by_hand(tmp_path: Path) -> Iterator[str]:
    """The address of the app over an analyser that answers by hand."""
    with serve_page("tests/app/example_batch.py", tmp_path / "server.txt") as address:
        yield address


@contextmanager
def _launch(*more: str) -> Iterator[Any]:
    playwright_api = pytest.importorskip("playwright.sync_api")
    with playwright_api.sync_playwright() as driver:
        found = shutil.which("chromium") or shutil.which("chromium-browser")
        if found is None and not Path(driver.chromium.executable_path).exists():
            pytest.skip("no Chromium: apt-get install chromium, or playwright install chromium")
        browser = driver.chromium.launch(executable_path=found, args=[*_ARGUMENTS, *more])
        yield browser
        browser.close()
