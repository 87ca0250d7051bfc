"""One small Ray for all tests, and a tiny real bundle."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tiny import POST, build_tiny_bundle

ROOT = Path(__file__).resolve().parents[2]


def await_that(condition: Callable[[], object], within_s: float = 90.0) -> None:
    """Returns once ``condition`` holds."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_bundle(tmp_path_factory.mktemp("scaled"))


@pytest.fixture(scope="session")
def texts() -> list[str]:
    return [f"{' '.join([POST] * (1 + row % 5))} {row}" for row in range(5_000)]


@pytest.fixture(scope="session")
def cluster(own_home: Path) -> Iterator[str]:
    """The address of a Ray of two processors."""
    from mhkd.scale.cluster import joined

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("OMP_NUM_THREADS", "1")
        with joined(cpus=2) as ray:
            yield str(ray.get_runtime_context().gcs_address)


def find_processes(name: str) -> list[int]:
    """Ids of the processes of this user's Ray whose title holds ``name``."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if name in (folder / "cmdline").read_text("utf-8", "replace") and os.getpid() != int(
                folder.name
            ):
                found.append(int(folder.name))
        except (OSError, ValueError):
            continue
    return found
