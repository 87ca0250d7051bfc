"""Work under way: a stage that takes long tells how much of it is done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import models
from mhkd.analysis import Analysis, Progress
from mhkd.post import Post
from tests.app.driving import await_words, find_button, read_html, settle
from tests.app.example_analysis import TEXT, ExampleAnalyser


class _Telling(ExampleAnalyser):
    """Tells two shares of its first stage and goes on when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = threading.Event()

    def analyse(self, post: Post, **options: Any) -> Analysis:
        tell = options["on_progress"]
        tell(Progress("checking audio", 0.0))
        for share in (0.25, 0.4):
            tell(Progress("checking audio", share / 9, share=share))
        assert self.let.wait(60)
        return super().analyse(post, **options)


@pytest.fixture
def analyser(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Telling]:
    telling = _Telling()
    monkeypatch.setattr(models, "load_analyser", lambda: telling)
    st.cache_resource.clear()
    yield telling
    telling.let.set()
    st.cache_resource.clear()


def test_the_share_done_stands_beside_the_stage(analyser: _Telling) -> None:
    file = Path(__file__).resolve().parents[2] / "app" / "main.py"
    page = AppTest.from_file(str(file), default_timeout=90).run()
    page.text_area[0].set_value(TEXT).run()
    find_button(page, "Analyse").click().run()
    await_words(page, "Changing how the post is said, 40 % done")
    assert "25 % done" not in read_html(page)
    analyser.let.set()
    page = settle(page)
    assert "% done" not in read_html(page), "of what is over it is not told"
    assert not page.exception
