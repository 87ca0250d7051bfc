"""Sound → what a browser plays. Pure."""

from __future__ import annotations

import io
import wave

import numpy as np
import numpy.typing as npt

from mhkd.analysis import SegmentScore
from mhkd.post import Recording


def as_wav(samples: npt.NDArray[np.float32], rate_hz: int) -> bytes:
    """Samples in [-1, 1] as a 16-bit mono WAV file."""
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return stream.getvalue()


def cut_out(recording: Recording, part: SegmentScore) -> npt.NDArray[np.float32]:
    """The samples of one stretch."""
    rate = recording.rate_hz
    return recording.samples[round(part.start_s * rate) : round(part.end_s * rate)]
