"""The page “Batch” over an analyser that answers by hand, and hold of its desk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import batch_work, models
from tests.app.driving import PATIENCE_S
from tests.app.driving_batch import DESKS, SCRIPT
from tests.app.example_batch import BatchAnalyser


@pytest.fixture
def seen_desks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps hold of the session's desk."""
    original = batch_work.BatchDesk.__init__

    def noting(self: Any) -> None:
        original(self)
        DESKS.append(self)

    monkeypatch.setattr(batch_work.BatchDesk, "__init__", noting)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, seen_desks: None) -> Iterator[AppTest]:
    """The page “Batch”, opened."""
    st.cache_resource.clear()
    monkeypatch.setattr(models, "load_analyser", BatchAnalyser)
    yield AppTest.from_string(SCRIPT, default_timeout=PATIENCE_S).run()
    st.cache_resource.clear()
