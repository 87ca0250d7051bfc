"""A real Chromium records through its microphone, and the audio teacher hears that."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.serving import serve_page

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

_PATIENCE_MS = 120_000.0

pytestmark = pytest.mark.browser


def test_what_the_microphone_hears_is_analysed_and_outlives_other_pages(
    chromium_with_microphone: playwright_api.Browser, tmp_path: Path
) -> None:
    log = tmp_path / "server.txt"
    with serve_page("tests/app/example_page.py", log) as address:
        context = chromium_with_microphone.new_context(permissions=["microphone"])
        page = context.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        page.goto(address)
        page.get_by_label("Post", exact=True).fill("Words of mine, read aloud by myself.")
        page.get_by_text("Record now").click()
        page.get_by_text("Record only yourself, or someone who has agreed.").wait_for()
        recorder = page.get_by_test_id("stAudioInput")
        recorder.get_by_role("button", name="Record", exact=True).click()
        page.wait_for_timeout(1500)
        recorder.get_by_role("button", name="Stop recording").click()
        page.get_by_text("No text yet?").wait_for()  # the recording has arrived
        page.get_by_role("button", name="Analyse", exact=True).click()
        page.get_by_text("Sound: recorded", exact=True).wait_for()
        page.get_by_role("link", name="Method and limits").click()
        page.get_by_role("heading", name="Limits").first.wait_for()
        page.get_by_role("link", name="Analyse").click()
        page.get_by_text("Kept: ").wait_for()
        page.get_by_role("button", name="Clear this case").click()
        page.get_by_text("Kept: ").wait_for(state="detached")
        context.close()
    assert "Traceback" not in log.read_text("utf-8")
