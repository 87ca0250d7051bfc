"""Figures on a projector and on a wall: as large as the text beside them; nothing hides the way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.serving import serve_page

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

_PATIENCE_MS = 120_000.0
_SMALLEST = """size => {
  const texts = [...document.querySelectorAll(".js-plotly-plot text")];
  return texts.length > 4 && texts.every((t) => parseFloat(getComputedStyle(t).fontSize) >= size);
}"""

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app over the example's models."""
    log = tmp_path_factory.mktemp("screen") / "server.txt"
    with serve_page("tests/app/example_page.py", log) as address:
        yield address


@pytest.mark.parametrize(("width", "height", "px"), [(1920, 1080, 20), (3840, 2160, 34)])
def test_figures_of_the_tour_are_read_from_afar(
    served: str, chromium: playwright_api.Browser, width: int, height: int, px: int
) -> None:
    page = chromium.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(f"{served}/tour")
    for step in range(1, 6):
        page.get_by_text(f"Step {step} of 10").wait_for()
        page.get_by_role("button", name="Next").click()
    page.get_by_text("Step 6 of 10").wait_for()
    page.wait_for_function(_SMALLEST, arg=px)
    page.locator(".stMain").evaluate("main => main.scrollTo(0, 0)")
    bar = page.locator(".st-key-tour_ways").bounding_box()
    assert bar is not None and bar["y"] + bar["height"] <= height + 1
    page.close()


def test_figures_follow_the_window(served: str, chromium: playwright_api.Browser) -> None:
    page = chromium.new_page(viewport={"width": 3840, "height": 2160})
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(f"{served}/models")
    page.wait_for_function(_SMALLEST, arg=22)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.wait_for_function(
        "() => parseFloat(getComputedStyle("
        "document.querySelector('.js-plotly-plot text')).fontSize) < 16"
    )
    page.close()


def test_paper_is_white_and_holds_wide_figures(
    served: str, chromium: playwright_api.Browser
) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 900}, color_scheme="dark")
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(f"{served}/models")
    drawn = page.locator(".js-plotly-plot .main-svg").first
    wide = "drawn => drawn.getBoundingClientRect().width"
    drawn.wait_for()
    assert drawn.evaluate(wide) > 900
    page.wait_for_function(
        "() => { dispatchEvent(new Event('beforeprint')); return document"
        ".querySelector('.js-plotly-plot .main-svg').getBoundingClientRect().width <= 681; }"
    )
    page.emulate_media(media="print", color_scheme="dark")
    page.wait_for_function(
        "() => getComputedStyle(document.querySelector('.stApp')).backgroundColor"
        " === 'rgb(255, 255, 255)'"
    )
    ink = "part => getComputedStyle(part).color"
    for part in ("h1", ".help-lines p", "table.plain td"):
        assert page.locator(part).first.evaluate(ink) == "rgb(31, 42, 50)"
    page.emulate_media(media="screen", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert drawn.evaluate(wide) > 900
    page.close()
