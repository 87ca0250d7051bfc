"""Pitch, tempo and loudness, changed by what was asked for and by nothing else."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mhkd.audio.manner import (
    SEMITONES,
    Manner,
    Ratio,
    change_recording,
    change_tempo,
    shift_pitch,
)
from mhkd.errors import InputError
from mhkd.post import Recording, SpokenWord

RATE_HZ = 16_000
SECONDS = 2.0
HZ = 220.0


def _sine(loudest: float = 0.3) -> np.ndarray:
    times = np.arange(int(SECONDS * RATE_HZ)) / RATE_HZ
    return (loudest * np.sin(2 * np.pi * HZ * times)).astype(np.float32)


def _recording(loudest: float = 0.3) -> Recording:
    words = (SpokenWord("tired", 0.1, 1.2),)
    return Recording(_sine(loudest), RATE_HZ, "recorded", words=words)


def _pitch(samples: np.ndarray) -> float:
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 16 * len(middle)))
    return float(np.fft.rfftfreq(16 * len(middle), 1 / RATE_HZ)[spectrum.argmax()])


def _loudness_db(samples: np.ndarray) -> float:
    return 20 * math.log10(float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))))


@pytest.mark.parametrize("tempo", [0.75, 0.85, 1.15, 1.25])
def test_tempo_scales_the_length_and_keeps_the_pitch(tempo: float) -> None:
    faster = change_tempo(_sine(), tempo)
    assert len(faster) == round(SECONDS * RATE_HZ / tempo)
    assert _pitch(faster) == pytest.approx(HZ, rel=0.02)


@pytest.mark.parametrize("semitones", [n for n in range(-4, 5) if n])
def test_pitch_moves_by_the_ratio_and_keeps_the_length(semitones: int) -> None:
    said = change_recording(_recording(), Manner(semitones=semitones)).recording
    assert said.duration_s == SECONDS
    assert _pitch(said.samples) == pytest.approx(HZ * 2 ** (semitones / 12), rel=0.01)


def test_ratios_miss_a_semitone_by_no_more_than_said() -> None:
    for semitones, ratio in SEMITONES.items():
        cents = 1200 * math.log2(ratio.over / ratio.under)
        assert cents == pytest.approx(100 * semitones, abs=4.5)


def test_pitch_and_tempo_are_changed_together() -> None:
    said = change_recording(_recording(), Manner(semitones=-3, tempo=1.25)).recording
    assert said.duration_s == pytest.approx(SECONDS / 1.25, abs=1e-3)
    assert _pitch(said.samples) == pytest.approx(HZ * 2 ** (-3 / 12), rel=0.01)


def test_a_whole_tone_is_that_of_the_fixed_changes() -> None:
    said = change_recording(_recording(), Manner(semitones=2)).recording
    assert np.array_equal(said.samples, shift_pitch(_sine(), Ratio(9, 8)))


@pytest.mark.parametrize("gain_db", [-12, -3, 6])
def test_loudness_moves_by_db(gain_db: float) -> None:
    said = change_recording(_recording(), Manner(gain_db=gain_db))
    assert said.gain_db == gain_db
    moved = _loudness_db(said.recording.samples) - _loudness_db(_sine())
    assert moved == pytest.approx(gain_db, abs=0.01)


def test_louder_goes_as_far_as_nothing_clips() -> None:
    said = change_recording(_recording(0.5), Manner(gain_db=12))
    assert said.gain_db == pytest.approx(20 * math.log10(2), abs=0.01)
    samples = said.recording.samples
    assert float(np.abs(samples).max()) <= 1
    assert samples == pytest.approx(_sine(1.0), abs=1e-3), "the wave keeps its form"


def test_what_pitch_lifts_over_the_top_is_softened() -> None:
    noise = np.random.default_rng(1).uniform(-1, 1, RATE_HZ).astype(np.float32)
    said = change_recording(Recording(noise, RATE_HZ, "recorded"), Manner(semitones=4))
    assert said.gain_db < 0
    assert float(np.abs(said.recording.samples).max()) <= 1


def test_silence_stays_silent() -> None:
    silence = Recording(np.zeros(RATE_HZ, np.float32), RATE_HZ, "recorded")
    said = change_recording(silence, Manner(1, 0.9, 12))
    assert not said.recording.samples.any() and said.gain_db == 12


def test_nothing_changed_is_the_same_sound() -> None:
    assert Manner().is_neutral and not Manner(tempo=0.95).is_neutral
    whole = _recording()
    said = change_recording(whole, Manner())
    assert np.array_equal(said.recording.samples, whole.samples) and said.gain_db == 0
    assert not said.recording.words and whole.words, "their places would be wrong"


@pytest.mark.parametrize(
    "beyond",
    [
        {"semitones": 5},
        {"semitones": -5},
        {"semitones": 0.5},
        {"tempo": 0.7},
        {"tempo": 1.3},
        {"tempo": math.nan},
        {"gain_db": 12.5},
        {"gain_db": -math.inf},
    ],
)
def test_what_lies_outside_is_refused(beyond: dict[str, float]) -> None:
    with pytest.raises(InputError, match="found"):
        Manner(**beyond)  # type: ignore[arg-type]
