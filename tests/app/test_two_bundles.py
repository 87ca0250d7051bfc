"""Two bundles with different labels: what one has answered is never read by the other."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import models
from app.kept_case import KnownBundle, find_bundles, pick_bundle
from mhkd.cases.store import CaseStore
from mhkd.shelf import ShelvedBundle
from tests.app.driving import analyse_text, read_html, settle
from tests.app.example_analysis import SOURCES, ExampleAnalyser, build_manifest
from tests.app.example_batch import BatchAnalyser, write_posts
from tests.cases.making import new_case

_PATIENCE_S = 90.0
_ELSEWHERE = {"depression": "a forum elsewhere", "none": "other parts of Reddit"}


class _Other(BatchAnalyser):
    """Another bundle, one of whose labels has the name of a label of the first."""

    @property
    def manifest(self) -> Any:
        told = {**vars(build_manifest()), "name": "other", "title": "Another task"}
        return SimpleNamespace(**{**told, "label_sources": _ELSEWHERE, "labels": self.labels})

    @property
    def labels(self) -> tuple[str, ...]:
        return ("depression", "none")

    @property
    def sha256(self) -> str:
        return "3" * 64


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The first bundle and another one, which are told apart by their names."""
    for name in (models.BUNDLE, "other"):
        place = tmp_path / "assets" / "bundles" / name
        place.mkdir(parents=True)
        (place / "bundle.json").write_text(json.dumps({"title": name}), "utf-8")
    monkeypatch.setattr("mhkd.shelf.ASSETS", tmp_path / "assets")
    monkeypatch.setattr(models, "load_analyser", BatchAnalyser)
    monkeypatch.setattr(models, "load_from", lambda folder: _Other())
    monkeypatch.setenv("MHKD_CASES_URL", f"sqlite:///{tmp_path}/kept/cases.sqlite")
    st.cache_resource.clear()
    yield tmp_path
    st.cache_resource.clear()


def _draw_analyse() -> None:
    from app.views import analyse

    analyse.show_page()


def _draw_batch() -> None:
    from app.views import batch

    batch.show_page()


def _draw_models() -> None:
    from app.views import models

    models.show_page()


def _draw_cases() -> None:
    from app.views import cases

    cases.show_page()


def _choose(page: AppTest, key: str) -> AppTest:
    page.session_state[models.CHOICE_KEY] = key
    page.run()
    return _await(page, lambda shown: "being opened" not in read_html(shown))


def _open(draw: Callable[[], None]) -> AppTest:
    return AppTest.from_function(draw, default_timeout=_PATIENCE_S).run()


def _await(page: AppTest, until: Callable[[AppTest], bool]) -> AppTest:
    end = time.monotonic() + _PATIENCE_S
    while not until(page):
        assert time.monotonic() < end
        time.sleep(0.1)
        page.run()
    assert not page.exception
    return page


def test_a_case_says_that_another_bundle_is_chosen_now(shelf: Path) -> None:
    page = settle(analyse_text(_open(_draw_analyse), "I am so tired of this long grey winter."))
    assert "Another bundle is chosen now." not in read_html(page)
    page = _choose(page, "other")
    assert "What follows was answered by “Example”, example 0." in read_html(page)
    assert "r/SuicideWatch" in page.header[0].value
    assert "Another bundle" not in read_html(_choose(page, models.BUNDLE))


def test_a_bundle_opened_anew_is_the_one_chosen(shelf: Path) -> None:
    before = models.open_analyser()
    before.result(_PATIENCE_S)
    models.open_analyser.clear()  # type: ignore[attr-defined]
    models.open_analyser().result(_PATIENCE_S)
    assert models.open_analyser() is not before and models.is_chosen(before)
    other: Future[Any] = Future()
    assert not models.is_chosen(other)
    other.set_result(_Other())
    assert not models.is_chosen(other)


