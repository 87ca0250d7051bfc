"""Sounds and files that the audio tests make for themselves."""

from __future__ import annotations

import io
import struct
import tempfile
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import soundfile

from mhkd.post import Recording

Samples = npt.NDArray[np.float32]


def make_tone(
    seconds: float = 1.0, rate_hz: int = 16_000, pitch_hz: float = 440.0, level: float = 0.5
) -> Samples:
    """A sine of shape (samples,)."""
    times = np.arange(int(round(seconds * rate_hz))) / rate_hz
    return (level * np.sin(2 * np.pi * pitch_hz * times)).astype(np.float32)


def record(samples: npt.ArrayLike, rate_hz: int = 16_000, *findings: str) -> Recording:
    """A recording of these samples."""
    return Recording(np.asarray(samples, np.float32), rate_hz, "recorded", findings)


def write_by_soundfile(
    samples: npt.ArrayLike, rate_hz: int, kind: str, subtype: str | None = None
) -> bytes:
    """A file of the given libsndfile format."""
    file = io.BytesIO()
    soundfile.write(file, np.asarray(samples), rate_hz, format=kind, subtype=subtype)
    return file.getvalue()


def write_by_pyav(
    samples: Samples, rate_hz: int, kind: str, codec: str, *, movflags: str = ""
) -> bytes:
    """A mono file of the given FFmpeg container and codec."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound"
        options = {"movflags": movflags} if movflags else {}
        with av.open(str(path), "w", format=kind, options=options) as container:
            stream = container.add_stream(codec, rate=rate_hz, layout="mono")
            wanted = stream.codec_context
            resampler = av.AudioResampler(wanted.format, "mono", rate_hz, wanted.frame_size or 1024)
            frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
            frame.sample_rate = rate_hz
            for ready in [*resampler.resample(frame), *resampler.resample(None)]:
                container.mux(stream.encode(ready))
            container.mux(stream.encode(None))
        return path.read_bytes()


def write_wav(
    body: bytes,
    *,
    tag: int = 1,
    channels: int = 1,
    rate_hz: int = 16_000,
    bits: int = 16,
    data_size: int | None = None,
    riff_size: int | None = None,
    fmt_size: int = 16,
    extra: bytes = b"",
) -> bytes:
    """A WAV with any header, true or not."""
    block = channels * bits // 8 & 0xFFFF
    form = (
        struct.pack("<HHIIHH", tag, channels, rate_hz, rate_hz * block & 0xFFFFFFFF, block, bits)
        + extra
    )
    size = len(body) if data_size is None else data_size
    whole = 4 + 8 + len(form) + 8 + len(body)
    return (
        struct.pack(
            "<4sI4s4sI",
            b"RIFF",
            whole if riff_size is None else riff_size,
            b"WAVE",
            b"fmt ",
            fmt_size + len(extra),
        )
        + form
        + struct.pack("<4sI", b"data", size)
        + body
    )
