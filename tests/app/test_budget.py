"""What all sessions together may hold: tables with their answers, and ZIP files of recordings."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import batch_recordings, batch_tables, models
from app.batch_tables import hold_table, measure_table
from app.batch_work import BatchDesk
from app.budget import Budget
from mhkd.batch.table import read_table
from mhkd.errors import InputError
from tests.app.example_batch import BatchAnalyser, write_posts
from tests.batch.test_recordings import pack

_LONG = "text\n" + "I walk home. " * 1000 + "\n"
_SCRIPT = "from app.views import batch\nbatch.show_page()\n"


class _Thing:
    """Something that can be held, also by itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Budget:
    """A budget of two long tables, and a half."""
    budget = Budget(5 * measure_table(read_table("a.csv", _LONG.encode())) // 2, "of this server")
    monkeypatch.setattr(batch_tables, "_BUDGET", budget)
    return budget


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    st.cache_resource.clear()
    monkeypatch.setattr(models, "load_analyser", BatchAnalyser)
    models.open_analyser().result()
    yield AppTest.from_string(_SCRIPT, default_timeout=90).run()
    st.cache_resource.clear()


def test_what_nobody_holds_any_more_makes_room() -> None:
    budget = Budget(10, "full")
    held = [budget.hold(_Thing, 4, lambda _: 5) for _ in range(2)]
    assert budget.held_bytes == 10
    with pytest.raises(InputError, match="full"):
        budget.hold(_Thing, 1, lambda _: 1)
    held.pop()  # it lies in a cycle, which the budget itself lets go
    held.append(budget.hold(_Thing, 4, lambda _: 5))
    assert budget.held_bytes == 10


def test_what_is_surely_too_much_is_not_made() -> None:
    with pytest.raises(InputError, match="full"):
        Budget(10, "full").hold(lambda: pytest.fail("it was made"), 11, lambda _: 0)


def test_what_turns_out_too_large_or_can_not_be_made_is_not_counted() -> None:
    budget = Budget(10, "full")
    with pytest.raises(InputError, match="full"):
        budget.hold(_Thing, 1, lambda _: 11)
    with pytest.raises(ZeroDivisionError):
        budget.hold(lambda: 1 / 0, 1, lambda _: 1)
    assert budget.held_bytes == 0


def test_recordings_of_all_sessions_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    content = pack({"a.wav": bytes(1000)}, method=0)
    monkeypatch.setattr(batch_recordings, "_BUDGET", Budget(2 * len(content), "this server"))
    held = [batch_recordings.hold_recordings(content) for _ in range(2)]
    with pytest.raises(InputError, match="server"):
        batch_recordings.hold_recordings(content)
    del held[0]
    assert batch_recordings.hold_recordings(content).read("a.wav") == bytes(1000)


@pytest.mark.parametrize("text", ["I walk home alone. " * 250, "I walk home alone 🌧 " * 250])
def test_a_table_is_measured_as_python_holds_it(text: str) -> None:
    rows = 300
    content = "id,text,seen\n" + "".join(f"post-{row},{row} {text},y\n" for row in range(rows))
    tracemalloc.start()
    table = read_table("a.csv", content.encode())
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert measure_table(table) - rows * 512 == pytest.approx(held, rel=0.05)


def test_tables_of_all_sessions_have_a_limit(tables: Budget) -> None:
    held = [hold_table("a.csv", _LONG.encode()) for _ in range(2)]
    with pytest.raises(InputError, match="server"):
        hold_table("a.csv", _LONG.encode())
    assert hold_table("b.csv", b"text\nI walk home.\n").name == "b.csv"
    del held[0]
    assert len(hold_table("c.csv", _LONG.encode())) == 1


def test_the_page_tells_it_and_forgetting_makes_room(page: AppTest, tables: Budget) -> None:
    others = [hold_table("a.csv", _LONG.encode()) for _ in range(2)]
    page.file_uploader[0].upload("mine.csv", _LONG.encode(), "text/csv").run()
    told = " ".join(element.proto.body for element in page.get("html"))
    assert "The file can’t be used" in told and "of this server" in told
    del others[:]
    posts = write_posts(8)
    page.file_uploader[0].upload("mine.csv", posts.encode(), "text/csv").run()
    page = page.run()
    assert tables.held_bytes == measure_table(read_table("mine.csv", posts.encode()))
    next(b for b in page.button if b.label == "Forget this batch").click().run()
    gc.collect()
    assert tables.held_bytes == 0
    assert not page.exception


def test_a_session_that_ends_makes_room(tables: Budget) -> None:
    desk = BatchDesk()
    desk.table = hold_table("a.csv", _LONG.encode())
    assert tables.held_bytes > 0
    desk.close()
    assert tables.held_bytes == 0
