"""Waiting for a server that a test has started."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]

_START_S = 300.0


def await_port(port: int, server: subprocess.Popen[bytes]) -> None:
    """Returns once something listens on ``port``; fails if the server ends before."""
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        assert server.poll() is None, "the server stopped"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError("the server did not start")


@contextmanager
def serve_page(page: str, log: Path) -> Iterator[str]:
    """Serves a page of the tests on a free port; what the server says goes to ``log``."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", page, "--server.port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    with log.open("w") as told:
        server = subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=told, stderr=told)
        try:
            await_port(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(60)
