"""Sound as the audio teacher hears it: 16 kHz mono, windows of 10 s, log-mel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mhkd.limits import HEARD_RATE_HZ
from mhkd.post import Recording


def resample(recording: Recording, rate_hz: int = HEARD_RATE_HZ) -> npt.NDArray[np.float32]:
    """The samples at ``rate_hz``, shape (samples,). Sinc interpolation by torchaudio."""
    if recording.rate_hz == rate_hz:
        return recording.samples
    import torch
    import torchaudio

    sound = torch.from_numpy(np.ascontiguousarray(recording.samples))
    heard: npt.NDArray[np.float32] = torchaudio.functional.resample(
        sound, recording.rate_hz, rate_hz
    ).numpy()
    return heard
