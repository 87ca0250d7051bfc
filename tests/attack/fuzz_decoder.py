"""Feeds mutated recordings to the decoder: ``make fuzz``, or a few of them in a test.

Run: ``python -m tests.attack.fuzz_decoder [NUMBER] [FIRST]``. A mutant is told by its number,
so that ``… 1 4711`` shows the one that failed again.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from mhkd import limits
from mhkd.audio import decode
from mhkd.audio.header import Header
from mhkd.errors import AudioError
from tests.attack.mutants import make_recordings, mutate, read_corpus

_NURSERY = Path(__file__).with_name("decoder_nursery.py")
_NUMBER = 10_000


class Nursery:
    """The process whose children decode, spoken to in place of a child of one's own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.endings: Counter[str] = Counter()

    def run_worker(self, data: bytes, header: Header, _: Any) -> bytes:
        """What ``decode._run_worker`` does."""
        job = decode._write_job(header).encode("ascii")
        asked, answered = self._process.stdin, self._process.stdout
        assert asked is not None and answered is not None
        asked.write(struct.pack("<QQ", len(job), len(data)) + job + data)
        asked.flush()
        status, size = struct.unpack("<qQ", answered.read(16))
        answer: bytes = answered.read(size)
        if answer == b"TIME":
            self.endings["stopped after the wall time"] += 1
            raise AudioError(decode._FAULTS["time"])
        self.endings[f"ended with {status}"] += 1
        decode._check_ending(status)
        return answer


@contextmanager
def open_nursery() -> Iterator[Nursery]:
    """Starts it, and puts it in the place of single children."""
    folder = str(Path(decode.__file__).parent)
    command = [sys.executable, "-I", "-B", str(_NURSERY), folder, str(limits.DECODE_WALL_S)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        nursery = Nursery(process)
        with mock.patch.object(decode, "_run_worker", nursery.run_worker):
            yield nursery
        assert process.poll() is None, "the nursery itself broke down"
        process.stdin.close()  # type: ignore[union-attr]


def read_mutant(data: bytes) -> str:
    """Reads one file and checks what must hold; gives ``recording`` or ``refused``."""
    try:
        recording = decode.read_recording(data)
    except AudioError as refusal:
        assert len(refusal.public_message.split()) > 8, refusal.public_message
        assert "Traceback" not in refusal.public_message
        return "refused"
    assert recording.samples.dtype == np.float32 and recording.samples.ndim == 1
    assert len(recording.samples) > 0 and bool(np.isfinite(recording.samples).all())
    assert float(np.abs(recording.samples).max()) <= 1.0
    assert limits.MIN_RATE_HZ <= recording.rate_hz <= limits.MAX_RATE_HZ
    assert recording.duration_s <= limits.MAX_AUDIO_S
    return "recording"


def measure_process() -> tuple[float, int]:
    """Resident megabytes and open files of this process."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024, sum(
        1 for _ in Path("/proc/self/fd").iterdir()
    )


def main() -> None:
    """Runs as many mutants as were asked for and tells what became of them."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else _NUMBER
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    files = [*make_recordings(), *read_corpus()]
    outcomes: Counter[str] = Counter()
    began, longest_s = time.monotonic(), 0.0
    memory_mb, open_files = measure_process()
    with open_nursery() as nursery:
        for place in range(first, first + number):
            at = time.monotonic()
            try:
                outcomes[read_mutant(mutate(files, place))] += 1
            except Exception:
                sys.stderr.write(f"mutant {place} of {len(files)} files\n")
                raise
            longest_s = max(longest_s, time.monotonic() - at)
    grown_mb = measure_process()[0] - memory_mb
    assert measure_process()[1] == open_files, "files were left open"
    told = {
        "files": len(files),
        "mutants": number,
        "outcomes": dict(outcomes),
        "children": dict(nursery.endings),
        "seconds": round(time.monotonic() - began, 1),
        "longest_s": round(longest_s, 2),
        "grown_mb": round(grown_mb, 1),
    }
    sys.stdout.write(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
