"""What can be played: the sound, and its strongest stretch."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from app.played import as_wav, cut_out
from mhkd.analysis import SegmentScore
from mhkd.post import Recording

RATE = 8_000
SOUND = Recording(np.linspace(-1, 1, 3 * RATE, dtype=np.float32), RATE, "recorded")
PART = SegmentScore(0.5, 1.25, -0.4)


def test_a_stretch_is_cut_out_whole() -> None:
    assert np.array_equal(cut_out(SOUND, PART), SOUND.samples[4_000:10_000])


def test_the_file_that_is_played_holds_the_samples() -> None:
    samples, rate = soundfile.read(io.BytesIO(as_wav(SOUND.samples, RATE)), dtype="float32")
    assert rate == RATE
    assert np.abs(samples - SOUND.samples).max() < 1e-4
