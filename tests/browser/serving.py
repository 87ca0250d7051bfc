"""Waiting for a server that a test has started."""

from __future__ import annotations

import socket
import subprocess
import time

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
