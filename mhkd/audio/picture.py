"""A recording as it can be drawn: log-mel bands over time, and its waveform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from mhkd.analysis import SoundPicture
from mhkd.audio.features import resample
from mhkd.limits import HEARD_RATE_HZ
from mhkd.post import Recording

if TYPE_CHECKING:
    import torch

MAX_COLUMNS: Final = 600
BANDS: Final = 64
TOP_HZ: Final = 8_000.0
FLOOR_DB: Final = -80.0
_HOP: Final = 160  # 10 ms at 16 kHz
_WINDOW: Final = 400  # 25 ms
_FFT: Final = 1024  # bins narrower than the lowest mel band, so that none is empty
_BLOCK_COLUMNS: Final = 60


def picture_sound(recording: Recording) -> SoundPicture:
    """Draws a recording in at most 600 columns.

    Levels are dB relative to the loudest cell, down to -80; a column is the mean
    power of its 10 ms frames. A silent recording is -80 everywhere.
    """
    sound = resample(recording)
    frames = max(-(-len(sound) // _HOP), 1)
    frames_each = -(-frames // MAX_COLUMNS)
    columns = -(-frames // frames_each)
    power = _measure_power(sound, columns, frames_each)
    step_s = frames_each * _HOP / HEARD_RATE_HZ
    edges = np.arange(columns) * step_s
    starts = np.minimum(
        np.round(edges * recording.rate_hz).astype(int), max(len(recording.samples) - 1, 0)
    )
    samples = recording.samples if len(recording.samples) else np.zeros(1, np.float32)
    return SoundPicture(
        times_s=tuple(edges.tolist()),
        bands_hz=tuple(_centre_bands().tolist()),
        level_db=tuple(tuple(row) for row in _relate_to_loudest(power).tolist()),
        low=tuple(np.minimum.reduceat(samples, starts).tolist()),
        high=tuple(np.maximum.reduceat(samples, starts).tolist()),
    )


def _measure_power(
    sound: npt.NDArray[np.float32], columns: int, frames_each: int
) -> npt.NDArray[np.float64]:
    """Mean mel power, shape (bands, columns), worked out block by block to bound memory."""
    import torch

    mel = _open_mel()
    padded = np.zeros(columns * frames_each * _HOP + _FFT, np.float32)
    padded[_FFT // 2 : _FFT // 2 + len(sound)] = sound  # frames are centred on their edge
    power = np.zeros((BANDS, columns))
    for start in range(0, columns, _BLOCK_COLUMNS):
        count = min(_BLOCK_COLUMNS, columns - start)
        first = start * frames_each * _HOP
        last = first + (count * frames_each - 1) * _HOP + _FFT
        with torch.no_grad():
            block = mel(torch.from_numpy(padded[first:last])).numpy()  # (bands, frames)
        power[:, start : start + count] = block.reshape(BANDS, count, frames_each).mean(axis=2)
    return power


def _open_mel() -> torch.nn.Module:
    import torchaudio

    transform: torch.nn.Module = torchaudio.transforms.MelSpectrogram(
        sample_rate=HEARD_RATE_HZ,
        n_fft=_FFT,
        win_length=_WINDOW,
        hop_length=_HOP,
        f_max=TOP_HZ,
        n_mels=BANDS,
        center=False,
    )
    return transform


def _relate_to_loudest(power: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    loudest = power.max()
    if loudest <= 0.0:
        return np.full(power.shape, FLOOR_DB)
    floor = 10.0 ** (FLOOR_DB / 10.0)
    level: npt.NDArray[np.float64] = 10.0 * np.log10(np.maximum(power / loudest, floor))
    return np.round(level, 1)


def _centre_bands() -> npt.NDArray[np.float64]:
    """Centres of the mel bands in Hz (HTK mel scale, as torchaudio uses it)."""
    top = 2595.0 * np.log10(1.0 + TOP_HZ / 700.0)
    mels = np.linspace(0.0, top, BANDS + 2)[1:-1]
    centres: npt.NDArray[np.float64] = 700.0 * (10.0 ** (mels / 2595.0) - 1.0)
    return centres
