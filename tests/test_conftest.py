"""The guards of the test suite itself hold."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.conftest import NetworkBlocked


def test_other_machines_cannot_be_reached() -> None:
    with socket.socket() as opened, pytest.raises(NetworkBlocked):
        opened.connect(("192.0.2.1", 80))
    with pytest.raises(NetworkBlocked):
        socket.create_connection(("example.org", 80))


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_home_is_a_temporary_folder(own_home: Path) -> None:
    assert Path.home() == own_home
    assert Path(os.environ["HF_HOME"]).is_relative_to(own_home)
