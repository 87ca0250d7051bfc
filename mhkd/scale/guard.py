"""What stands before the service: a token, a bound on bodies, and refusals that quote nothing.

All of it is Starlette's, so that it can be tried without Ray.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
import os
from collections.abc import Mapping
from typing import Any, Final

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mhkd.errors import InputError, MhkdError
from mhkd.limits import MAX_AUDIO_S
from mhkd.quiet_logs import name_fault
from mhkd.remote.calls import TOKEN

RETRY_S: Final = 5
TOKEN_HASH: Final = "MHKD_SERVE_TOKEN_SHA256"  # noqa: S105, a name of a variable
# The longest recording that a request may hold, as float32 at 48 kHz in base64, and its text.
MAX_BODY_BYTES: Final = int(MAX_AUDIO_S * 48_000 * 4 * 4 / 3) + 2 * 1024**2
_LOG: Final = logging.getLogger(__name__)
_STATUS: Final = {"busy": 429, "input": 422, "audio": 422}
_TOO_LARGE: Final = 413
_REFUSALS: Final = {
    400: ("input", "The body can't be read. Expected JSON as /openapi.json describes it."),
    404: ("path", "There is nothing at this path. /openapi.json lists what there is."),
    405: ("method", "This path is not asked in this way. See /openapi.json."),
    _TOO_LARGE: (
        "input",
        f"The body is larger than {MAX_BODY_BYTES // 1024**2} MB. Cut the recording.",
    ),
}


def hash_token(host: str) -> str:
    """The hash of the token that callers must bring; empty where none is set.

    Copies of the service get the hash and not the token: Ray keeps and may log what they get.

    Args:
        host: where the service is to answer.

    Raises:
        InputError: there is no token, and others than this machine would reach the service.
    """
    token = os.environ.get(TOKEN, "").strip()
    if token:
        return hashlib.sha256(token.encode("utf-8")).hexdigest()
    if not _is_loopback(host):
        raise InputError(
            f"Whoever reaches '{host}' could ask the models: expected a token in {TOKEN}, found "
            "none. Make one with `openssl rand -hex 32`, or serve on 127.0.0.1."
        )
    return ""


def guard(app: Starlette) -> None:
    """Puts token, size and typed refusals before all that ``app`` answers."""
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES)
    app.add_middleware(Guard)  # the last one added is the first one asked
    app.add_exception_handler(MhkdError, _tell_fault)
    app.add_exception_handler(HTTPException, _tell_refusal)


class Guard:
    """Refuses before a body is read, and lets no exception out.

    The hash of the token is read from ``MHKD_SERVE_TOKEN_SHA256``, empty where none is needed;
    where that is not set at all, everybody is refused.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _find_refusal(Headers(scope=scope))
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        began = False

        async def send_on(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        except Exception as fault:  # further out its message, which may quote the post, is logged
            _LOG.error("A request failed: %s", name_fault(fault))
            if not began:  # else the answer breaks off, which callers are told of
                failed = refuse(500, "error", "The service failed. Try again in a minute.")
                await failed(scope, receive, send)


def refuse(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """A refusal as callers read it."""
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)


def _find_refusal(headers: Headers) -> Response | None:
    expected = os.environ.get(TOKEN_HASH)
    if expected is None:
        return refuse(503, "error", "The service does not know its token. Start it again.")
    if expected and not hmac.compare_digest(_hash_given(headers), expected):
        needed = "A token is needed: Authorization: Bearer …"
        return refuse(401, "unauthorised", needed, {"WWW-Authenticate": "Bearer"})
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > MAX_BODY_BYTES:
        return refuse(_TOO_LARGE, *_REFUSALS[_TOO_LARGE])
    return None


def _hash_given(headers: Headers) -> str:
    kind, _, given = headers.get("authorization", "").partition(" ")
    token = given.strip() if kind.lower() == "bearer" else ""
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


async def _tell_fault(_: Request, fault: Any) -> Response:
    headers = {"Retry-After": str(RETRY_S)} if fault.code == "busy" else None
    return refuse(_STATUS.get(fault.code, 503), fault.code, fault.public_message, headers)


async def _tell_refusal(_: Request, fault: Any) -> Response:
    other = ("error", f"The request was refused (status {fault.status_code}).")
    code, message = _REFUSALS.get(fault.status_code, other)
    return refuse(fault.status_code, code, message, fault.headers)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
