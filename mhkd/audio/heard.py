"""What was heard of a recording, whole or with a stretch of it filled."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from mhkd.audio.features import resample
from mhkd.errors import InputError
from mhkd.limits import HEARD_RATE_HZ
from mhkd.post import Recording

Fill = Literal["silence", "noise"]

_FILTER_S: Final = 1.0  # the filter that resamples looks past the end
_NOISE_SEED: Final = 0


def cut_heard(recording: Recording, heard_s: float) -> Recording:
    """The beginning of a recording as the audio teacher hears it, at 16 kHz.

    Args:
        recording: at any rate.
        heard_s: ``Heard.seconds_heard`` of its analysis.

    Raises:
        InputError: nothing of it was heard.
    """
    start = recording.samples[: int((heard_s + _FILTER_S) * recording.rate_hz)]
    samples = resample(replace(recording, samples=start))[: round(heard_s * HEARD_RATE_HZ)]
    if not len(samples):
        raise InputError("Nothing of this sound was heard, so there is nothing to change.")
    return replace(recording, samples=samples, rate_hz=HEARD_RATE_HZ, words=())


def fill_stretch(
    heard: Recording, start_s: float, end_s: float, fill: Fill
) -> npt.NDArray[np.float32]:
    """What was heard, with one stretch filled as the tests of an explanation fill it.

    Args:
        heard: at 16 kHz, whole; the noise is as loud as all of it.
        start_s, end_s: of the stretch.
        fill: zeros, or the noise of ``make_noise`` at these places.
    """
    start, end = round(start_s * heard.rate_hz), round(end_s * heard.rate_hz)
    samples = heard.samples.copy()
    samples[start:end] = 0 if fill == "silence" else make_noise(heard.samples)[start:end]
    return samples


def make_noise(heard: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """White noise as loud as the recording, the same each time, shape (samples,)."""
    level = float(np.sqrt(np.mean(np.square(heard, dtype=np.float64))))
    noise = level * np.random.default_rng(_NOISE_SEED).standard_normal(len(heard))
    return noise.astype(np.float32)
