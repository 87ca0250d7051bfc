"""Work that ends while a page is being drawn: its result is drawn, and nobody waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import models
from app.components import decide
from app.views import analyse
from mhkd.analysis import Analysis
from mhkd.errors import InputError
from tests.app.driving import find_button, read_html
from tests.app.example_analysis import TEXT, ExampleAnalyser

_ROOT = Path(__file__).resolve().parents[2]


class _Waiting(ExampleAnalyser):
    """Ends when it is told to, well or with a fault."""

    def __init__(self, *, well: bool) -> None:
        super().__init__()
        self.go, self._well = Event(), well

    def analyse(self, *args: Any, **kwargs: Any) -> Analysis:
        assert self.go.wait(60)
        if not self._well:
            raise InputError("The post is of no use.")
        return super().analyse(*args, **kwargs)


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[_Waiting], AppTest]]:
    def start(analyser: _Waiting) -> AppTest:
        monkeypatch.setattr(models, "load_analyser", lambda: analyser)
        st.cache_resource.clear()

        def end_meanwhile() -> bool:
            """Drawn after Cancel and before the answers."""
            case = analyse.open_desk().case
            if case is not None and case.work is not None and not analyser.go.is_set():
                analyser.go.set()
                case.work.exception(60)
            return decide.ask_decide_first()

        monkeypatch.setattr(analyse, "ask_decide_first", end_meanwhile)
        return AppTest.from_file(str(_ROOT / "app" / "main.py"), default_timeout=90).run()

    yield start
    st.cache_resource.clear()


@pytest.mark.parametrize("well", [True, False])
def test_what_ends_in_the_middle_of_a_page_is_drawn(
    open_page: Callable[[_Waiting], AppTest], well: bool
) -> None:
    page = open_page(_Waiting(well=well))
    page.text_area[0].set_value(TEXT).run()
    find_button(page, "Analyse").click().run()
    assert not page.exception
    assert "Cancel" not in [button.label for button in page.button]
    assert not find_button(page, "Analyse").disabled
    assert ("The post is of no use." in read_html(page)) != well
    assert (len(page.tabs) > 0) == well
