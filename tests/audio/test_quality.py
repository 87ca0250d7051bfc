"""Faults of a recording are named, and only real ones."""

from __future__ import annotations

import numpy as np
import pytest

from mhkd import limits
from mhkd.audio.quality import is_audible, judge_recording
from mhkd.post import Recording
from tests.audio.making import make_tone, record

_NOISE = np.random.default_rng(2)


def _codes(recording: Recording) -> list[str]:
    return [finding.code for finding in judge_recording(recording)]


@pytest.mark.parametrize(
    "silent",
    [
        np.zeros(48_000),
        np.full(48_000, 1.0),
        np.full(48_000, -0.3),
        _NOISE.normal(0, 1e-4, 48_000),
    ],
    ids=["zeros", "full scale", "offset", "dither"],
)
def test_silence_and_constants_are_no_speech(silent: np.ndarray) -> None:
    recording = record(silent)
    assert _codes(recording) == ["no_speech"]
    assert not is_audible(judge_recording(recording))


@pytest.mark.parametrize("level", [0.01, 0.1, 0.9])
def test_quiet_and_loud_sound_is_audible(level: float) -> None:
    recording = record(make_tone(2.0, level=level))
    assert _codes(recording) == []
    assert is_audible(judge_recording(recording))


def test_an_offset_does_not_hide_sound() -> None:
    assert _codes(record(make_tone(2.0, level=0.1) + 0.5)) == []


def test_a_click_in_silence_is_no_voice() -> None:
    samples = np.zeros(16_000)
    samples[8_000:8_100] = make_tone()[:100]
    assert _codes(record(samples)) == ["no_voice"]
    assert not is_audible(judge_recording(record(samples)))


@pytest.mark.parametrize(
    ("snr_db", "codes", "audible"), [(15, [], True), (4, ["noisy"], True), (-1, ["noisy"], False)]
)
def test_noise_is_told_and_then_leaves_the_teacher_out(
    snr_db: float, codes: list[str], audible: bool
) -> None:
    tone = make_tone(3.0, pitch_hz=150.0)
    noise = np.random.default_rng(4).normal(0, 10 ** (-snr_db / 20), len(tone)) * tone.std()
    recording = record(0.2 * (tone + noise))
    assert _codes(recording) == codes
    assert is_audible(judge_recording(recording)) == audible


def test_noise_alone_is_no_voice() -> None:
    assert _codes(record(0.1 * _NOISE.standard_normal(32_000))) == ["no_voice"]


def test_mostly_pause_is_told_with_its_share() -> None:
    recording = record(np.concatenate((make_tone(1.5), np.zeros(16_000 * 15))))
    findings = judge_recording(recording)
    assert [finding.code for finding in findings] == ["mostly_pause"]
    assert "9%" in findings[0].message
    assert is_audible(findings)


@pytest.mark.parametrize("frames", [0, 1, 160])
def test_less_than_the_shortest_sound_is_too_short(frames: int) -> None:
    recording = record(make_tone()[:frames])
    assert _codes(recording) == ["too_short"]
    assert not is_audible(judge_recording(recording))


def test_a_spoken_digit_is_long_enough() -> None:
    digit = record(make_tone(max(0.25, limits.MIN_AUDIO_S), 8_000), 8_000)
    assert _codes(digit) == ["little_speech"]
    assert is_audible(judge_recording(digit))


def test_clipping_is_told_from_loudness() -> None:
    loud = make_tone(2.0, level=1.0)
    assert _codes(record(loud / np.abs(loud).max() * 0.985)) == []
    assert _codes(record(np.clip(loud * 3, -1, 1))) == ["clipped"]
    assert is_audible(judge_recording(record(np.clip(loud * 3, -1, 1))))


def test_what_decoding_found_is_passed_on() -> None:
    assert _codes(record(make_tone(2.0), 16_000, "incomplete")) == ["incomplete"]
    assert _codes(record(np.zeros(16_000), 16_000, "incomplete")) == ["no_speech", "incomplete"]
    assert not is_audible(judge_recording(record(make_tone(2.0), 16_000, "incomplete")))
