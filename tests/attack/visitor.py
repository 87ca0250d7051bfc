"""A visitor without a browser: speaks to the server as Streamlit's page does, and worse."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from tests.browser.serving import await_port

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_S = 300.0


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def address(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def memory_mb(self) -> float:
        """Resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def logged(self) -> str:
        """All that it wrote so far."""
        return self.log.read_text("utf-8")


def find_port() -> int:
    """A port that is free now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serving(
    log: Path, page: str = "tests/app/example_page.py", port: int = 0, **settings: str
) -> Iterator[Server]:
    """A server of ``page`` on a port, a free one if 0, with ``settings`` in its environment."""
    port = port or find_port()
    command = [sys.executable, "-m", "streamlit", "run", page, "--server.port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings}
    with log.open("w") as stream:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=stream, stderr=stream)
        try:
            await_port(port, server)
            yield Server(port, server, log)
        finally:
            server.terminate()
            server.wait(60)


@dataclass
class Visitor:
    """One open session."""

    port: int
    session: str = ""
    xsrf: str = ""
    told: list[ForwardMsg] = field(default_factory=list)
    channel: Any = None

    @classmethod
    def enter(cls, port: int, query: str = "", page: str = "", cookie: str = "") -> Visitor:
        """Opens a session, with a cookie more where it is given, and draws its first page."""
        answer = requests.get(f"http://127.0.0.1:{port}/_stcore/health", timeout=_PATIENCE_S)
        visitor = cls(port, xsrf=answer.cookies.get("_streamlit_xsrf", ""))
        cookies = f"_streamlit_xsrf={visitor.xsrf}{cookie}"
        visitor.channel = open_channel(port, cookie=cookies, xsrf=visitor.xsrf)
        visitor.draw(query=query, page=page)
        return visitor

    def draw(self, *, query: str = "", page: str = "", widgets: Any = None) -> list[ForwardMsg]:
        """Runs the page once and gives what it sent."""
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_name = page
        if widgets is not None:
            message.rerun_script.widget_states.CopyFrom(widgets)
        self.channel.send(message.SerializeToString())
        return self.listen()

    def listen(self) -> list[ForwardMsg]:
        """Messages up to the end of the run."""
        heard: list[ForwardMsg] = []
        end = time.monotonic() + _PATIENCE_S
        while time.monotonic() < end:
            message = ForwardMsg.FromString(self.channel.recv(timeout=_PATIENCE_S))
            heard.append(message)
            if message.WhichOneof("type") == "new_session":
                self.session = message.new_session.initialize.session_id or self.session
            if message.WhichOneof("type") == "script_finished":
                self.told += heard
                return heard
        raise AssertionError("the run did not end")

    def upload(
        self, content: Any, *, name: str = "a.wav", file: str = "", session: str = "",
        xsrf: str | None = None,
    ) -> requests.Response:  # fmt: skip
        """Sends a file, as the page's uploader does."""
        token = self.xsrf if xsrf is None else xsrf
        address = (
            f"http://127.0.0.1:{self.port}/_stcore/upload_file/"
            f"{session or self.session}/{file or uuid.uuid4()}"
        )
        return requests.put(
            address,
            files={"file": (name, content)},
            headers={"X-Xsrftoken": token},
            cookies={"_streamlit_xsrf": self.xsrf},
            timeout=_PATIENCE_S,
        )

    def find(self, kind: str, label: str = "") -> str:
        """The id of a widget that was drawn."""
        for message in self.told:
            element = message.delta.new_element
            if element.WhichOneof("type") == kind and label in getattr(element, kind).label:
                found = getattr(element, kind).id
        return str(found)

    def said(self) -> str:
        """All that the server sent, in bytes as text."""
        return b"".join(message.SerializeToString() for message in self.told).decode(
            "utf-8", "replace"
        )

    def leave(self) -> None:
        """Closes the session's channel."""
        self.channel.close()


def open_channel(
    port: int, *, cookie: str = "", xsrf: str = "", host: str = "", origin: str | None = None
) -> Any:
    """The WebSocket of a session; the page gives its token in the place of a protocol."""
    return connect(
        f"ws://{host or '127.0.0.1'}:{port}/_stcore/stream",
        sock=socket.create_connection(("127.0.0.1", port)),
        subprotocols=["streamlit", *([xsrf] if xsrf else [])],  # type: ignore[list-item]
        origin=origin or f"http://127.0.0.1:{port}",  # type: ignore[arg-type]
        additional_headers={"Cookie": cookie} if cookie else {},
        max_size=None,
        legacy=True,
        open_timeout=_PATIENCE_S,
    )
