"""The gate: one at a time, in order, a short queue that turns the next one away."""

from __future__ import annotations

import threading
import time

import pytest

from mhkd.errors import Cancelled, InputError, MhkdError
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


def test_who_has_no_answer_yet_comes_before_who_stands_back() -> None:
    gate, order = Gate(), []

    def explain() -> None:
        with gate.entered(first=True) as turn:
            for part in range(3):
                order.append(f"part {part}")
                _until(lambda: gate.waiting == 2)
                turn.stand_back()

    def come(name: str, *, first: bool) -> threading.Thread:
        def visit() -> None:
            with gate.entered(first=first):
                order.append(name)

        before = gate.waiting
        caller = threading.Thread(target=visit, daemon=True)
        caller.start()
        _until(lambda: gate.waiting > before or name in order)
        return caller

    callers = [threading.Thread(target=explain, daemon=True)]
    callers[0].start()
    _until(lambda: order == ["part 0"])
    callers.append(come("batch", first=False))
    callers.append(come("answer", first=True))
    _until(lambda: len(order) == 4)
    assert order == ["part 0", "answer", "batch", "part 1"], "the first time all come before"
    callers.append(come("second batch", first=False))
    callers.append(come("second answer", first=True))
    _until(lambda: len(order) == 6)
    assert order[4:] == ["second answer", "part 2"], "later only who has no answer"
    callers.append(come("third batch", first=False))
    for caller in callers:
        caller.join(10)
        assert not caller.is_alive()
    assert order[6:] == ["second batch", "third batch"]
    assert gate.waiting == 0


def test_standing_back_alone_costs_nothing_and_is_never_refused() -> None:
    gate = Gate(max_waiting=0, max_wait_s=0.0)
    with gate.entered() as turn:
        turn.stand_back()
        with pytest.raises(InputError), gate.entered():
            pass


def test_who_leaves_while_standing_back_does_not_let_a_second_in() -> None:
    gate, stop, inside, leave = Gate(), threading.Event(), threading.Event(), threading.Event()

    def stay() -> None:
        with gate.entered():
            inside.set()
            leave.wait(10)

    other = threading.Thread(target=stay, daemon=True)
    with pytest.raises(Cancelled), gate.entered(stop) as turn:
        other.start()
        _until(lambda: turn.is_wanted)
        threading.Thread(target=lambda: inside.wait(10) and stop.set(), daemon=True).start()
        turn.stand_back()
    late = threading.Event()

    def come() -> None:
        with gate.entered():
            late.set()

    newcomer = threading.Thread(target=come, daemon=True)
    newcomer.start()
    _until(lambda: gate.waiting == 1)
    assert not late.wait(0.3), "two are inside"
    leave.set()
    assert late.wait(10)
    for thread in (other, newcomer):
        thread.join(10)


def test_time_inside_is_bounded_and_waits_do_not_count() -> None:
    """F8."""
    gate = Gate()
    with pytest.raises(MhkdError, match="minutes") as fault, gate.entered(max_inside_s=0.2) as turn:
        _until(turn.is_set)
        raise Cancelled
    assert fault.value.code == "slow"
    stop = threading.Event()
    with pytest.raises(Cancelled), gate.entered(stop, max_inside_s=0.2) as turn:
        stop.set()
        _until(turn.is_set)
        raise Cancelled

    def hold() -> None:
        with gate.entered():
            time.sleep(0.5)

    other = threading.Thread(target=hold, daemon=True)
    with gate.entered(max_inside_s=0.4) as turn:
        other.start()
        _until(lambda: turn.is_wanted)
        turn.stand_back()
        other.join(10)
        assert not turn.is_over
