"""What stands before the page, without a server."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app import server
from app.server import Headers, UploadQuota, build_policy

_PATH = "/_stcore/upload_file/{session}/{file}"


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, int]]:
    """Session → file → bytes, as the server would hold them."""
    files: dict[str, dict[str, int]] = {}
    monkeypatch.setattr(server, "held_uploads", lambda: files)
    return files


@pytest.fixture
def client(held: dict[str, dict[str, int]]) -> TestClient:
    async def put(request: Request) -> PlainTextResponse:
        body = await request.body()
        if body == b"refused":
            return PlainTextResponse("", 413)
        held.setdefault(request.path_params["session"], {})[request.path_params["file"]] = len(body)
        return PlainTextResponse("", 204)

    async def any_page(_: Request) -> PlainTextResponse:
        return PlainTextResponse("page")

    routes = [
        Route(_PATH, put, methods=["PUT", "DELETE"]),
        Route("/{rest:path}", any_page, methods=["GET"]),
    ]
    stack = [Middleware(Headers, policy="default-src 'none'"), Middleware(UploadQuota)]
    return TestClient(Starlette(routes=routes, middleware=stack))


def _put(client: TestClient, session: str, file: str, body: bytes = b"x") -> int:
    return client.put(_PATH.format(session=session, file=file), content=body).status_code


def test_the_fifth_file_of_a_session_is_refused(client: TestClient) -> None:
    assert [_put(client, "a", str(n)) for n in range(5)] == [204] * 4 + [429]
    assert _put(client, "b", "0") == 204, "another session is not affected"
    assert _put(client, "a", "3", b"again") == 204, "a file may be sent again"


def test_a_file_that_was_removed_makes_room(client: TestClient, held: Any) -> None:
    for n in range(4):
        _put(client, "a", str(n))
    held["a"].pop("0")
    assert _put(client, "a", "4") == 204


def test_a_refused_upload_takes_no_room(client: TestClient) -> None:
    assert [_put(client, "a", str(n), b"refused") for n in range(9)] == [413] * 9
    assert _put(client, "a", "x") == 204


def test_all_sessions_together_are_bounded(
    client: TestClient, held: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_SERVER_UPLOAD_BYTES", 50)
    monkeypatch.setattr(server, "MAX_UPLOAD_BYTES", 20)
    held["old"] = {"0": 31}
    assert _put(client, "a", "0") == 429
    held["old"] = {"0": 29}
    assert _put(client, "a", "0") == 204


def test_every_answer_carries_the_headers(client: TestClient) -> None:
    for path in ("/", "/_stcore/metrics"):
        headers = client.get(path).headers
        assert headers["content-security-policy"] == "default-src 'none'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
    assert "cache-control" not in client.get("/static/js/index.abc.js").headers


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/base/_stcore/metrics", "/_stcore/agent/x"])
def test_what_is_for_operators_is_hidden(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_policy_allows_the_pages_own_script_by_its_hash() -> None:
    policy = build_policy("<script>a = 1</script><script src='x.js'></script>")
    # printf 'a = 1' | openssl dgst -sha256 -binary | base64
    assert "script-src 'self' blob: 'sha256-tbwf/ZCRL7GL7259gJCRksemSSiWMgFW1n+68QTGVEo='" in policy
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert "unsafe-eval" not in policy
    assert "unsafe-inline" not in directives["script-src"]
    assert directives["default-src"] == directives["frame-ancestors"] == "'none'"
    assert not any("http" in value or "*" in value for value in directives.values())
