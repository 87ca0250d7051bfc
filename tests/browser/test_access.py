"""axe-core over every page and tab, in light and dark: nothing serious in our own markup.

What axe finds in Streamlit's own markup is listed by rule in ``STREAMLITS``; a rule that is
not listed there fails the test, too, so that the list stays true.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from app.tour import STEPS
from mhkd.cases.store import CaseStore
from tests.app.example_batch import write_posts
from tests.browser.serving import serve_page
from tests.cases.making import new_case

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("axe_playwright_python", reason="axe is not installed")

_PATIENCE_MS = 90_000.0
_NOTICE_MS = 10_000.0
_POST = "I feel like a burden and so tired. My sister helps."
_STEPS = len(STEPS)
# What is seen only where something is on the page.
_FILLED = {
    "analyse: Record", "compare: Record", "batch: How good", "cases: Record", "models: Behaviour",
    f"tour: {_STEPS}",
}  # fmt: skip
PAGES = ("analyse", "compare", "batch", "cases", "models", "tour", "method")

# Rule → what it is about in Streamlit 1.67, whose markup we can't change. None was found.
STREAMLITS: dict[str, str] = {}

# Serious findings → [rule, whether it is in our markup, the element].
_RUN = """async () => {
  const found = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] });
  const ours = (node) => {
    if (node.target.some((part) => Array.isArray(part))) return true;
    const element = document.querySelector(node.target[0]);
    return !!element && !!element.closest(".stHtml, [data-testid=stBidiComponentRegular]");
  };
  return found.violations
    .filter((rule) => ["serious", "critical"].includes(rule.impact))
    .flatMap((rule) => rule.nodes.map((node) => [rule.id, ours(node), node.html.slice(0, 200)]));
}"""

# Elements that reach beyond the window's right edge and that nobody can scroll to.
_CUT_OFF = """() => {
  const wide = document.documentElement.clientWidth;
  const scrolls = (element) => {
    for (let at = element.parentElement; at; at = at.parentElement) {
      const way = getComputedStyle(at).overflowX;
      if (at.scrollWidth > at.clientWidth && ["auto", "scroll"].includes(way)) return true;
    }
    return false;
  };
  return [...document.querySelectorAll(".stMain *")]
    .filter((element) => element.checkVisibility() && element.getClientRects().length)
    .filter((element) => element.getBoundingClientRect().right > wide + 1)
    .filter((element) => !scrolls(element) && !element.matches("input[type=range]"))  // unseen
    .filter((element) => !element.closest("svg, .js-plotly-plot, iframe"))
    .map((element) => element.outerHTML.slice(0, 160));
}"""

# Pairs of texts, also of figures, drawn over one another. What is fixed or sticks lies over what
# scrolls below it.
_OVERLAPS = """() => {
  const cut = (rect, element) => {
    let [left, top, right, bottom] = [rect.left, rect.top, rect.right, rect.bottom];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (["fixed", "sticky"].includes(style.position)) return null;
      if (style.overflowX === "visible" && style.overflowY === "visible") continue;
      const bound = at.getBoundingClientRect();
      left = Math.max(left, bound.left); right = Math.min(right, bound.right);
      top = Math.max(top, bound.top); bottom = Math.min(bottom, bound.bottom);
    }
    return right - left > 2 && bottom - top > 2 ? { left, top, right, bottom } : null;
  };
  const seen = [], range = document.createRange();
  const walker = document.createTreeWalker(document.querySelector(".stMain"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    const options = { opacityProperty: true, visibilityProperty: true };
    if (!node.data.trim() || !parent.checkVisibility(options)) continue;
    if (parent.closest("iframe, style, script")) continue;
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      const box = cut(rect, parent);
      if (box) seen.push({ ...box, node });
    }
  }
  const found = [];
  seen.sort((one, other) => one.top - other.top);
  seen.forEach((one, place) => {
    for (const other of seen.slice(place + 1)) {
      if (other.top >= one.bottom) break;
      if (other.node === one.node) continue;
      const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const high = Math.min(one.bottom, other.bottom) - other.top;
      const least = Math.min(one.bottom - one.top, other.bottom - other.top);
      if (wide > 3 && high > 0.4 * least)
        found.push(`${one.node.data.trim().slice(0, 60)} | ${other.node.data.trim().slice(0, 60)}`);
    }
  });
  return found;
}"""

# Nothing is computed, and nothing fades any more: half faded, words have too little contrast.
_SETTLED = """() =>
  document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "notRunning"
  && !document.querySelector("[data-stale=true]")
  && document.getAnimations().every((one) =>
    one.playState !== "running" || one.effect?.getComputedTiming().endTime === Infinity)"""

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app over an analyser that answers by hand, with one case in the list of cases."""
    folder = tmp_path_factory.mktemp("access")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MHKD_CASES_URL", f"sqlite:///{folder}/cases.sqlite")
        CaseStore.open().keep(new_case(text=_POST, now=datetime.now(UTC)))
        with serve_page("tests/app/example_batch.py", folder / "server.txt") as address:
            yield address


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_finding_in_our_markup(
    served: str, chromium: playwright_api.Browser, scheme: Any
) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page.set_default_timeout(_PATIENCE_MS)
    axe = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
    found = {}
    for name in PAGES:
        _open(page, served, name)
        page.evaluate(axe)
        page.wait_for_function(_SETTLED)
        found[name] = page.evaluate(_RUN)
        for tab in page.get_by_role("tab").all():
            tab.click()
            page.get_by_role("tabpanel").first.wait_for()
            page.wait_for_function(_SETTLED)
            found[f"{name}: {tab.inner_text()}"] = page.evaluate(_RUN)
        for place in range(2, _STEPS + 1 if name == "tour" else 0):
            _step(page, place)
            page.wait_for_function(_SETTLED)
            found[f"tour: {place}"] = page.evaluate(_RUN)
    assert set(found) >= _FILLED
    page.evaluate("""document.querySelector(".stHtml").append(document.createElement("button"))""")
    assert ["button-name", True] in [finding[:2] for finding in page.evaluate(_RUN)]
    page.close()
    ours = {name: [f for f in rules if f[1]] for name, rules in found.items()}
    assert not {name: rules for name, rules in ours.items() if rules}
    theirs = {
        (name, rule, html)
        for name, rules in found.items()
        for rule, is_ours, html in rules
        if not is_ours and rule not in STREAMLITS
    }
    assert not theirs


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 900), (1920, 1080), (3840, 2160)])
def test_nothing_is_cut_off_at_the_right_and_no_text_lies_over_another(
    served: str, chromium: playwright_api.Browser, width: int, height: int
) -> None:
    page = chromium.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(_PATIENCE_MS)
    found = {}
    for name in PAGES:
        _open(page, served, name)
        found[name] = _look(page)
        for tab in page.get_by_role("tab").all():
            tab.click()
            found[f"{name}: {tab.inner_text()}"] = _look(page)
        for place in range(2, _STEPS + 1 if name == "tour" else 0):
            _step(page, place)
            found[f"tour: {place}"] = _look(page)
        scrolled = "(part) => part.scrollWidth - part.clientWidth"
        assert page.locator(".stMain").evaluate(scrolled) <= 0, name
    assert set(found) >= _FILLED
    assert not {name: parts for name, parts in found.items() if parts}
    page.evaluate("document.querySelector('h1').style.marginBottom = '-3rem'")  # as a fault would
    assert page.evaluate(_OVERLAPS)
    page.close()


