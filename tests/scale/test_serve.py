"""S5, S6, S9, and the page's own way of asking: the service on a real small Ray."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import requests

pytest.importorskip("mhkd.scale")  # before ray, which reads its settings when imported
pytest.importorskip("ray", reason="pip install -c constraints.txt '.[scale]'")

from mhkd.analyser import Analyser  # noqa: E402
from mhkd.analysis import Progress  # noqa: E402
from mhkd.errors import Cancelled, InputError, MhkdError  # noqa: E402
from mhkd.limits import MAX_WAITING  # noqa: E402
from mhkd.post import Post  # noqa: E402
from mhkd.remote.calls import TOKEN  # noqa: E402
from mhkd.remote.client import RemoteAnalyser  # noqa: E402
from tests.scale.conftest import ROOT, await_that, find_processes  # noqa: E402
from tests.tiny import POST, tone  # noqa: E402

pytestmark = pytest.mark.scale
SECRET = "a token of the tests"  # noqa: S105


@pytest.fixture(scope="module")
def address(cluster: str, bundle: Path) -> Iterator[str]:
    from mhkd.scale.serve import start, stop

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TOKEN, SECRET)
        start(str(bundle), "127.0.0.1", port)
        yield f"http://127.0.0.1:{port}"
        stop()


def _post(address: str, path: str, **asked: object) -> requests.Response:
    headers = {"Authorization": f"Bearer {SECRET}"}
    return requests.post(address + path, json=asked, headers=headers, timeout=90)


def test_a_remote_analyser_answers_as_a_local_one(address: str, bundle: Path) -> None:
    local, remote = Analyser.open(bundle, device="cpu"), RemoteAnalyser.open(address)
    assert remote.manifest == local.manifest and remote.labels == local.labels
    assert remote.sha256 == local.sha256 and remote.read_card() == local.read_card()
    assert remote.explanation_report == local.explanation_report
    assert remote.behaviour_report == local.behaviour_report
    heard: list[Progress] = []
    post = Post(POST, tone(2.0))
    found = remote.analyse(post, on_progress=heard.append)
    expected = local.analyse(post)
    assert found.labels == expected.labels and found.given == expected.given
    assert found.quality == expected.quality and found.read == expected.read
    for model, prediction in expected.predictions.items():
        assert found.predictions[model].probabilities == pytest.approx(prediction.probabilities)
    words = [(w.text, w.start, w.end) for w in found.attributions.student.words]
    assert words == [(w.text, w.start, w.end) for w in expected.attributions.student.words]
    assert type(found.attributions.audio) is type(expected.attributions.audio)
    assert heard[0].stage == "student" and heard[-1].stage == "done"
    assert any(progress.partial is not None for progress in heard[:-1])
    again = remote.explain(post, "student", expected.labels[0])
    assert again.target == expected.labels[0]
    texts = [POST, f"{POST} {POST}"] * 40
    answers = remote.predict_texts(texts, ("student", "emotion"))
    for model, rows in local.predict_texts(texts, ("student", "emotion")).items():
        assert np.abs(answers[model] - rows).max() < 1e-5


def test_a_spoken_post_comes_with_its_sound(address: str) -> None:
    heard: list[Progress] = []
    remote = RemoteAnalyser.open(address)
    found = remote.analyse(Post(POST), explain="none", on_progress=heard.append)
    spoken = [progress.recording for progress in heard if progress.recording is not None]
    assert found.given.audio.origin == "synthesised" == spoken[0].origin
    assert len(spoken[0].samples) > 0


def test_the_page_asks_the_service_by_one_setting(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.models import SERVICE, load_analyser
    from app.work import Desk, Order

    monkeypatch.setenv(SERVICE, address)
    opening: Future[RemoteAnalyser] = Future()
    opening.set_result(load_analyser())
    assert isinstance(opening.result(), RemoteAnalyser)
    desk = Desk()
    case = desk.take(Order(POST, None, speak=True), opening)
    case.work.result(timeout=90)
    assert case.fault is None and case.analysis.attributions.student is not None
    assert case.recording is not None and case.picture is not None
    desk.close()


def test_single_requests_are_answered_in_batches(address: str) -> None:
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: _post(address, "/v1/predict", text=POST), range(12)))
    assert {answer.status_code for answer in answers} == {200}
    found = [answer.json()["probabilities"] for answer in answers]
    assert all(one == pytest.approx(found[0], abs=1e-5) for one in found)
    assert sum(found[0].values()) == pytest.approx(1)


def test_refusals_are_typed_and_do_not_quote(address: str) -> None:
    for asked in ({"text": ""}, {"text": 7}, {"text": "x", "more": POST}, {}):
        answer = _post(address, "/v1/predict", **asked)
        assert answer.status_code == 422
        assert answer.json()["error"]["code"] == "input" and POST not in answer.text
    for path in ("/v1/predict", "/openapi.json", f"/{POST}"):
        answer = requests.post(f"{address}{path}", json={"text": POST}, timeout=90)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorised")
    for path, status, code in (("/v1/bundle", 405, "method"), ("/v2/bundle", 404, "path")):
        answer = _post(address, path, text=POST)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    described = requests.get(
        f"{address}/openapi.json", headers={"Authorization": f"Bearer {SECRET}"}, timeout=90
    ).json()
    assert {"/v1/analyse", "/v1/predict", "/v1/bundle"} <= set(described["paths"])
    with pytest.raises(InputError, match="label"):
        RemoteAnalyser.open(address).analyse(Post(POST), target="nothing")


def test_a_body_that_never_ends_is_refused(address: str) -> None:
    pieces = iter(range(400))
    answer = requests.post(
        f"{address}/v1/predict", data=(b" " * 1024**2 for _ in pieces), timeout=90,
        headers={"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "input")


def test_the_token_is_in_no_file_that_ray_writes(address: str) -> None:
    import ray

    logs = Path(ray._private.worker._global_node.get_logs_dir_path())
    files = [file for file in logs.rglob("*") if file.is_file()]
    assert files
    assert not [file.name for file in files if SECRET.encode() in file.read_bytes()]


def test_a_crowd_is_told_at_once(address: str) -> None:
    """S5: thirty together; one is answered, eight wait, the others are told with 429."""
    text = " ".join([POST] * 10)
    began = time.monotonic()
    assert _post(address, "/v1/analyse", text=text, explain="words").status_code == 200
    alone_s = time.monotonic() - began

    def ask(_: int) -> tuple[int, float]:
        began = time.monotonic()
        answer = _post(address, "/v1/analyse", text=text, explain="words")
        if answer.status_code == 429:
            assert answer.json()["error"]["code"] == "busy"
            assert int(answer.headers["retry-after"]) > 0
        return answer.status_code, time.monotonic() - began

    with ThreadPoolExecutor(30) as pool:
        found = list(pool.map(ask, range(30)))
    answered = [seconds for status, seconds in found if status == 200]
    refused = [seconds for status, seconds in found if status == 429]
    assert len(answered) + len(refused) == 30
    assert MAX_WAITING < len(answered) <= 1 + MAX_WAITING + int(max(refused) / alone_s) + 1


def test_who_hangs_up_makes_room(address: str) -> None:
    remote, cancel = RemoteAnalyser.open(address), threading.Event()
    long = Post(" ".join([POST] * 200))
    with pytest.raises(Cancelled):
        remote.analyse(long, on_progress=lambda _: cancel.set(), cancel=cancel)
    assert _post(address, "/v1/predict", text=POST).status_code == 200


def test_a_killed_copy_is_replaced(address: str) -> None:
    """S6."""
    remote = RemoteAnalyser.open(address)

    def kill(_: Progress) -> None:
        for process in find_processes("ServeReplica"):
            os.kill(process, signal.SIGKILL)

    with pytest.raises(MhkdError) as fault:
        remote.analyse(Post(" ".join([POST] * 60)), on_progress=kill)
    assert fault.value.code in ("service", "busy")

    def answers() -> bool:
        return _post(address, "/v1/predict", text=POST).status_code == 200

    await_that(answers)


def test_nobody_enters_without_the_token(cluster: str) -> None:
    """S9."""
    code = "import sys; from mhkd.scale.cluster import joined\nwith joined(sys.argv[1]): pass"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "RAY_AUTH_TOKEN": "wrong" * 10}
    done = subprocess.run(
        [sys.executable, "-c", code, cluster],
        cwd=ROOT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode != 0
    assert "can't be joined" in done.stderr or "uthenti" in done.stderr
