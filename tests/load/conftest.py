"""A server of the real page over a tiny real bundle, and how much is asked of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.attack.visitor import Server, serving
from tests.tiny import build_tiny_bundle


@dataclass(frozen=True)
class Amount:
    """How much is asked: by default what fits into the test command; all with ``make load``."""

    idle: int
    cycles: int
    rows: int
    steady_s: float


def tell(line: str) -> None:
    """Says what was measured; with ``make load`` it is seen."""
    sys.stderr.write(f"{line}\n")


@pytest.fixture(scope="session")
def amount() -> Amount:
    if os.environ.get("MHKD_LOAD") == "whole":
        return Amount(idle=25, cycles=200, rows=10_000, steady_s=600.0)
    return Amount(idle=25, cycles=4, rows=1_200, steady_s=4.0)


@pytest.fixture(scope="session")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Assets whose bundle is a tiny one."""
    folder = tmp_path_factory.mktemp("assets")
    tiny = build_tiny_bundle(folder)
    (folder / "bundles").mkdir()
    (folder / "bundles" / "sdcnl").symlink_to(tiny)
    return folder


@pytest.fixture(scope="module")
def server(assets: Path) -> Iterator[Server]:
    settings = {
        "MHKD_ASSETS": str(assets),
        "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "2",
        "OMP_NUM_THREADS": "1",
    }
    with serving(assets / "server.txt", "app/main.py", **settings) as running:
        yield running
