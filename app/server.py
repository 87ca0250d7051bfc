"""What stands before the page: response headers, who may upload how much, logs without content.

Streamlit answers every request below; nothing here reads a body. ``middleware`` is given
to ``st.App`` in ``app/main.py``.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import hashlib
import re
import sys
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config, net_util
from streamlit.runtime import get_instance

from app import access
from mhkd.limits import MAX_HELD_UPLOADS, MAX_SERVER_UPLOAD_BYTES, MAX_UPLOAD_BYTES
from mhkd.quiet_logs import quieten_logs

_UPLOAD: Final = re.compile(r"/_stcore/upload_file/(?P<session>[^/]+)/(?P<file>[^/]+)$")
_HIDDEN: Final = re.compile(r"/_stcore/(metrics|agent)(/|$)")
_INLINE_SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_SWEEP_S: Final = 15.0
_LASTING: Final = re.compile(r"/static/(js|css|media)/[^/]+$")  # named by their hash


def build_policy(page: str) -> str:
    """The Content-Security-Policy: this server and nobody else.

    Styles are set by scripts all over the page, hence ``unsafe-inline`` for styles only.
    Streamlit loads the script of a component (``app/figure.js``) by a ``blob:`` address, which
    only a script that runs already can make.

    Args:
        page: HTML whose own inline scripts are allowed, by their hash.
    """
    scripts = " ".join(f"'sha256-{_digest(text)}'" for text in _INLINE_SCRIPT.findall(page))
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' blob: {scripts}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "media-src 'self' data: blob:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "frame-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "object-src 'none'",
        )
    )


class Headers:
    """Adds what a browser is to hold to, and hides what is for operators."""

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self._app, self._policy = app, policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = self._policy
                headers["X-Content-Type-Options"] = "nosniff"
                headers["X-Frame-Options"] = "DENY"
                headers["Referrer-Policy"] = "no-referrer"
                headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(self)"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                if not _LASTING.search(scope["path"]):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        if _HIDDEN.search(scope["path"]):
            refusal = PlainTextResponse("Not found", 404)
            await refusal(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)


class UploadQuota:
    """Bounds what a session, and what all of them, hold in uploads.

    Where sign-in is configured, a session whose reader is not signed in may hold none.

    Streamlit bounds one file, not their number: any visitor could fill the memory with
    fresh ids. Counted is what is held now, and what is on its way.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._coming: dict[str, set[str]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; an upload before sign-in gets 401, one too many 429."""
        found = _UPLOAD.search(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] != "PUT":
            await self._app(scope, receive, send)
            return
        session, file = found["session"], found["file"]
        if not access.is_session_signed_in(session):
            await PlainTextResponse("Sign in before you upload.", 401)(scope, receive, send)
            return
        if not self._admit(session, file):
            refusal = PlainTextResponse(
                "Too many files are held. Remove one, or try again in some minutes.", 429
            )
            await refusal(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._release(session, file)

    def _admit(self, session: str, file: str) -> bool:
        held = held_uploads()
        with self._lock:
            files = set(held.get(session, {})) | self._coming.get(session, set())
            on_the_way = sum(len(coming) for coming in self._coming.values())
            total = sum(size for sizes in held.values() for size in sizes.values())
            total += (on_the_way + 1) * MAX_UPLOAD_BYTES
            if file in self._coming.get(session, set()):
                return False
            if len(files | {file}) > MAX_HELD_UPLOADS or total > MAX_SERVER_UPLOAD_BYTES:
                return False
            self._coming.setdefault(session, set()).add(file)
            return True

    def _release(self, session: str, file: str) -> None:
        with self._lock:
            self._coming[session].discard(file)
            if not self._coming[session]:
                del self._coming[session]


def held_uploads() -> dict[str, dict[str, int]]:
    """Session → file → bytes, of all uploads in memory."""
    manager: Any = get_instance().uploaded_file_mgr
    with manager._lock:
        return {
            session: {file: len(record.data) for file, record in files.items()}
            for session, files in manager.file_storage.items()
        }


def middleware() -> list[Middleware]:
    """The stack, outermost first."""
    page = Path(st.__file__).with_name("static") / "index.html"
    return [
        Middleware(Headers, policy=build_policy(page.read_text("utf-8"))),
        Middleware(UploadQuota),
    ]


def prepare_process() -> None:
    """What holds for the whole process, before it serves.

    Raises:
        SystemExit: sign-in is meant to be configured, and is not.
    """
    stay_on_this_machine()
    quieten_logs()
    gc.freeze()  # Streamlit's own objects; see ``app.models.settle_memory``
    hold_uploads_in_memory()
    fault = access.find_fault()
    if fault is not None:
        raise SystemExit(f"mhkd can't start. {fault}")


def hold_uploads_in_memory() -> None:
    """Keeps Starlette from writing an upload above 1 MB to a temporary file.

    What is larger than one upload may be is refused before.
    """
    MultiPartParser.spool_max_size = MAX_UPLOAD_BYTES + 1


@asynccontextmanager
async def attend(_: Any) -> AsyncGenerator[None, None]:
    """Says where the page is, once it is served, and lets go of sessions that have left.

    For ``st.App(lifespan=…)``.
    """
    tell_address()
    sweeping = asyncio.create_task(_let_go_of_sessions())
    yield
    sweeping.cancel()


def tell_address() -> None:
    """Says where the page is."""
    address, port = config.get_option("server.address"), config.get_option("server.port")
    everywhere = address in (None, "", "0.0.0.0", "::")  # noqa: S104
    told = f"http://{'localhost' if everywhere else address}:{port}"
    sys.stdout.write(f"mhkd is at {told}{', open to all networks' if everywhere else ''}\n")
    sys.stdout.flush()


async def _let_go_of_sessions() -> None:
    """Streamlit itself lets go of a session whose time is over when the next one leaves.

    Until then all that was in it would lie in memory; even then a loop of Streamlit's may refer
    to the last one, which is therefore emptied.
    """
    while True:
        await asyncio.sleep(_SWEEP_S)
        manager: Any = get_instance()._session_mgr
        with manager._storage_lock:
            gone = manager._session_storage._cache.expire()
        for _, found in gone:
            found.session.shutdown()
            found.session.session_state.clear()
            found.session._fragment_storage.clear()
        if gone:
            del gone, found
            gc.collect()


def stay_on_this_machine() -> None:
    """Keeps Streamlit from asking a service on the internet for this machine's address.

    It would do so for a visitor of another origin. (When it listens to all networks it would
    do so for its welcome, too, which .streamlit/config.toml leaves out.)
    """
    net_util._external_ip = ""  # as if it had been found; equals no host


def tell_fault(fault: Exception) -> bool:
    """Says in the page that it could not be drawn. For ``st.App(on_script_error=…)``."""
    st.error(
        "This part of the page could not be drawn, for a reason that was not foreseen "
        f"({type(fault).__name__}). What you wrote is still here. Reload the page, and report "
        "it if it happens twice."
    )
    return True


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
