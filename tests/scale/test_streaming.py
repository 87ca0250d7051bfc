"""S10: the service's logic without a cluster."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from pathlib import Path
from typing import Any

import pytest

from mhkd.errors import InputError
from mhkd.remote.wire import PostRequest
from mhkd.scale.streaming import stream
from tests.tiny import POST


def _collect(work: Any) -> list[dict[str, Any]]:
    async def run() -> list[dict[str, Any]]:
        return [json.loads(line) async for line in stream(work, lambda: 2)]

    return asyncio.run(run())


def test_lines_in_order_then_the_end() -> None:
    def work(cancel: threading.Event, tell: Any) -> str:
        tell({"progress": 1})
        tell({"progress": 2})
        return "all"

    assert _collect(work) == [{"progress": 1}, {"progress": 2}, {"done": "all"}]


def test_work_that_outlives_its_server_ends_quietly() -> None:
    go_on, ended = threading.Event(), threading.Event()

    def work(cancel: threading.Event, tell: Any) -> None:
        cancel.wait(30)
        go_on.wait(30)
        tell({"progress": 1})
        ended.set()

    async def leave() -> None:
        lines = stream(work, lambda: 0)
        assert json.loads(await anext(lines)) == {"waiting": 0}
        await lines.aclose()  # type: ignore[attr-defined]

    asyncio.run(leave())
    go_on.set()
    assert ended.wait(30), "the thread fell over the closed loop"


def test_silence_is_filled_with_the_length_of_the_queue() -> None:
    lines = _collect(lambda cancel, tell: threading.Event().wait(1.3))
    assert {"waiting": 2} in lines and lines[-1] == {"done": False}


@pytest.mark.parametrize(
    ("fault", "code"), [(InputError("No.", code="busy"), "busy"), (ValueError(POST), "error")]
)
def test_every_fault_is_a_line_without_the_post(fault: Exception, code: str) -> None:
    def work(cancel: threading.Event, tell: Any) -> None:
        raise fault

    (line,) = _collect(work)
    assert line["error"]["code"] == code and POST not in str(line)


def test_who_leaves_ends_the_work() -> None:
    ended = threading.Event()

    def work(cancel: threading.Event, tell: Any) -> None:
        tell({"progress": 1})
        cancel.wait(30)
        ended.set()

    async def leave() -> None:
        lines = stream(work, lambda: 0)
        await anext(lines)
        await lines.aclose()

    asyncio.run(leave())
    assert ended.wait(10)


@pytest.mark.scale
def test_the_deployment_without_a_cluster(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray's local testing mode: the same class, called through a handle. Batches need a copy
    that is served; see ``test_serve``."""
    pytest.importorskip("ray", reason="pip install -c constraints.txt '.[scale]'")
    from ray import serve

    from mhkd.scale.serve import TOKEN_HASH, Service

    before = logging.getLogRecordFactory()
    monkeypatch.setenv(TOKEN_HASH, "")  # the class sets it in its own process, here this one
    handle: Any = serve.run(Service.bind(str(bundle), 1, ""), _local_testing_mode=True)
    assert handle.tell_bundle.remote().result(timeout_s=60)["name"] == "tiny"
    assert getattr(logging.getLogRecordFactory(), "quiet", False), "its logs hold no content"
    logging.setLogRecordFactory(before)
    asked = PostRequest(text=POST, speak=False)
    analysis = handle.analyse.remote(asked).result(timeout_s=60)
    assert analysis["input"]["audio"]["origin"] == "none"
    assert sum(analysis["predictions"]["student"]["probabilities"].values()) == pytest.approx(1)
    with pytest.raises(InputError):
        handle.analyse.remote(PostRequest(text="")).result(timeout_s=60)
