"""What stands before the service, over an application of the tests and without Ray."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Receive

from mhkd.errors import AudioError, InputError, MhkdError
from mhkd.limits import MAX_CHARS, MAX_SERVED_TEXTS
from mhkd.remote.calls import TOKEN
from mhkd.remote.wire import Sound
from mhkd.scale import guard as guarding
from mhkd.scale.guard import MAX_BODY_BYTES, TOKEN_HASH, guard, hash_token

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a token of the tests"  # noqa: S105
BEARER = {"Authorization": f"Bearer {SECRET}"}
POST = "the sparrowhawk"
_BOUND = 1_000


async def _count(request: Request) -> Response:
    return JSONResponse(len(await request.body()))


async def _fail(request: Request) -> Response:
    raise ValueError((await request.body()).decode())


async def _break_off(_: Request) -> Response:
    async def lines() -> AsyncIterator[str]:
        yield "first"
        raise ValueError(POST)

    return StreamingResponse(lines())


async def _refuse(request: Request) -> Response:
    kinds = {"busy": InputError("Wait.", code="busy"), "audio": AudioError("Too loud.")}
    raise kinds.get(request.path_params["kind"], MhkdError("It is damaged.", code="bundle"))


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Starlette:
    monkeypatch.setenv(TOKEN, SECRET)
    monkeypatch.setenv(TOKEN_HASH, hash_token("0.0.0.0"))  # noqa: S104
    monkeypatch.setattr(guarding, "MAX_BODY_BYTES", _BOUND)
    app = Starlette(
        routes=[
            Route("/count", _count, methods=["POST"]),
            Route("/fail", _fail, methods=["POST"]),
            Route("/break", _break_off),
            Route("/refuse/{kind}", _refuse),
        ]
    )
    guard(app)
    return app


@pytest.fixture
def client(app: Starlette) -> TestClient:
    return TestClient(app, headers=BEARER)


def _error(answer: Any) -> tuple[int, str]:
    told = answer.json()
    assert set(told) == {"error"} and set(told["error"]) == {"code", "message"}
    assert POST not in answer.text
    return answer.status_code, told["error"]["code"]


def _ask(app: Starlette, headers: dict[str, str], receive: Receive) -> tuple[int, str]:
    """The refusal of a request whose body comes from ``receive``."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/count", "query_string": b"",
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])["error"]["code"]


async def _unread() -> Any:
    raise AssertionError("the body was read")


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"Authorization": f"Bearer {SECRET}x"}, {"Authorization": SECRET},
        {"Authorization": "Bearer "}, {"Authorization": f"Basic {SECRET}"},
    ],
)  # fmt: skip
def test_without_the_token_no_body_is_read(app: Starlette, headers: dict[str, str]) -> None:
    assert _ask(app, {**headers, "Content-Length": "9"}, _unread) == (401, "unauthorised")


@pytest.mark.parametrize("length", [str(_BOUND + 1), "9" * 5_000])
def test_a_body_beyond_the_bound_is_not_read(app: Starlette, length: str) -> None:
    assert _ask(app, {**BEARER, "Content-Length": length}, _unread) == (413, "input")


def test_every_path_needs_the_token(app: Starlette) -> None:
    bare = TestClient(app)
    for path in ("/count", "/break", "/openapi.json", "/nothing"):
        assert _error(bare.get(path)) == (401, "unauthorised")


def test_a_copy_that_does_not_know_its_token_lets_nobody_in(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(TOKEN_HASH)
    assert _error(client.post("/count")) == (503, "error")


def test_without_a_token_all_of_this_machine_may_ask(
    app: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(TOKEN)
    monkeypatch.setenv(TOKEN_HASH, hash_token("127.0.0.1"))
    assert TestClient(app).post("/count", content=b"four").json() == 4


def test_a_body_of_unstated_length_is_bounded_while_it_comes(app: Starlette) -> None:
    pieces = iter(range(10_000))

    async def receive() -> Any:
        return {"type": "http.request", "body": b"x" * 100, "more_body": next(pieces) < 9_999}

    assert _ask(app, BEARER, receive) == (413, "input")
    assert next(pieces) == _BOUND // 100 + 1, "it was read no further"


def test_the_bound_holds_what_the_service_accepts() -> None:
    sound = Sound.model_json_schema()["properties"]["samples_base64"]["maxLength"]
    escaped = 12  # JSON writes a character as up to two \\uXXXX
    assert sound + escaped * MAX_CHARS < MAX_BODY_BYTES
    assert MAX_SERVED_TEXTS * escaped * MAX_CHARS < MAX_BODY_BYTES


def test_what_was_not_foreseen_is_typed_and_quotes_nothing(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert _error(client.post("/fail", content=POST)) == (500, "error")
    assert "ValueError at scale/test_guard.py" in caplog.text
    assert POST not in caplog.text


def test_an_answer_that_breaks_off_tells_no_message(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get("/break").text == "first"
    assert "ValueError at scale/test_guard.py" in caplog.text
    assert POST not in caplog.text


def test_refusals_of_the_framework_are_typed(client: TestClient) -> None:
    assert _error(client.get(f"/{POST}")) == (404, "path")
    assert _error(client.get("/count")) == (405, "method")


def test_refusals_of_the_package_are_typed(client: TestClient) -> None:
    busy = client.get("/refuse/busy")
    assert _error(busy) == (429, "busy") and int(busy.headers["retry-after"]) > 0
    assert _error(client.get("/refuse/audio")) == (422, "audio")
    assert _error(client.get("/refuse/bundle")) == (503, "bundle")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_needs_no_token(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN, raising=False)
    assert hash_token(host) == ""


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "10.0.0.7", "models.example.org"])  # noqa: S104
@pytest.mark.parametrize("token", [None, "", "  "])
def test_other_machines_need_one(
    host: str, token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(TOKEN, raising=False)
    if token is not None:
        monkeypatch.setenv(TOKEN, token)
    with pytest.raises(InputError, match=f"token in {TOKEN}"):
        hash_token(host)


def test_the_token_itself_is_handed_to_no_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, SECRET)
    assert hash_token("10.0.0.7") == hashlib.sha256(SECRET.encode()).hexdigest()
    source = (ROOT / "mhkd" / "scale" / "serve.py").read_text("utf-8")
    assert "runtime_env" not in source and TOKEN not in source
