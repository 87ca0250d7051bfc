"""The gate: one at a time, in order, a short queue that turns the next one away."""

from __future__ import annotations

import threading
import time

import pytest

from mhkd.errors import Cancelled, InputError
from mhkd.gate import Gate


def _until(condition: object, *, within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_one_at_a_time_in_order() -> None:
    gate, order, inside = Gate(), [], []

    def visit(number: int) -> None:
        with gate.entered():
            inside.append(number)
            assert len(inside) == 1
            order.append(number)
            inside.remove(number)

    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(5)]
    with gate.entered():
        for count, visitor in enumerate(visitors, start=1):
            visitor.start()
            _until(lambda count=count: gate.waiting == count)
    for visitor in visitors:
        visitor.join()
    assert order == list(range(5))
    assert gate.waiting == 0


def test_a_full_queue_turns_the_next_away() -> None:
    gate = Gate(max_waiting=1)
    stop = threading.Event()

    def wait() -> None:
        with pytest.raises(Cancelled), gate.entered(stop):
            pass

    waiter = threading.Thread(target=wait)
    with gate.entered():
        waiter.start()
        _until(lambda: gate.waiting == 1)
        with pytest.raises(InputError, match="busy") as refusal, gate.entered():
            pass
        assert refusal.value.code == "busy"
        stop.set()
        waiter.join(10)
        assert not waiter.is_alive()
    assert gate.waiting == 0


def test_waiting_is_bounded() -> None:
    gate = Gate(max_wait_s=0.05)
    with gate.entered(), pytest.raises(InputError) as refusal, gate.entered():
        pass
    assert refusal.value.code == "busy"
    with gate.entered():
        assert gate.waiting == 0


def test_the_gate_opens_again_after_an_error() -> None:
    gate = Gate(max_wait_s=1)
    with pytest.raises(ZeroDivisionError), gate.entered():
        raise ZeroDivisionError
    with gate.entered():
        pass
