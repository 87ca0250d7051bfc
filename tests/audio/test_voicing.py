"""How much is voice, and how clearly it stands out of noise that was added by a known amount."""

from __future__ import annotations

import numpy as np
import pytest

from mhkd.audio.voicing import measure_voicing
from tests.audio.making import make_tone, record

_RATE_HZ = 16_000


def _voice(seconds: float) -> np.ndarray:
    times = np.arange(int(seconds * _RATE_HZ)) / _RATE_HZ
    return 0.1 * sum(np.sin(2 * np.pi * 140 * k * times) / k for k in range(1, 12))


def _add_noise(samples: np.ndarray, snr_db: float) -> np.ndarray:
    noise = np.random.default_rng(1).standard_normal(len(samples))
    return samples + noise * samples.std() * 10 ** (-snr_db / 20)


@pytest.mark.parametrize("snr_db", [15.0, 10.0, 5.0, 0.0])
def test_clearness_follows_the_signal_to_noise_ratio(snr_db: float) -> None:
    found = measure_voicing(record(_add_noise(_voice(4), snr_db), _RATE_HZ))
    assert found.clearness_db == pytest.approx(snr_db, abs=2.0)


def test_noise_has_no_voice() -> None:
    noise = 0.1 * np.random.default_rng(2).standard_normal(4 * _RATE_HZ)
    found = measure_voicing(record(noise, _RATE_HZ))
    assert found.voiced_s == 0 and found.clearness_db == -np.inf


def test_voice_and_pause_are_measured_in_seconds() -> None:
    sound = np.concatenate((_voice(1.5), np.zeros(int(4.5 * _RATE_HZ))))
    found = measure_voicing(record(sound, _RATE_HZ))
    assert found.voiced_s == pytest.approx(1.5, abs=0.1)
    assert found.sounding_share == pytest.approx(0.25, abs=0.02)
    assert found.measured_s == pytest.approx(6.0)


@pytest.mark.parametrize("frames", [0, 10, 700])
def test_almost_nothing_is_measured_as_nothing(frames: int) -> None:
    found = measure_voicing(record(make_tone()[:frames]))
    assert found.voiced_s <= 0.02
