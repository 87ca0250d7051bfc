"""L1 to L4 and L6: many readers of one server. Limits are relative to one reader alone."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mhkd.limits import GONE_S, MAX_WAITING
from tests.attack.visitor import Server
from tests.load.conftest import Amount, tell
from tests.load.reader import Reader, list_faults
from tests.tiny import POST

pytestmark = pytest.mark.load
_WHOLE = os.environ.get("MHKD_LOAD") == "whole"
only_whole = pytest.mark.skipif(
    os.environ.get("MHKD_LOAD") != "whole", reason="takes minutes; make load"
)

TEXT = f"{POST} I am so tired today and it was good, but I feel alone when I am at the end."
LONG = " ".join([TEXT] * 3)
BUSY = "The model is busy"
ANSWER = re.compile(r"Calibrated probability \*\*(.+?)\*\*|forced choice: .+?\((.+?)\)")


def _timed(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


def _threads(server: Server) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/task").iterdir()))


def _answer(page: str) -> str:
    found = ANSWER.search(page)
    assert found is not None, "there is no answer on the page"
    return found[1] or found[2]


@pytest.fixture(scope="module")
def alone_s(server: Server) -> float:
    """One analysis by the only reader, once the models are open."""
    reader = Reader.enter(server.port)
    reader.analyse(TEXT)
    found = _timed(lambda: reader.analyse(TEXT))
    reader.leave()
    return found


def test_idle_sessions_cost_little(server: Server, alone_s: float, amount: Amount) -> None:
    """L1."""

    def visit() -> float:
        return _timed(lambda: Reader.enter(server.port).leave())

    visit_s, before_mb = min(visit() for _ in range(3)), server.memory_mb()
    readers = [Reader.enter(server.port) for _ in range(amount.idle)]
    grown_mb = server.memory_mb() - before_mb
    assert grown_mb <= amount.idle, f"{grown_mb:.0f} MB for {amount.idle} idle sessions"
    revisit_s = min(visit() for _ in range(3))
    tell(
        f"L1: {amount.idle} idle, {grown_mb:+.0f} MB; a visit {visit_s:.2f}, then {revisit_s:.2f} s"
    )
    if _WHOLE:
        assert revisit_s <= 3 * visit_s + 1
    for reader in readers:
        assert reader.errors == 0
        reader.leave()


def test_five_together_are_answered_as_alone(server: Server, alone_s: float) -> None:
    """L2, and each reader gets the answer to their own post."""
    texts = [f"{TEXT} {' '.join(['tired'] * 4 * n)}" for n in range(5)]
    single = Reader.enter(server.port)
    began = time.monotonic()
    expected = [_answer(single.analyse(text)) for text in texts]
    each_s = time.monotonic() - began
    single.leave()
    readers = [Reader.enter(server.port) for _ in texts]
    began = time.monotonic()
    with ThreadPoolExecutor(len(texts)) as pool:
        pages = list(
            pool.map(lambda pair: pair[0].analyse(pair[1]), zip(readers, texts, strict=True))
        )
    together_s = time.monotonic() - began
    assert [_answer(page) for page in pages] == expected
    tell(f"L2: five together {together_s / each_s:.2f} of the time of one after the other")
    if _WHOLE:  # on a shared machine the times of two runs can't be compared
        assert together_s <= 1.5 * each_s + 2
    for reader in readers:
        assert reader.errors == 0
        reader.leave()


@only_whole
def test_a_crowd_is_told_at_once(server: Server, alone_s: float) -> None:
    """L3: one is answered, eight wait, the others are told; nobody hangs."""
    single = Reader.enter(server.port)
    long_s = _timed(lambda: single.analyse(LONG))
    single.leave()
    readers = [Reader.enter(server.port) for _ in range(20)]
    pressing_s: list[float] = []

    def read(reader: Reader) -> str:
        pressing_s.append(_timed(lambda: reader.press(LONG)))
        return reader.follow()

    with ThreadPoolExecutor(len(readers)) as pool:
        pages = list(pool.map(read, readers))
    refused = [page for page in pages if BUSY in page]
    answered = [page for page in pages if BUSY not in page]
    for page in answered:
        _answer(page)
    for page in refused:
        assert "Try again" in page and "Calibrated probability" not in page
    in_time = 1 + MAX_WAITING + int(max(pressing_s) / long_s) + 1
    assert MAX_WAITING < len(answered) <= in_time
    assert len(refused) == len(readers) - len(answered)
    tell(f"L3: {len(answered)} of {len(readers)} answered, {len(refused)} told that it is busy")
    for reader in readers:
        assert reader.errors == 0
        reader.leave()


@only_whole
def test_a_full_queue_is_told_within_a_second(server: Server, alone_s: float) -> None:
    """L3: beyond the time that drawing the page takes anyhow."""

    def press_alone() -> float:
        took_s = _timed(lambda: single.press(TEXT))
        single.follow()
        return took_s

    single = Reader.enter(server.port)
    press_s = min(press_alone() for _ in range(3))
    crowd = [Reader.enter(server.port) for _ in range(1 + MAX_WAITING)]
    with ThreadPoolExecutor(len(crowd)) as pool:
        list(pool.map(lambda reader: reader.press(LONG * 2), crowd))
    told_s = _timed(lambda: single.analyse(TEXT))
    assert BUSY in single.read(), "the queue was not full"
    tell(f"L3: told after {told_s:.2f} s; pressing alone takes {press_s:.2f} s")
    assert told_s <= press_s + 1
    for reader in [single, *crowd]:
        assert reader.errors == 0
        reader.leave()


@only_whole
def test_who_leaves_makes_room(server: Server, alone_s: float) -> None:
    """A closed tab does not hold the models."""
    leaving = Reader.enter(server.port)
    long_s = _timed(lambda: leaving.analyse(LONG * 2))
    crowd = [Reader.enter(server.port) for _ in range(MAX_WAITING)]
    for reader in [leaving, *crowd]:
        reader.press(LONG * 2)
    for reader in [leaving, *crowd]:
        reader.leave()
    last = Reader.enter(server.port)
    took_s = _timed(lambda: _answer(last.analyse(TEXT)))
    last.leave()
    assert took_s <= GONE_S + 2 + long_s + alone_s, "those who left were answered all the same"


@only_whole
def test_visits_leave_nothing_behind(server: Server, alone_s: float, amount: Amount) -> None:
    """L4."""

    def visit() -> None:
        reader = Reader.enter(server.port)
        _answer(reader.analyse(TEXT))
        assert reader.errors == 0
        reader.leave()

    for _ in range(3):
        visit()
    _settle(server)
    before_mb, before = server.memory_mb(), _threads(server)
    for _ in range(amount.cycles):
        visit()
    _settle(server)
    grown_mb, more = server.memory_mb() - before_mb, _threads(server) - before
    tell(f"L4: {amount.cycles} visits, {grown_mb:+.0f} MB, {more:+d} threads")
    assert grown_mb <= 50
    assert more <= 5


@only_whole
def test_a_steady_stream(server: Server, alone_s: float, amount: Amount) -> None:
    """L6: an analysis every three seconds; memory in the second half is that of the first."""
    reader, memory = Reader.enter(server.port), []
    end = time.monotonic() + amount.steady_s
    while time.monotonic() < end or len(memory) < 2:
        began = time.monotonic()
        _answer(reader.analyse(TEXT))
        memory.append(server.memory_mb())
        threading.Event().wait(max(0.0, began + 3 - time.monotonic()))
    reader.leave()
    half = len(memory) // 2
    grown_mb = max(memory[half:]) - max(memory[:half])
    tell(f"L6: {len(memory)} analyses, {grown_mb:+.0f} MB in the second half")
    assert grown_mb <= 50
    assert reader.errors == 0
    assert list_faults(server.logged()) == []
    assert "Traceback" not in server.logged()


def _settle(server: Server) -> None:
    """Sessions of closed tabs end when the next one comes, after their time."""
    time.sleep(3)
    Reader.enter(server.port).leave()
    time.sleep(3)
    Reader.enter(server.port).leave()
