"""The caller's side against services that fail in every way."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from app.asked_acts import hear_otherwise
from app.asked_work import Asked
from app.manner_wording import list_remarks
from app.work import Case, Order
from mhkd.analyser import Analyser
from mhkd.analysis import Analysis, Finding
from mhkd.audio.manner import Manner
from mhkd.errors import Cancelled, InputError, MhkdError
from mhkd.manifest import Manifest
from mhkd.post import Post
from mhkd.remote.calls import TOKEN
from mhkd.remote.client import RemoteAnalyser
from mhkd.remote.wire import COMPARES, PostRequest
from tests.analysed import TEXT, list_codes
from tests.tiny import POST, build_tiny_bundle, tone

Answer = tuple[int, bytes]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.server.seen.append(self.headers.get("Authorization"))
        self.server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        status, content = self.server.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def service() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.seen, server.bodies = [], []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    folder = build_tiny_bundle(tmp_path_factory.mktemp("called"))
    return Manifest.model_validate_json((folder / "bundle.json").read_text("utf-8"))


def _ask(service: ThreadingHTTPServer, manifest: Manifest, answer: Answer) -> MhkdError:
    service.answer = answer
    analyser = RemoteAnalyser(f"http://127.0.0.1:{service.server_port}", manifest)
    with pytest.raises(MhkdError) as fault:
        analyser.analyse(Post(POST))
    assert POST not in fault.value.public_message
    return fault.value


def _line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((500, b"Internal Server Error"), "service"),
        ((502, b"<html>"), "service"),
        ((503, b""), "busy"),
        ((429, b"queue"), "busy"),
        ((429, _line({"error": {"code": "busy", "message": "Busy."}})), "busy"),
        ((200, b""), "service"),
        ((200, b"<html>\n"), "service"),
        ((200, _line({"waiting": 3})), "service"),
        ((200, _line({"error": {"code": "input", "message": "No."}})), "input"),
    ],
)
def test_every_failure_is_typed(
    service: ThreadingHTTPServer, manifest: Manifest, answer: Answer, code: str
) -> None:
    fault = _ask(service, manifest, answer)
    assert fault.code == code
    assert isinstance(fault, InputError) == (code in ("busy", "input"))


def test_nobody_there(manifest: Manifest) -> None:
    with pytest.raises(MhkdError, match="can't be reached") as fault:
        RemoteAnalyser.open("http://127.0.0.1:9")
    assert fault.value.code == "service"
    with pytest.raises(InputError, match="http"):
        RemoteAnalyser.open("file:///etc/passwd")


def test_the_queue_is_told_and_the_token_goes_along(
    service: ThreadingHTTPServer, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN, "secret")
    service.answer = (200, _line({"waiting": 3}) + _line({"done": {"student": [[0.4, 0.6]]}}))
    analyser = RemoteAnalyser(f"http://127.0.0.1:{service.server_port}", manifest)
    assert analyser.predict_texts([POST])["student"].tolist() == [[0.4, 0.6]]
    assert analyser.waiting == 3
    assert service.seen == ["Bearer secret"]


def test_a_service_tells_no_distances(service: ThreadingHTTPServer, manifest: Manifest) -> None:
    service.answer = (200, _line({"done": {"student": [[0.4, 0.6]]}}))
    analyser = RemoteAnalyser(f"http://127.0.0.1:{service.server_port}", manifest)
    assert analyser.familiarity_limit is None
    found = analyser.answer_texts([POST], ("student",), familiar=True)
    assert found.probabilities["student"].tolist() == [[0.4, 0.6]]
    assert found.distances is None and found.spoken_s is None
    assert not found.tokens  # as of a service that does not tell


def test_a_service_tells_how_much_was_read(
    service: ThreadingHTTPServer, manifest: Manifest
) -> None:
    tokens = {"tokens": {"student": [[1016, 2400]]}}
    service.answer = (200, _line(tokens) + _line({"done": {"student": [[0.4, 0.6]]}}))
    analyser = RemoteAnalyser(f"http://127.0.0.1:{service.server_port}", manifest)
    found = analyser.answer_texts([POST])
    assert found.tokens["student"].tolist() == [[1016, 2400]]
    assert analyser.predict_texts([POST])["student"].tolist() == [[0.4, 0.6]]
    short = {"tokens": {"student": []}}
    service.answer = (200, _line(short) + _line({"done": {"student": [[0.4, 0.6]]}}))
    with pytest.raises(MhkdError, match="tokens"):
        analyser.answer_texts([POST])


def test_a_recording_is_heard_by_the_service(
    service: ThreadingHTTPServer, manifest: Manifest, analyser: Analyser, whole: Analysis
) -> None:
    service.answer = (200, _line({"done": whole.to_json()}))
    remote = RemoteAnalyser(f"http://127.0.0.1:{service.server_port}", manifest)
    found = remote.hear(Post(TEXT, tone(3.0)))
    here = analyser.hear(Post(TEXT, tone(3.0)))
    assert (found.probabilities, found.heard) == (here.probabilities, here.heard)
    assert set(here.findings) <= set(found.findings)


def test_a_changed_sound_is_heard_by_the_service(
    service: ThreadingHTTPServer, manifest: Manifest, whole: Analysis
) -> None:
    service.answer = (200, _line({"done": whole.to_json()}))
    opening: Future[Any] = Future()
    opening.set_result(RemoteAnalyser(f"http://127.0.0.1:{service.server_port}", manifest))
    case = Case(Order(TEXT, b"", False), opening, analysis=whole, recording=tone(3.0))
    hear_otherwise(Manner(tempo=1.25), case, Asked(threading.Event()))
    found, heard = case.otherwise, whole.predictions["audio"]
    assert found is not None and found.answer is not None and heard is not None
    assert found.answer.probabilities == heard.probabilities
    sent = PostRequest.model_validate(service.bodies[-1]).post().recording
    assert sent is not None and sent.duration_s == pytest.approx(3.0 / 1.25)
    assert not list_remarks(whole, found.answer)
    service.answer = (429, b"queue")
    with pytest.raises(MhkdError, match="busy"):
        hear_otherwise(Manner(gain_db=-6), case, Asked(threading.Event()))
    assert case.otherwise is not found and case.otherwise.answer is None


def test_a_service_is_told_that_a_recording_is_of_another_text(
    service: ThreadingHTTPServer, manifest: Manifest, whole: Analysis
) -> None:
    service.answer = (200, _line({"done": whole.to_json()}))
    address = f"http://127.0.0.1:{service.server_port}"
    post = Post(TEXT, tone(3.0), recording_of_other_text=True)
    found = RemoteAnalyser(address, manifest, {COMPARES: False}).analyse(
        post, compare_recording=True
    )
    asked = PostRequest.model_validate(service.bodies[-1])
    assert asked.compare_recording and asked.post().recording_of_other_text
    assert found == whole  # what it says of it is its own
    old = RemoteAnalyser(address, manifest).analyse(post, compare_recording=True)
    known = {"text", "recording", "explain", "target", "speak"}
    assert set(service.bodies[-1]) == known, "an older service refuses fields that it doesn't know"
    assert list_codes(old) == [*list_codes(whole), "recording_of_other_text"]
    RemoteAnalyser(address, manifest, {COMPARES: True}).analyse(Post(TEXT, tone(3.0)))
    assert set(service.bodies[-1]) == known
    older = PostRequest.model_validate(service.bodies[-1])
    assert older.compare_recording is None and not older.post().recording_of_other_text


@pytest.mark.parametrize(
    ("codes", "differs"), [((), False), (("text_differs",), True), (("text_not_compared",), None)]
)
def test_a_service_tells_whether_a_recording_says_the_text(
    service: ThreadingHTTPServer,
    manifest: Manifest,
    whole: Analysis,
    codes: tuple[str, ...],
    differs: bool | None,
) -> None:
    told = replace(
        whole,
        quality=(*whole.quality, *(Finding(code, "Compared.") for code in codes)),
        timing_ms={**whole.timing_ms, "matching": 900.0},
    )
    service.answer = (200, _line({"done": told.to_json()}))
    address = f"http://127.0.0.1:{service.server_port}"
    remote = RemoteAnalyser(address, manifest, {COMPARES: True})
    assert remote.missing_transcriber is None
    assert remote.hear(Post(TEXT, tone(3.0)), compare=True).text_differs is differs
    assert service.bodies[-1]["compare_recording"] is True
    service.answer = (200, _line({"done": whole.to_json()}))
    assert remote.hear(Post(TEXT, tone(3.0))).text_differs is None
    assert service.bodies[-1]["compare_recording"] is False
    assert "Ask who runs it" in str(RemoteAnalyser(address, manifest).missing_transcriber)


def test_too_few_answers_are_not_taken(service: ThreadingHTTPServer, manifest: Manifest) -> None:
    service.answer = (200, _line({"done": {"student": [[0.4, 0.6]]}}))
    analyser = RemoteAnalyser(f"http://127.0.0.1:{service.server_port}", manifest)
    with pytest.raises(MhkdError, match="broke off"):
        analyser.predict_texts([POST, POST])


def test_cancel_is_looked_at_before_each_line(
    service: ThreadingHTTPServer, manifest: Manifest
) -> None:
    event = threading.Event()
    event.set()
    service.answer = (200, _line({"waiting": 1}))
    analyser = RemoteAnalyser(f"http://127.0.0.1:{service.server_port}", manifest)
    with pytest.raises(Cancelled):
        analyser.analyse(Post(POST), cancel=event)
