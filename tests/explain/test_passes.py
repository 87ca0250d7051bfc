"""The share of a computation that is done."""

from __future__ import annotations

import pytest

from mhkd.explain.passes import PassCount


def test_parts_count_by_what_was_planned() -> None:
    told: list[float] = []
    count = PassCount({"noise": 10, "order": 30}, told.append)
    count.begin("noise")
    count.add(5)
    count.add(20)  # more than planned: it waits at its end
    count.begin("order")
    count.add(15)
    assert told == pytest.approx([0.125, 0.25, 0.625])


def test_a_part_that_needs_less_is_done_when_the_next_begins() -> None:
    told: list[float] = []
    count = PassCount({"noise": 10, "none": 0, "order": 30}, told.append)
    for part in ("noise", "none", "order"):
        count.begin(part)
    assert told == [0.25]


def test_it_tells_no_more_than_a_hundred_times() -> None:
    told: list[float] = []
    count = PassCount({"noise": 10_000}, told.append)
    count.begin("noise")
    for _ in range(10_000):
        count.add(1)
    assert 95 <= len(told) <= 100 and told == sorted(told)


def test_nobody_may_listen() -> None:
    count = PassCount({"noise": 1}, None)
    count.begin("noise")
    count.add(1)
