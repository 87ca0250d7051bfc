"""Sign-in in a real Chromium, with a provider on this machine. More: attack/test_sign_in.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attack.guarded import guarding

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = pytest.mark.browser

_PATIENCE_MS = 120_000.0


def test_sign_in_shows_the_role_and_sign_out_ends_it(
    tmp_path: Path, chromium: playwright_api.Browser
) -> None:
    with guarding(tmp_path) as guarded:
        told: list[str] = []
        page = chromium.new_context(viewport={"width": 390, "height": 844}).new_page()
        page.set_default_timeout(_PATIENCE_MS)
        page.on("console", lambda message: told.append(message.text))
        page.goto(guarded.server.address)
        page.get_by_role("heading", name="Sign in").wait_for()
        page.get_by_text("Someone to talk to").wait_for()
        assert page.get_by_label("Post", exact=True).count() == 0
        page.get_by_role("button", name="Sign in").click()
        page.get_by_text("Signed in as editor: may keep, read and delete cases").wait_for()
        page.get_by_label("Post", exact=True).wait_for()
        page.screenshot(path=tmp_path / "signed-in.png")
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("heading", name="Sign in").wait_for()
        assert not [line for line in told if "Content Security Policy" in line]
        page.context.close()
