"""Measures of a voice against sounds whose pitch, level, pauses and cycles are known."""

from __future__ import annotations

import numpy as np
import pytest

from mhkd.audio.voice import is_installed, measure_voice
from mhkd.post import Recording
from tests.audio.making import record

pytestmark = pytest.mark.skipif(
    not is_installed(), reason="praat-parselmouth is not installed: pip install -e '.[voice]'"
)
_RATE_HZ = 16_000


def make_voice(
    pitch_hz: np.ndarray, *, level: float = 0.1, jitter: float = 0.0, noise: float = 0.0
) -> np.ndarray:
    """Pulses through two formants, one for each cycle; ``pitch_hz`` of shape (samples,)."""
    generator = np.random.default_rng(3)
    phase = np.cumsum(pitch_hz) / _RATE_HZ
    places = np.flatnonzero(np.diff(np.floor(phase)) > 0).astype(float)
    periods = np.diff(places)
    places[1:] += jitter * periods * generator.choice((-1, 1), len(periods))
    times = np.arange(int(0.02 * _RATE_HZ)) / _RATE_HZ
    ring = sum(np.exp(-times * 300) * np.sin(2 * np.pi * f * times) for f in (600.0, 1400.0))
    samples = np.zeros(len(pitch_hz) + len(ring))
    for place in places:
        start = round(place)
        samples[start : start + len(ring)] += ring
    samples = samples[: len(pitch_hz)]
    samples *= level / np.sqrt(np.mean(samples**2))
    return samples + noise * generator.standard_normal(len(samples))


def _measure(samples: np.ndarray) -> dict[str, object]:
    found = measure_voice(record(samples, _RATE_HZ))
    assert found is not None
    return dict(found.measures)


def _steady(seconds: float, pitch_hz: float) -> np.ndarray:
    return np.full(int(seconds * _RATE_HZ), pitch_hz)


@pytest.mark.parametrize("pitch_hz", [90.0, 140.0, 220.0])
def test_pitch_of_a_held_vowel(pitch_hz: float) -> None:
    found = _measure(make_voice(_steady(4, pitch_hz)))
    assert found["f0_mean"].value == pytest.approx(pitch_hz, rel=0.01)
    assert found["f0_range"].value == pytest.approx(0, abs=0.2)
    assert {found[name].quality for name in ("f0_mean", "jitter", "shimmer", "hnr")} == {"good"}


def test_range_of_a_gliding_pitch() -> None:
    found = _measure(make_voice(np.linspace(100, 200, 4 * _RATE_HZ)))
    assert found["f0_low"].value == pytest.approx(105, rel=0.03)
    assert found["f0_high"].value == pytest.approx(195, rel=0.03)
    assert found["f0_range"].value == pytest.approx(12 * np.log2(195 / 105), rel=0.05)


@pytest.mark.parametrize("level", [0.02, 0.2])
def test_intensity_is_the_level_of_what_sounds(level: float) -> None:
    sound = make_voice(_steady(3, 120), level=level)
    silence = np.zeros(3 * _RATE_HZ)
    found = _measure(np.concatenate((sound, silence)))
    assert found["intensity"].value == pytest.approx(20 * np.log10(level), abs=1.0)
    assert found["intensity"].unit == "dB of full scale"


def test_jitter_and_noise_are_seen() -> None:
    steady, shaky, noisy = (
        _measure(make_voice(_steady(4, 125), **options))  # cycles of a whole number of samples
        for options in ({}, {"jitter": 0.01}, {"noise": 0.02})
    )
    assert steady["jitter"].value < 0.3 < shaky["jitter"].value < 5
    assert noisy["hnr"].value < steady["hnr"].value - 3


def test_pauses_and_syllables_are_counted() -> None:
    syllable = make_voice(_steady(0.15, 130))
    syllable = syllable * np.hanning(len(syllable))
    phrase = np.concatenate([np.concatenate((syllable, np.zeros(800))) for _ in range(10)])
    pause = np.zeros(_RATE_HZ)
    found = _measure(np.concatenate((phrase, pause, phrase, pause)))
    assert found["pause_share"].value == pytest.approx(100 * 2 / 6, abs=4)
    assert found["speech_share"].value + found["pause_share"].value == pytest.approx(100)
    assert found["articulation_rate"].value == pytest.approx(5, rel=0.15)


def test_what_cannot_be_measured_says_why() -> None:
    generator = np.random.default_rng(0)
    found = _measure(0.1 * generator.standard_normal(3 * _RATE_HZ))
    for name in ("f0_mean", "jitter", "hnr"):
        assert found[name].value is None
        assert found[name].quality == "unusable" and found[name].reason
    noisy = _measure(make_voice(_steady(4, 120), noise=0.05))
    assert noisy["jitter"].quality == "uncertain" and "noise" in noisy["jitter"].reason


def test_a_synthesised_or_very_short_sound_is_not_measured() -> None:
    sound = make_voice(_steady(2, 120)).astype(np.float32)
    assert measure_voice(Recording(sound, _RATE_HZ, "synthesised")) is None
    assert measure_voice(Recording(sound[:2000], _RATE_HZ, "recorded")) is None
