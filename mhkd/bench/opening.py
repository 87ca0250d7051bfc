"""What a process of its own needs to open a bundle and to answer one post.

Run as ``python -m mhkd.bench.opening BUNDLE WORDS DEVICE``; prints one JSON object.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

from mhkd.errors import MhkdError

_LONGEST_S = 600.0
_LIBRARIES = "import mhkd, torch, transformers.models.auto.modeling_auto, peft"


@dataclass(frozen=True)
class Opened:
    """One fresh process.

    Attributes:
        libraries_s: starting Python and importing the libraries alone, in another process.
        open_s: from the start of the process to the opened bundle.
        first_answer_s: the first analysis after that, without explanations, speaking included.
        memory_open_mb: most memory held until the bundle was open.
        memory_mb: most memory held with one analysis, explanations apart.
    """

    libraries_s: float
    open_s: float
    first_answer_s: float
    memory_open_mb: float | None
    memory_mb: float | None


def open_afresh(bundle: str, words: int, device: str) -> Opened:
    """Opens the bundle in a process of its own, beside one that imports the libraries alone.

    Raises:
        MhkdError: the process failed.
    """
    libraries_s, _ = _run(["-c", _LIBRARIES])
    whole_s, told = _run(["-m", "mhkd.bench.opening", bundle, str(words), device])
    found = json.loads(told.splitlines()[-1])
    first = float(found["first_answer_s"])
    return Opened(
        libraries_s,
        whole_s - first,
        first,
        found["memory_open_mb"],
        found["memory_mb"],
    )


def _run(arguments: list[str]) -> tuple[float, str]:
    start = time.perf_counter()
    try:
        done = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            check=True,
        )
    except (subprocess.SubprocessError, OSError) as fault:
        raise MhkdError(
            f"A process that was started to measure the start-up failed ({type(fault).__name__}). "
            "Run `mhkd doctor`."
        ) from fault
    return time.perf_counter() - start, done.stdout


def _main(bundle: str, words: int, device: str) -> None:
    from mhkd.analyser import Analyser
    from mhkd.bench.machine import read_peak_memory_mb
    from mhkd.bench.posts import write_post
    from mhkd.post import Post

    analyser = Analyser.open(bundle, device=device)
    memory_open_mb = read_peak_memory_mb()
    start = time.perf_counter()
    analyser.analyse(Post(write_post(words)), explain="none")
    first_answer_s = time.perf_counter() - start
    found = Opened(0.0, 0.0, first_answer_s, memory_open_mb, read_peak_memory_mb())
    sys.stdout.write(json.dumps(asdict(found)) + "\n")


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
