"""L5: a long file through the command line; memory does not grow with the rows behind it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.attack.visitor import ROOT
from tests.load.conftest import Amount, tell
from tests.tiny import POST

pytestmark = pytest.mark.load

_RUN = """
import json, sys, threading
from pathlib import Path
import mhkd.batch.run
from mhkd.cli import main

seen = []
advance = mhkd.batch.run.BatchRun.advance

def watched(self, analyser, *, on_chunk=None, **more):
    def note():
        status = Path("/proc/self/status").read_text("ascii")
        seen.append((self.done, int(status.split("VmRSS:")[1].split()[0]) / 1024, self.busy_s))
        on_chunk()
    advance(self, analyser, on_chunk=note, **more)

mhkd.batch.run.BatchRun.advance = watched
status = main(sys.argv[1:])
print(json.dumps(seen))
sys.exit(status)
"""


def test_memory_is_flat_over_a_long_batch(assets: Path, tmp_path: Path, amount: Amount) -> None:
    file, out = tmp_path / "posts.jsonl", tmp_path / "answers.parquet"
    with file.open("w", encoding="utf-8") as stream:
        for row in range(amount.rows):
            stream.write(json.dumps({"id": row, "text": " ".join([POST] * (1 + row % 7))}) + "\n")
    command = [sys.executable, "-c", _RUN, "batch", str(file), "--out", str(out)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MHKD_ASSETS": str(assets)}
    began = time.monotonic()
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=1200
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told, seen = done.stdout.strip().splitlines()[-2:]
    assert f"{amount.rows} of {amount.rows} rows answered" in told
    memory = [(rows, mb) for rows, mb, _ in json.loads(seen)]
    tenth = next(mb for rows, mb in memory if rows >= amount.rows / 10)
    grown_mb = memory[-1][1] - tenth
    assert abs(grown_mb) <= 50
    speed = amount.rows / (time.monotonic() - began)
    tell(f"L5: {amount.rows:,} rows, {grown_mb:+.0f} MB after the first tenth, {speed:.0f} rows/s")
