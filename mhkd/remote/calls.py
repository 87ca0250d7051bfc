"""One call of a service: what is sent, what comes back line by line, and what it refuses with."""

from __future__ import annotations

import http.client
import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from mhkd.errors import AudioError, BundleError, InputError, MhkdError

TOKEN: Final = "MHKD_SERVE_TOKEN"  # noqa: S105, a name of a variable
_SILENCE_S: Final = 60.0  # the service says something each second
_KINDS: Final[dict[str, type[MhkdError]]] = {
    "input": InputError,
    "busy": InputError,
    "audio": AudioError,
    "bundle": BundleError,
}


def raise_fault(told: Mapping[str, Any]) -> NoReturn:
    """Raises what the service refused with."""
    code, message = str(told["code"]), str(told["message"])
    kind = _KINDS.get(code, MhkdError)
    raise kind(message, code=code)


def call(address: str, path: str, asked: Mapping[str, Any] | None) -> Any:
    """The answer, opened.

    Args:
        address: of the service.
        path: of what is asked there.
        asked: goes as JSON with POST; None asks with GET.

    Raises:
        MhkdError: the service refused, or is not there.
    """
    headers = {"Content-Type": "application/json"}
    if os.environ.get(TOKEN):
        headers["Authorization"] = f"Bearer {os.environ[TOKEN]}"
    content = None if asked is None else json.dumps(asked).encode("utf-8")
    request = urllib.request.Request(address + path, content, headers)  # noqa: S310, see open
    try:
        return urllib.request.urlopen(request, timeout=_SILENCE_S)  # noqa: S310
    except urllib.error.HTTPError as fault:
        _refuse(fault)
    except (OSError, http.client.HTTPException) as fault:
        raise MhkdError(
            f"The models at {address} can't be reached ({type(fault).__name__}). "
            "Try again in a minute; if it stays so, ask who runs them.",
            code="service",
        ) from fault


def _refuse(fault: urllib.error.HTTPError) -> NoReturn:
    try:
        told = json.loads(fault.read(65_536))["error"]
    except (ValueError, KeyError, TypeError, OSError):
        if fault.code in (429, 503):
            told = {
                "code": "busy",
                "message": "The models are busy. Try again in a minute.",
            }
        else:
            told = {
                "code": "service",
                "message": f"The models failed (status {fault.code}). Try again in a minute.",
            }
    raise_fault(told)


def read_line(answer: Any) -> dict[str, Any] | None:
    """The next line of an answer, None at its end.

    Raises:
        MhkdError: the connection broke off.
    """
    try:
        line = answer.readline()
        found: dict[str, Any] | None = json.loads(line) if line else None
    except (OSError, http.client.HTTPException, ValueError) as fault:
        raise MhkdError(
            "The connection to the models broke off. Try again.", code="service"
        ) from fault
    return found


def broke_off() -> MhkdError:
    """That the answer ended before it was whole."""
    return MhkdError("The models broke off before they had answered. Try again.", code="service")
