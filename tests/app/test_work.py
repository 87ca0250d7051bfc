"""Work away from the page: faults are told without the post, and it ends when asked to."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from app.asked_acts import VOICES, speak_otherwise
from app.work import Case, Desk, Order, as_fault
from mhkd.errors import AudioError, BundleError, InputError
from mhkd.post import Post
from tests.app.example_analysis import TEXT, ExampleAnalyser

_PATIENCE_S = 60.0


class _Failing(ExampleAnalyser):
    def __init__(self, fault: Exception) -> None:
        super().__init__()
        self._fault = fault

    def analyse(self, post: Post, **_: Any) -> Any:
        raise self._fault


def _opened(analyser: ExampleAnalyser) -> Future[Any]:
    opening: Future[Any] = Future()
    opening.set_result(analyser)
    return opening


def _wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not until():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def desk() -> Any:
    opened = Desk()
    yield opened
    opened.close()


def _take(desk: Desk, analyser: ExampleAnalyser) -> Case:
    return desk.take(Order(TEXT, None, speak=True), _opened(analyser))


@pytest.mark.parametrize(
    ("fault", "place"),
    [
        (InputError("Too short."), "text"),
        (InputError("Busy.", code="busy"), "models"),
        (AudioError("Not a sound."), "sound"),
        (BundleError("Missing."), "models"),
    ],
)
def test_a_fault_is_said_beside_what_is_to_blame(desk: Desk, fault: Any, place: str) -> None:
    case = _take(desk, _Failing(fault))
    _wait(lambda: not case.running)
    assert case.fault is not None
    assert (case.fault.message, case.fault.place) == (fault.public_message, place)


def test_an_unforeseen_fault_tells_its_kind_and_nothing_of_the_post(desk: Desk) -> None:
    case = _take(desk, _Failing(RuntimeError(f"could not read {TEXT}")))
    _wait(lambda: not case.running)
    assert case.fault is not None
    assert "RuntimeError" in case.fault.message
    assert TEXT not in case.fault.message


def test_the_first_answer_comes_before_the_analysis(desk: Desk) -> None:
    case = _take(desk, ExampleAnalyser(pause_s=0.3))
    _wait(lambda: case.student is not None)
    assert case.analysis is None
    _wait(lambda: case.analysis is not None)
    assert case.running
    _wait(lambda: not case.running)
    assert case.fault is None
    assert case.analysis is not None
    assert case.analysis.attributions.audio is not None
    assert case.recording is not None
    assert case.picture is not None
    assert all(stage.ended_s is not None for stage in case.stages)


def test_dropping_a_case_stops_it_and_is_no_fault(desk: Desk) -> None:
    case = _take(desk, ExampleAnalyser(pause_s=60))
    _wait(lambda: bool(case.stages) and case.stages[-1].name == "student")
    desk.drop()
    assert desk.case is None
    began = time.monotonic()
    _wait(lambda: not case.running)
    assert time.monotonic() - began < 10
    assert case.fault is None


def test_models_that_never_come_do_not_hold_a_dropped_case(desk: Desk) -> None:
    case = desk.take(Order(TEXT, None, speak=True), Future())
    _wait(lambda: bool(case.stages))
    assert case.waiting == 0
    desk.close()
    _wait(lambda: not case.running)


def test_another_label_is_explained_once(desk: Desk) -> None:
    case = _take(desk, ExampleAnalyser())
    _wait(lambda: not case.running)
    desk.explain("student", "depression")
    first = case.pending["student", "depression"]
    desk.explain("student", "depression")
    assert case.pending["student", "depression"] is first
    _wait(lambda: not case.busy)
    found = case.explained["student", "depression"]
    assert found is not None
    assert found.target == "depression"


def test_what_is_asked_for_is_added_and_can_be_stopped_alone(desk: Desk) -> None:
    case = _take(desk, ExampleAnalyser())
    _wait(lambda: not case.running)
    desk.ask(VOICES, speak_otherwise)
    _wait(lambda: not case.asked[VOICES].running)
    assert case.analysis is not None
    assert case.analysis.voices is not None and case.asked[VOICES].failed is None

    slow = _take(desk, ExampleAnalyser())
    _wait(lambda: not slow.running)
    slow.opening.result().pause_s = 60
    desk.ask(VOICES, speak_otherwise)
    first = slow.asked[VOICES]
    desk.ask(VOICES, speak_otherwise)
    assert slow.asked[VOICES] is first
    desk.give_up(VOICES)
    assert not slow.asked
    _wait(lambda: not first.running)
    assert as_fault(first.failed) is None
    assert slow.analysis is not None and slow.analysis.voices is None
    assert desk.case is slow and not slow.cancel.is_set()

    desk.ask(VOICES, speak_otherwise)
    again = slow.asked[VOICES]
    assert again is not first
    desk.drop()
    _wait(lambda: not again.running)


def test_a_new_case_takes_the_place_of_the_old(desk: Desk) -> None:
    old = _take(desk, ExampleAnalyser(pause_s=60))
    new = _take(desk, ExampleAnalyser())
    assert old.cancel.is_set()
    assert desk.case is new
    _wait(lambda: not new.running)
    assert new.fault is None
