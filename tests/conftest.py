"""Every test runs offline, in a home of its own; a tiny bundle is opened once for all."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mhkd.analyser import Analyser
    from mhkd.analysis import Analysis

# Hugging Face libraries read these when they are first imported.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

_LOOPBACK = ("localhost", "::1", "")


class NetworkBlocked(Exception):
    """A test tried to reach another machine."""


def _is_local(address: Any) -> bool:
    if not isinstance(address, tuple):  # AF_UNIX: a path
        return True
    host = str(address[0])
    return host in _LOOPBACK or host.startswith("127.")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets reach this machine only: AF_UNIX and the loopback address."""
    sending = {"connect": 0, "connect_ex": 0, "sendto": -1}
    for name, place in sending.items():
        original = getattr(socket.socket, name)

        def guarded(
            self: socket.socket, *args: Any, _original: Any = original, _place: int = place
        ) -> Any:
            if not _is_local(args[_place]):
                raise NetworkBlocked(f"{args[_place]}")
            return _original(self, *args)

        monkeypatch.setattr(socket.socket, name, guarded)
    look_up = socket.getaddrinfo

    def guarded_look_up(host: Any, *args: Any, **options: Any) -> Any:
        if host is not None and not _is_local((host,)):
            raise NetworkBlocked(f"{host}")
        return look_up(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Nothing is read from or written to the caller's home."""
    home = tmp_path_factory.mktemp("home")
    browsers = Path.home() / ".cache" / "ms-playwright"
    with pytest.MonkeyPatch.context() as patch:
        if "PLAYWRIGHT_BROWSERS_PATH" not in os.environ and browsers.is_dir():
            patch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(browsers))
        patch.setenv("HOME", str(home))
        patch.delenv("MHKD_TRANSCRIBER", raising=False)  # its own test reads it before
        for name in ("HF_HOME", "TORCH_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR"):
            patch.setenv(name, str(home / name.lower()))
        yield home


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny bundle."""
    from tests.tiny import build_tiny_bundle

    return build_tiny_bundle(tmp_path_factory.mktemp("analysed"))


@pytest.fixture(scope="session")
def analyser(folder: Path) -> Analyser:
    """The tiny bundle, opened."""
    from mhkd.analyser import Analyser

    return Analyser.open(folder, device="cpu")


@pytest.fixture(scope="session")
def whole(analyser: Analyser) -> Analysis:
    """A whole analysis of a post with a recording."""
    from mhkd.post import Post
    from tests.analysed import TEXT
    from tests.tiny import tone

    return analyser.analyse(Post(TEXT, tone(3.0)))