def test_a_batch_keeps_the_labels_and_the_name_of_the_bundle_that_answered(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported: list[str] = []
    monkeypatch.setattr(
        "app.views.batch.show_export", lambda job, run, bundle, *rest: exported.append(bundle)
    )
    page = _open(_draw_batch)
    page.file_uploader[0].upload("posts.csv", write_posts(30).encode(), "text/csv").run()
    for label, stage in (("Estimate the time", "Start"), ("Start", "Results")):
        next(button for button in page.button if button.label == label).click().run()
        _await(page, lambda shown, seen=stage: seen in _seen(shown))  # type: ignore[misc]
    assert "resemble posts from r/SuicideWatch" in read_html(page)
    page = _choose(page, "other")
    told = read_html(page)
    assert "resemble posts from r/SuicideWatch" in told and _ELSEWHERE["depression"] not in told
    assert "Another bundle is chosen now." in told
    assert set(exported) == {"example 0"}


def _seen(page: AppTest) -> list[str]:
    return [*(button.label for button in page.button), *(head.value for head in page.header)]


def test_what_is_missing_is_made_for_the_bundle_that_lacks_it(shelf: Path) -> None:
    page = _await(_open(_draw_models), lambda shown: bool(shown.tabs))
    assert "“mhkd behaviour --into-bundle” makes one" in read_html(page)
    page = _await(_choose(page, "other"), lambda shown: "Another task" in _heads(shown))
    told = read_html(page)
    assert "“mhkd behaviour --into-bundle --bundle other” makes one" in told
    assert "“mhkd faithfulness --data FILE --into-bundle --bundle other” makes one" in told


def _heads(page: AppTest) -> list[str]:
    return [head.value for head in page.header]


def test_a_bundle_of_ones_own_is_named_by_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    own = ShelvedBundle("own:trial", "Trial", Path("/mine/trial"))
    monkeypatch.setattr(models, "chosen_bundle", lambda: own)
    assert models.say_bundle_option() == " --bundle /mine/trial"


def test_a_kept_case_is_read_with_its_own_bundle(shelf: Path) -> None:
    told = {"title": "x", "name": "example", "label_sources": SOURCES, "metrics": {}, "data": {}}
    (shelf / "assets" / "bundles" / models.BUNDLE / "bundle.json").write_text(json.dumps(told))
    case = new_case("depression").case
    CaseStore.open().keep(new_case("depression", id=case.id))
    page = _open(_draw_cases)
    page.session_state[models.CHOICE_KEY] = "other"
    models.open_by_key("other").result(_PATIENCE_S)
    page.run()
    shown = read_html(page)
    assert "Posts from r/depression" in shown and "r/SuicideWatch, 0.78" in shown
    page.selectbox[0].set_value(case.id).run()
    assert not page.exception
    assert "r/SuicideWatch more than posts from r/depression" in page.header[1].value
    assert _ELSEWHERE["depression"] not in read_html(page)


def test_the_same_bundle_then_its_name_then_nothing(shelf: Path) -> None:
    case = new_case().case
    same = KnownBundle(case.bundle_sha256, {"suicide": "a"}, name="renamed")
    later = KnownBundle("9" * 64, {"suicide": "b"}, name=case.bundle_name)
    other = KnownBundle("8" * 64, {"suicide": "c"}, name="other")
    assert pick_bundle(case, (other, later, same)) is same
    assert pick_bundle(case, (other, later)) is later
    assert pick_bundle(case, (other,)) == KnownBundle()


def test_a_manifest_that_says_too_little_is_passed_over(shelf: Path) -> None:
    models.open_analyser().result(_PATIENCE_S)
    file = shelf / "assets" / "bundles" / "other" / "bundle.json"
    for content in ("[]", "no JSON", '{"name": "other"}', '{"name": 1, "label_sources": 2}'):
        file.write_text(content, "utf-8")
        assert [bundle.name for bundle in find_bundles()] == ["example"]


def test_the_first_bundle_needs_no_option() -> None:
    assert isinstance(ExampleAnalyser().sha256, str)
    assert models.say_bundle_option() == ""
