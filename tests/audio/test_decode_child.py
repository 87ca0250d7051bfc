"""The process that decodes: it breaks down, hangs or is cancelled, and nothing else does."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from mhkd import limits
from mhkd.audio import decode
from mhkd.audio.decode import read_recording
from mhkd.errors import AudioError, Cancelled
from tests.audio.making import make_tone, write_by_soundfile


@dataclass(frozen=True)
class _Stub:
    body: str
    message: str


@pytest.mark.parametrize(
    "stub",
    [
        _Stub("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "broke down"),
        _Stub("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "broke down"),
        _Stub("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "too long"),
        _Stub("raise SystemExit(3)", "broke down"),
        _Stub("print('no json')", "broke down"),
        _Stub('print(\'{"rate_hz": 8000, "frames": 9}\')', "broke down"),
        _Stub('print(\'{"fault": "unheard of", "found": ""}\')', "broke down"),
    ],
)
def test_a_child_that_breaks_down_ends_one_upload_only(
    stub: _Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_by_soundfile(make_tone(), 16_000, "WAV")
    script = tmp_path / "stub.py"
    script.write_text(stub.body)
    with monkeypatch.context() as patch:
        patch.setattr(decode, "_WORKER", script)
        with pytest.raises(AudioError, match=stub.message):
            read_recording(file)
    assert read_recording(file).duration_s == 1.0


def test_a_child_that_is_slow_to_start_still_gets_the_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = decode._WORKER
    script = tmp_path / "slow_worker.py"
    script.write_text(
        f"import runpy, time\ntime.sleep(0.5)\nrunpy.run_path({str(worker)!r}, run_name='__main__')"
    )
    monkeypatch.setattr(decode, "_WORKER", script)
    monkeypatch.setattr(limits, "DECODE_WALL_S", 10.0)
    file = write_by_soundfile(make_tone(60.0), 16_000, "WAV")
    assert read_recording(file).duration_s == 60.0


def test_a_child_that_hangs_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = _write_hanging_worker(tmp_path)
    monkeypatch.setattr(decode, "_WORKER", script)
    monkeypatch.setattr(limits, "DECODE_WALL_S", 1.0)
    with pytest.raises(AudioError, match="too long"):
        read_recording(write_by_soundfile(make_tone(), 16_000, "WAV"))
    assert not _is_running(script)


def test_cancelling_kills_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = _write_hanging_worker(tmp_path)
    monkeypatch.setattr(decode, "_WORKER", script)
    cancel = threading.Event()
    pressed: list[float] = []

    def press() -> None:
        pressed.append(time.monotonic())
        cancel.set()

    threading.Timer(0.5, press).start()
    with pytest.raises(Cancelled):
        read_recording(write_by_soundfile(make_tone(), 16_000, "WAV"), cancel=cancel)
    assert time.monotonic() - pressed[0] < 1.0
    assert not _is_running(script)


def _write_hanging_worker(folder: Path) -> Path:
    script = folder / "hanging_worker.py"
    script.write_text("import time\ntime.sleep(60)\n")
    return script


def _is_running(script: Path) -> bool:
    found = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return str(script) in found.stdout


def test_the_worker_limits_its_cpu_time() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import decode_worker as w\n"
        "w.limit_process(w.Job('wav', 'libsndfile', 1, 2**31, 1, 1, 1, (1, 2), (1, 2)))\n"
        "while True: pass"
    )
    folder = str(Path(decode.__file__).parent)
    ended = subprocess.run([sys.executable, "-I", "-c", code, folder], timeout=30, check=False)
    assert ended.returncode < 0


def test_the_worker_imports_nothing_of_mhkd() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import decode_worker\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'mhkd'])"
    )
    folder = str(Path(decode.__file__).parent)
    shown = subprocess.run(
        [sys.executable, "-I", "-c", code, folder], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "[]"
