"""How much of a sound is voice, and how clearly the voice stands out of its noise.

Source of the measure: Boersma, Accurate short-term analysis of the fundamental frequency and
the harmonics-to-noise ratio of a sampled sound, IFA Proceedings 17, 1993, equations 8 to 10.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mhkd import limits
from mhkd.post import Recording

_FRAME_S: Final = 0.04  # three periods of the lowest pitch
_STEP_S: Final = 0.02
_LOWEST_HZ: Final = 75.0
_HIGHEST_HZ: Final = 500.0
_QUIET_DB: Final = 30.0  # below the loudest frame; what is quieter is pause
_VOICED: Final = 0.45  # share of a frame's power that repeats with a pitch; Praat's own limit
_CLEAREST: Final = 0.2  # share of the voiced frames that are vowels at their clearest

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Voicing:
    """What is voice in a recording.

    Attributes:
        measured_s: seconds looked at, from the beginning.
        sounding_share: share of the frames that are not pause, within 30 dB of the loudest.
        voiced_s: seconds of frames that are not pause and have a pitch of 75 to 500 Hz.
        clearness_db: harmonics-to-noise ratio of the clearest fifth of the voiced frames; it
            falls with the signal-to-noise ratio. Minus infinity where nothing is voiced.
    """

    measured_s: float
    sounding_share: float
    voiced_s: float
    clearness_db: float


def measure_voicing(recording: Recording) -> Voicing:
    """Looks for a pitch in the first ``limits.JUDGED_S`` seconds."""
    samples = recording.samples[: int(limits.JUDGED_S * recording.rate_hz)].astype(np.float64)
    seconds = len(samples) / recording.rate_hz
    frames = _cut(samples, recording.rate_hz)
    if not len(frames):
        return Voicing(seconds, 0.0, 0.0, -np.inf)
    power = frames.var(axis=1)
    level_db = 10 * np.log10(np.maximum(power, 1e-20))
    sounding = level_db > level_db.max() - _QUIET_DB
    periodic = _measure_periodicity(frames[sounding], recording.rate_hz)
    voiced = periodic[periodic > _VOICED]
    if not len(voiced):
        return Voicing(seconds, float(sounding.mean()), 0.0, -np.inf)
    clearest = min(float(np.quantile(voiced, 1 - _CLEAREST)), 1 - 1e-6)
    return Voicing(
        seconds,
        float(sounding.mean()),
        len(voiced) * _STEP_S,
        float(10 * np.log10(clearest / (1 - clearest))),
    )


def _cut(samples: Values, rate_hz: int) -> Values:
    """Overlapping frames, shape (frames, samples), each freed of its mean."""
    size, step = int(_FRAME_S * rate_hz), int(_STEP_S * rate_hz)
    if len(samples) < size:
        return np.zeros((0, size))
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[::step]
    freed: Values = frames - frames.mean(axis=1, keepdims=True)
    return freed


def _measure_periodicity(frames: Values, rate_hz: int) -> Values:
    """Share of each frame's power that repeats with a pitch, shape (frames,), 0 to 1."""
    size = frames.shape[1]
    window = np.hanning(size)
    length = 1 << int(np.ceil(np.log2(2 * size)))
    shape = _correlate(window[None], length)[0]
    first, last = int(rate_hz / _HIGHEST_HZ), int(rate_hz / _LOWEST_HZ)
    found = []
    for start in range(0, len(frames), 512):
        correlated = _correlate(frames[start : start + 512] * window, length)
        whole = np.maximum(correlated[:, :1], 1e-20)
        lags = correlated[:, first : last + 1] / whole
        found.append((lags / (shape[first : last + 1] / shape[0])).max(axis=1))
    return np.clip(np.concatenate(found), 0.0, 1.0) if found else np.zeros(0)


def _correlate(frames: Values, length: int) -> Values:
    spectrum = np.fft.rfft(frames, length)
    return np.fft.irfft(np.abs(spectrum) ** 2, length)
