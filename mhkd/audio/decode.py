"""From the bytes of an upload to a recording, through a limited child process.

Decoders are the widest native surface of this system. So the header is checked
first (``header``), then a child process (``decode_worker``) decodes with limits
on CPU time, wall time, memory and written files; a crash there ends one upload
and nothing else. Sound passes through pipes, never through a temporary file.
"""

from __future__ import annotations

import json
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mhkd import limits
from mhkd.audio.header import (
    CURE,
    Header,
    check_channels,
    check_rate,
    read_header,
    refuse_codec,
)
from mhkd.errors import AudioError, Cancelled
from mhkd.post import Recording

_WORKER: Final = Path(__file__).with_name("decode_worker.py")
_POLL_S: Final = 0.1
_SLOTS: Final = threading.BoundedSemaphore(limits.DECODED_AT_ONCE)
_KEPT_ENVIRONMENT: Final = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
_CODEC_NAME: Final = re.compile(r"[A-Za-z0-9_]{1,32}")

_FAULTS: Final = {
    "unreadable": "The file begins like a recording, but no sound can be read from it: it is "
    "damaged or cut. Copy or export it again, as WAV, MP3 or M4A.",
    "no_sound_track": "The file has no sound track. Choose one with sound, or go on without a "
    "recording.",
    "empty": "The file holds no sound at all (0 samples). Record it again and check that it plays.",
    "changing": "The sample rate changes within the recording. " + CURE,
    "not_finite": "The recording holds values that are no sound (infinite or not a number). "
    "Export it again as 16-bit WAV.",
    "too_loud": f"The recording holds values beyond {limits.MAX_ABS_SAMPLE:.0f} times full scale. "
    "Export it again as 16-bit WAV.",
    "too_long": f"The recording is longer than {limits.MAX_AUDIO_S / 60:.0f} minutes, the most "
    "that is accepted. Cut it to the part that belongs to the post.",
    "too_many": f"The recording holds more than {limits.MAX_SAMPLES / 1e6:.1f} million samples, "
    "which is ten minutes at 48 kHz. Export it at 48 kHz or less; speech needs no more.",
    "memory": "Decoding this recording needs more memory than is allowed. " + CURE,
    "time": "Decoding this recording took too long and was stopped. " + CURE,
    "crashed": "The decoder broke down on this file, which is perhaps damaged. " + CURE,
}


@dataclass(frozen=True, eq=False)
class _Decoded:
    samples: npt.NDArray[np.float32]  # (samples,)
    rate_hz: int
    broken: bool
    declared_s: float | None


def read_recording(data: bytes, *, cancel: threading.Event | None = None) -> Recording:
    """Decodes an upload to mono, the mean of its channels.

    Args:
        data: the whole file. Its content decides what it is.
        cancel: when set, decoding stops within a second.

    Returns:
        A recording of origin ``recorded`` at the file's own sample rate, with
        samples clipped to [-1, 1]. Where part of the sound is missing or
        damaged, ``findings`` holds ``incomplete``.

    Raises:
        AudioError: the file is refused, or no sound can be read from it.
        Cancelled: ``cancel`` was set.
    """
    if not data:
        raise AudioError(
            "The file is empty (0 bytes): the recording or the upload was broken off. "
            "Record it or upload it again."
        )
    if len(data) > limits.MAX_UPLOAD_BYTES:
        raise AudioError(
            f"The file has {len(data) / 2**20:,.1f} MB; at most "
            f"{limits.MAX_UPLOAD_BYTES / 2**20:,.0f} MB are accepted. "
            "Save it as MP3 or M4A, or cut it to the part that belongs to the post."
        )
    header = read_header(data)
    decoded = _decode(_mend_size(data, header), header, cancel)
    findings = ("incomplete",) if _is_incomplete(header, decoded) else ()
    return Recording(decoded.samples, decoded.rate_hz, "recorded", findings)


def _mend_size(data: bytes, header: Header) -> bytes:
    """A streamed WAV with the size of its sound filled in, as its writer left it 0."""
    if header.size_field is None:
        return data
    size = struct.pack("<I", len(data) - header.size_field - 4)
    return data[: header.size_field] + size + data[header.size_field + 4 :]


