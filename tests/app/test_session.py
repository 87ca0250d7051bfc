"""A reader who leaves, and one who clicks twice: work stops when it should, and not before."""

from __future__ import annotations

import pytest
from streamlit.runtime.scriptrunner import RerunData, RerunException

from app.session import UntilGone, finished
from app.work import Desk, Order
from mhkd.limits import GONE_S


class _Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_is_set_once_the_reader_has_been_away_for_long_enough() -> None:
    clock, there = _Clock(), [True]
    event = UntilGone(lambda: there[0], clock)
    for _ in range(20):
        clock.now += 1
        assert not event.is_set()
    there[0] = False
    clock.now += GONE_S - 0.1
    assert not event.is_set()
    clock.now += 1
    assert event.is_set()
    there[0] = True
    clock.now += 1
    assert event.is_set(), "what was stopped stays so"


def test_a_short_break_is_forgiven() -> None:
    clock, there = _Clock(), [False]
    event = UntilGone(lambda: there[0], clock)
    for _ in range(10):
        there[0] = not there[0]
        clock.now += GONE_S - 1
        assert not event.is_set()


def test_set_by_hand() -> None:
    event = UntilGone(lambda: True)
    assert not event.is_set()
    event.set()
    assert event.is_set()


def test_every_case_has_an_event_of_its_own() -> None:
    from concurrent.futures import Future

    desk = Desk(lambda: UntilGone(lambda: True))
    first = desk.take(Order("one", None, speak=False), Future())
    second = desk.take(Order("two", None, speak=False), Future())
    assert first.cancel.is_set() and not second.cancel.is_set()
    assert isinstance(second.cancel, UntilGone)
    desk.close()
    assert second.cancel.is_set()


def test_a_callback_is_carried_out_though_another_event_asks_for_a_run() -> None:
    told = []

    def callback(word: str) -> None:
        told.append("begun")
        if len(told) == 1:
            raise RerunException(RerunData(query_string="other"))
        told.append(word)

    with pytest.raises(RerunException) as asked:
        finished(callback)("done")

    assert told == ["begun", "begun", "done"]
    assert asked.value.rerun_data.query_string == "other"
