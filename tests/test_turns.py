"""Several readers of one analyser: answers come first, and no call is inside without end."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mhkd.analyser import Analyser
from mhkd.analysis import Analysis, Progress
from mhkd.errors import MhkdError
from mhkd.post import Post
from tests.analysed import TEXT
from tests.tiny import tone

_POSTS = (Post(TEXT, tone(1.0)), Post(f"{TEXT} so tired", tone(2.0)))


def _until(condition: Any) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_second_reader_is_answered_while_the_first_is_explained(analyser: Analyser) -> None:
    alone = [analyser.analyse(post) for post in _POSTS]
    events: list[tuple[int, str]] = []
    first_explains = threading.Event()

    def follow(reader: int) -> Analysis:
        def note(progress: Progress) -> None:
            events.append((reader, progress.stage))
            if (reader, progress.stage) == (0, "explaining student"):
                first_explains.set()
                _until(lambda: analyser.waiting == 1)
            if progress.stage == "waiting":
                assert progress.partial is not None, "the answers are there before the wait"

        return analyser.analyse(_POSTS[reader], on_progress=note)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(follow, 0)
        assert first_explains.wait(60)
        found = [pool.submit(follow, 1), first]
        second_found, first_found = (one.result(60) for one in found)
    place = events.index
    assert place((1, "waiting")) < place((0, "explaining emotion")), "the answers did not wait"
    assert place((0, "done")) < place((1, "explaining student")), "explanations did"
    for one, expected in ((first_found, alone[0]), (second_found, alone[1])):
        assert one.predictions == expected.predictions
        assert one.attributions == expected.attributions
    assert analyser.waiting == 0


@pytest.mark.parametrize("model", ["text", "audio"])
def test_a_model_too_slow_is_stopped_and_the_next_reader_answered(
    analyser: Analyser, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """F8."""
    slow = getattr(analyser._members, model).model
    name = "encode" if model == "text" else "sum_frames"
    quick = getattr(slow, name)
    calls = []

    def dawdle(*arguments: Any, **options: Any) -> Any:
        calls.append(time.sleep(0.4))
        return quick(*arguments, **options)

    monkeypatch.setattr("mhkd.analyser.MAX_INSIDE_S", 0.3)
    with monkeypatch.context() as patch:
        patch.setattr(slow, name, dawdle)
        with pytest.raises(MhkdError, match="took longer") as fault:
            analyser.analyse(_POSTS[0])
    assert fault.value.code == "slow" and TEXT not in fault.value.public_message
    assert len(calls) == 1
    monkeypatch.undo()
    assert analyser.analyse(_POSTS[0], explain="none").predictions[model] is not None
