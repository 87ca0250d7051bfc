"""Which bundle answers: chosen on the page, or by the address."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import models
from app.models import SERVICE


def _draw() -> None:
    import streamlit as st

    from app.components.bundle_choice import choose_bundle
    from app.models import chosen_bundle

    choose_bundle()
    chosen = chosen_bundle()
    st.text("sdcnl" if chosen is None else chosen.key)


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two bundles that ship, and one's own with the title of one of them."""
    for folder, name in (("bundles", "sdcnl"), ("bundles", "other"), ("mine", "trial")):
        place = tmp_path / folder / name
        place.mkdir(parents=True)
        title = "Posts of one kind" if name == "sdcnl" else "Posts of another kind"
        (place / "bundle.json").write_text(json.dumps({"title": title}), "utf-8")
    monkeypatch.setattr("mhkd.shelf.ASSETS", tmp_path)
    monkeypatch.setenv("MHKD_BUNDLES", str(tmp_path / "mine"))
    yield tmp_path


def _open(**parameters: str) -> AppTest:
    page = AppTest.from_function(_draw, default_timeout=30)
    for name, value in parameters.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def test_the_choice_stands_in_the_address_by_its_name() -> None:
    page = _open()
    assert page.text[0].value == "sdcnl"
    assert "bundle" not in page.query_params
    page.selectbox[0].set_value("other").run()
    assert page.text[0].value == "other"
    assert page.query_params["bundle"] == "other"
    page.selectbox[0].set_value("sdcnl").run()
    assert "bundle" not in page.query_params


def test_an_address_chooses() -> None:
    page = _open(bundle="own:trial")
    assert page.text[0].value == "own:trial"


def test_an_address_that_names_nothing_is_mended() -> None:
    page = _open(bundle="../../etc")
    assert page.text[0].value == "sdcnl"
    assert "bundle" not in page.query_params


def test_titles_say_enough() -> None:
    assert _open().selectbox[0].options == [
        "Posts of one kind",
        "Posts of another kind · other",
        "Posts of another kind · own:trial",
    ]


def test_where_a_service_answers_there_is_no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SERVICE, "http://127.0.0.1:9")
    page = _open(bundle="other")
    assert not page.selectbox
    assert page.text[0].value == "sdcnl"


def test_what_was_closed_is_freed_although_what_is_loaded_is_not_looked_at() -> None:
    class Closed:
        """In a circle, so that only the collector frees it."""

        def __init__(self) -> None:
            self.itself = self

    closed = weakref.ref(Closed())
    models.settle_memory()
    kept = Closed()
    seen = weakref.ref(kept)
    models.settle_memory()
    del kept
    gc.collect()
    assert seen() is not None, "it is not looked at"
    models.settle_memory()
    assert seen() is None and closed() is None
