"""A real Chromium over the real server and the real bundle: upload, press, read."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mhkd.bundle import list_bundles
from tests.app.example_analysis import build_recording
from tests.audio.making import write_by_pyav
from tests.browser.serving import await_port

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

_ROOT = Path(__file__).resolve().parents[2]
_POST = (
    "It has been a long winter. I am tired most days and I find it hard to talk about it, "
    "but my sister calls every evening and that helps."
)
_ANSWER_MS = 600_000.0
_NOTICE_MS = 30_000.0
_PATIENCE_MS = 120_000.0  # a shared machine may be slow; nothing here is about time
_RATE_HZ = 48_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not any(bundle.name == "sdcnl" and bundle.fault is None for bundle in list_bundles()),
        reason="the bundle sdcnl is not there",
    ),
]


@dataclass
class Window:
    """A page and every address that it asked for."""

    page: playwright_api.Page
    address: str
    requested: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Notes requests, also those of WebSockets."""
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on("websocket", lambda channel: self.requested.append(channel.url))


@pytest.fixture(scope="module")
def served(own_home: Path) -> Iterator[str]:
    """The app as ``make run`` serves it, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    with (own_home / "server.txt").open("w") as log:
        server = subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=log, stderr=log)
        try:
            await_port(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)
    assert _POST[:30] not in (own_home / "server.txt").read_text("utf-8")


@pytest.fixture
def window(served: str, chromium: playwright_api.Browser) -> Iterator[Window]:
    """A fresh page, opened."""
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(_PATIENCE_MS)
    opened = Window(page, served)
    opened.watch()
    page.goto(served)
    page.get_by_role("heading", level=1).wait_for()
    yield opened
    page.close()


@pytest.mark.parametrize(
    ("name", "kind", "codec", "media"),
    [("voice.m4a", "ipod", "aac", "audio/mp4"), ("voice.webm", "webm", "libopus", "audio/webm")],
)
def test_an_uploaded_recording_is_analysed(
    window: Window, name: str, kind: str, codec: str, media: str
) -> None:
    page = window.page
    samples = build_recording(4.0, "recorded", _RATE_HZ).samples
    sound = write_by_pyav(samples, _RATE_HZ, kind, codec)
    _write_post(page)
    page.get_by_role("radio", name="Upload a recording").click()
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": media, "buffer": sound}
    )
    page.get_by_text(name).first.wait_for()
    _analyse(page)
    _await_answer(page)
    page.get_by_text("Sound: recorded", exact=True).wait_for()
    page.get_by_role("tab", name="Sound").click()
    page.get_by_text("Strongest stretch,").wait_for(timeout=_ANSWER_MS)
    assert page.locator("audio").count() == 3
    page.get_by_role("tab", name="Words").click()
    assert page.locator(".post-words").first.inner_text().strip() == _POST
    _assert_local(window)


def test_a_recording_that_is_none_is_refused_and_the_post_kept(window: Window) -> None:
    page = window.page
    _write_post(page)
    page.get_by_role("radio", name="Upload a recording").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "notes.wav", "mimeType": "audio/wav", "buffer": b"these are only words " * 99}
    )
    page.get_by_text("notes.wav").first.wait_for()
    _analyse(page)
    page.get_by_text("The recording can’t be used").wait_for(timeout=_ANSWER_MS)
    assert page.get_by_label("Post", exact=True).input_value() == _POST
    _assert_help(page)


def test_a_spoken_post_on_a_phone(served: str, chromium: playwright_api.Browser) -> None:
    page = chromium.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.set_default_timeout(_PATIENCE_MS)
    opened = Window(page, served)
    opened.watch()
    page.goto(served)
    page.get_by_role("radio", name="A sourdough question").click()
    _analyse(page)
    _await_answer(page)
    wide = page.evaluate("document.querySelector('.stMain').scrollWidth")
    assert wide <= 390
    _assert_local(opened)
    page.close()


def test_200_kb_of_text_end_in_a_sentence(window: Window) -> None:
    page = window.page
    long = "word " * 40_000
    page.get_by_label("Post", exact=True).fill(long)
    page.get_by_label("Post", exact=True).blur()
    page.get_by_text("of at most 25,000 characters").wait_for()
    _analyse(page)
    page.get_by_text("The post can’t be read").wait_for(timeout=_ANSWER_MS)
    assert page.get_by_label("Post", exact=True).input_value() == long


def test_cancel_frees_the_page(window: Window) -> None:
    page = window.page
    _write_post(page)
    _analyse(page)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Three teachers and their student").wait_for()
    page.get_by_role("button", name="Analyse", exact=True, disabled=False).wait_for()
    assert page.get_by_label("Post", exact=True).input_value() == _POST


def test_everything_is_reached_by_keyboard(window: Window) -> None:
    page = window.page
    page.get_by_role("button", name="Analyse", exact=True).wait_for()
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "(e => e.getAttribute('aria-label') || e.innerText || '')(document.activeElement)"
            ).strip()
        )
    for name in ("Call or text 988", "Post", "A grey few months", "Analyse", "Clear this case"):
        assert name in reached, reached


def test_method_page_and_help_lines(window: Window) -> None:
    page = window.page
    _assert_help(page)
    _write_post(page)
    page.get_by_role("link", name="Method and limits").click()
    page.get_by_role("heading", name="How good they are").wait_for(timeout=_ANSWER_MS)
    _assert_help(page)
    page.get_by_role("link", name="Analyse").click()
    page.get_by_label("Post", exact=True).wait_for()
    assert page.get_by_label("Post", exact=True).input_value() == _POST
    assert _POST[:10] not in page.url + page.title()
    _assert_local(window)


def _write_post(page: playwright_api.Page) -> None:
    page.get_by_label("Post", exact=True).fill(_POST)
    page.get_by_label("Post", exact=True).blur()
    page.get_by_text(f"{len(_POST)} of 25,000 characters").wait_for()


def _analyse(page: playwright_api.Page) -> None:
    """Clicks as a reader does: once more where the page took no notice."""
    begun = (
        page.get_by_role("button", name="Cancel")
        .or_(page.get_by_role("tab", name="Words"))
        .or_(page.get_by_text("can’t be"))
    )
    for _ in range(3):
        page.get_by_role("button", name="Analyse", exact=True).click()
        with suppress(playwright_api.TimeoutError):
            begun.first.wait_for(timeout=_NOTICE_MS)
            return
    raise AssertionError("the page took no notice of three clicks on Analyse")


def _await_answer(page: playwright_api.Page) -> None:
    told = (
        page.get_by_text("resembles posts from")
        .or_(page.get_by_text("Outside what this model knows."))
        .or_(page.get_by_text("Not decided"))
    )
    told.first.wait_for(timeout=_ANSWER_MS)
    page.get_by_role("tab", name="Words").wait_for(timeout=_ANSWER_MS)
    page.get_by_role("button", name="Cancel").wait_for(state="detached", timeout=_ANSWER_MS)


def _assert_help(page: playwright_api.Page) -> None:
    for words in ("Call or text 988", "Call 116 123", "findahelpline.com"):
        page.get_by_role("link", name=words).wait_for()
    page.get_by_text("It is not a diagnosis").wait_for()


def _assert_local(window: Window) -> None:
    assert window.requested
    for url in window.requested:
        parts = urlsplit(url)
        assert parts.scheme in ("data", "blob") or parts.hostname == "127.0.0.1", parts.hostname
        assert _POST[:10] not in url