def _is_incomplete(header: Header, decoded: _Decoded) -> bool:
    declared_s = header.declared_s if header.declared_s is not None else decoded.declared_s
    if declared_s is None:
        return header.cut or decoded.broken
    lost_s = declared_s - len(decoded.samples) / decoded.rate_hz
    # A fault in the last few milliseconds takes nothing from what was said.
    broken = decoded.broken and header.decoder == "pyav"
    return header.cut or broken or lost_s > limits.MAX_LOST_S


def _decode(data: bytes, header: Header, cancel: threading.Event | None) -> _Decoded:
    with _decoding(cancel):
        answer = _run_worker(data, header, cancel)
    head, _, _ = answer[:4096].partition(b"\n")
    try:
        fields: dict[str, Any] = json.loads(head)
    except ValueError as fault:
        raise AudioError(_FAULTS["crashed"]) from fault
    if "fault" in fields:
        raise _explain_fault(str(fields["fault"]), str(fields["found"]))
    samples = np.frombuffer(answer, "<f4", offset=len(head) + 1).astype(np.float32)
    if len(samples) != fields["frames"] or not np.isfinite(samples).all():
        raise AudioError(_FAULTS["crashed"])
    return _Decoded(samples, fields["rate_hz"], fields["broken"], fields["declared_s"])


@contextmanager
def _decoding(cancel: threading.Event | None) -> Iterator[None]:
    """Waits until few enough recordings are being decoded, whoever gave them."""
    while not _SLOTS.acquire(timeout=_POLL_S):
        if cancel is not None and cancel.is_set():
            raise Cancelled
    try:
        yield
    finally:
        _SLOTS.release()


def _run_worker(data: bytes, header: Header, cancel: threading.Event | None) -> bytes:
    command = [sys.executable, "-I", "-B", str(_WORKER), _write_job(header)]
    environment = {key: os.environ[key] for key in _KEPT_ENVIRONMENT if key in os.environ}
    environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    deadline = time.monotonic() + limits.DECODE_WALL_S
    # Talking to the child on a thread of its own leaves this one free to cancel it.
    with (
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        ) as process,
        ThreadPoolExecutor(1) as pool,
    ):
        try:
            answer = _await(pool.submit(process.communicate, data), deadline, cancel)[0]
        finally:
            process.kill()
    _check_ending(process.returncode)
    return answer


def _check_ending(returncode: int) -> None:
    if returncode != 0:
        overran = returncode == -signal.SIGXCPU if hasattr(signal, "SIGXCPU") else False
        raise AudioError(_FAULTS["time" if overran else "crashed"])


def _await(
    talk: Future[tuple[bytes, bytes]], deadline: float, cancel: threading.Event | None
) -> tuple[bytes, bytes]:
    while True:
        if cancel is not None and cancel.is_set():
            raise Cancelled
        if time.monotonic() > deadline:
            raise AudioError(_FAULTS["time"])
        try:
            return talk.result(timeout=_POLL_S)
        except TimeoutError:
            continue


def _write_job(header: Header) -> str:
    return json.dumps(
        {
            "container": header.container,
            "decoder": header.decoder,
            "cpu_s": limits.DECODE_CPU_S,
            "memory_bytes": limits.DECODE_MEMORY_BYTES,
            "max_s": limits.MAX_AUDIO_S,
            "max_samples": limits.MAX_SAMPLES,
            "max_abs": limits.MAX_ABS_SAMPLE,
            "rates_hz": (limits.MIN_RATE_HZ, limits.MAX_RATE_HZ),
            "channels": (limits.MIN_CHANNELS, limits.MAX_CHANNELS),
        }
    )


def _explain_fault(fault: str, found: str) -> AudioError:
    if fault == "codec":
        known = _CODEC_NAME.fullmatch(found)
        return refuse_codec(found if known else "a codec that is not known here")
    if fault in ("rate", "channels") and found.lstrip("-").isdigit():
        try:
            (check_rate if fault == "rate" else check_channels)(int(found))
        except AudioError as refusal:
            return refusal
    return AudioError(_FAULTS.get(fault, _FAULTS["crashed"]))