def test_figures_are_saved_in_the_browser(
    served: str, chromium: playwright_api.Browser, tmp_path: Path
) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(f"{served}/models")
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    for kind, start in (("PNG", b"\x89PNG"), ("SVG", b"<svg"), ("Numbers (CSV)", b"model,n,")):
        with page.expect_download() as download:
            page.get_by_role("button", name=kind).first.click()
        download.value.save_as(tmp_path / "figure")
        content = (tmp_path / "figure").read_bytes()
        assert content.startswith(start)
        assert len(content) > 100
    page.close()


def test_the_tour_by_keyboard(served: str, chromium: playwright_api.Browser) -> None:
    page = chromium.new_page(viewport={"width": 1920, "height": 1080})
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(f"{served}/tour")
    page.get_by_text("Step 1 of 10").wait_for()
    page.get_by_role("button", name="Next").wait_for()
    page.keyboard.press("PageDown")
    page.get_by_text("Step 2 of 10").wait_for()
    page.get_by_text("It has been grey for months").first.wait_for()
    page.keyboard.press("PageUp")
    page.get_by_text("Step 1 of 10").wait_for()
    page.close()


def _open(page: playwright_api.Page, served: str, name: str) -> None:
    """A page with something on it."""
    page.goto(f"{served}/{'' if name == 'analyse' else name}")  # the page that opens first
    page.get_by_role("heading", level=1).first.wait_for()
    fills = {"analyse": _analyse, "compare": _compare, "batch": _answer, "cases": _open_case}
    fill = fills.get(name)
    if fill is not None:
        fill(page)
    page.get_by_test_id("stSkeleton").first.wait_for(state="detached")


def _compare(page: playwright_api.Page) -> None:
    for label, text in (("Before", _POST), ("After", _POST.replace("so ", ""))):
        page.get_by_label(label, exact=True).fill(text)
        page.get_by_label(label, exact=True).blur()
        page.get_by_text(f"{len(text)} of 25,000 characters").wait_for()
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_role("tab", name="Record").wait_for()
    page.get_by_role("button", name="Cancel").wait_for(state="detached")


def _answer(page: playwright_api.Page) -> None:
    page.locator("input[type=file]").wait_for(state="attached")
    posts = {"name": "posts.csv", "mimeType": "text/csv", "buffer": write_posts(60).encode()}
    page.locator("input[type=file]").set_input_files(posts)
    page.get_by_role("button", name="Estimate the time").click()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("tab", name="Export").wait_for()
    page.get_by_role("tab", name="How good").wait_for()


def _open_case(page: playwright_api.Page) -> None:
    """A list that opens while the page is still drawn closes again: once more, then."""
    box = page.get_by_role("combobox", name="Open a case")
    box.wait_for()
    for _ in range(3):
        page.wait_for_function(_SETTLED)
        box.click()
        with suppress(playwright_api.TimeoutError):
            page.get_by_role("option").first.click(timeout=_NOTICE_MS)
            break
    page.get_by_role("heading", name="Five answers side by side").wait_for()
    page.locator(".post-words .toward").first.wait_for(state="attached")


def _look(page: playwright_api.Page) -> list[str]:
    page.wait_for_function(_SETTLED)
    return [*page.evaluate(_CUT_OFF), *page.evaluate(_OVERLAPS)]


def _step(page: playwright_api.Page, place: int) -> None:
    page.get_by_role("button", name="Next").click()
    page.get_by_text(f"Step {place} of {_STEPS}").wait_for()


def _analyse(page: playwright_api.Page) -> None:
    page.get_by_label("Post", exact=True).fill(_POST)
    page.get_by_label("Post", exact=True).blur()
    page.get_by_text(f"{len(_POST)} of 25,000 characters").wait_for()
    page.get_by_role("button", name="Analyse", exact=True).click()
    page.get_by_role("tab", name="Record").wait_for()
    page.get_by_text("Speaks for r/SuicideWatch", exact=True).wait_for()
