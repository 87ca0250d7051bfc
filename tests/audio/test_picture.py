"""The picture shows what is in the sound, where it is."""

from __future__ import annotations

import numpy as np
import pytest
import torchaudio

from mhkd.audio.picture import BANDS, FLOOR_DB, MAX_COLUMNS, TOP_HZ, picture_sound
from mhkd.limits import HEARD_RATE_HZ
from tests.audio.making import make_tone, record


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100])
@pytest.mark.parametrize("pitch_hz", [300.0, 1_000.0, 3_000.0])
def test_a_tone_is_loudest_in_its_band(rate_hz: int, pitch_hz: float) -> None:
    picture = picture_sound(record(make_tone(2.0, rate_hz, pitch_hz), rate_hz))
    level = np.array(picture.level_db)
    loudest = level[:, 5:-5].mean(axis=1).argmax()
    nearest = np.abs(np.array(picture.bands_hz) - pitch_hz).argmin()
    assert abs(int(loudest) - int(nearest)) <= 1


@pytest.mark.parametrize("seconds", [0.005, 0.1, 1.0, 5.99, 6.01, 61.3])
def test_shapes_agree(seconds: float) -> None:
    picture = picture_sound(record(make_tone(seconds)))
    columns = len(picture.times_s)
    assert 1 <= columns <= MAX_COLUMNS
    assert np.array(picture.level_db).shape == (BANDS, columns)
    assert len(picture.low) == len(picture.high) == columns
    assert picture.times_s[0] == 0.0
    assert picture.times_s[-1] < max(seconds, 0.01)


def test_levels_are_relative_to_the_loudest_cell() -> None:
    level = np.array(picture_sound(record(make_tone(1.0))).level_db)
    assert level.max() == 0.0
    assert level.min() >= FLOOR_DB
    quiet = np.array(picture_sound(record(make_tone(1.0, level=0.05))).level_db)
    np.testing.assert_allclose(quiet, level, atol=0.2)


@pytest.mark.parametrize("frames", [0, 1, 16_000])
def test_silence_is_at_the_floor(frames: int) -> None:
    picture = picture_sound(record(np.zeros(frames)))
    assert np.array(picture.level_db).max() == FLOOR_DB
    assert set(picture.low) == set(picture.high) == {0.0}


def test_the_second_half_is_drawn_in_the_second_half() -> None:
    samples = make_tone(20.0)
    samples[: len(samples) // 2] = 0.0
    picture = picture_sound(record(samples))
    middle = len(picture.times_s) // 2
    level = np.array(picture.level_db).max(axis=0)
    assert level[: middle - 1].max() == FLOOR_DB
    assert level[middle + 1 : -1].min() > -3.0
    assert max(picture.high[: middle - 1]) == 0.0
    assert min(picture.high[middle + 1 : -1]) == pytest.approx(0.5, abs=1e-3)
    assert max(picture.low[middle + 1 : -1]) == pytest.approx(-0.5, abs=1e-3)


def test_band_centres_are_those_of_torchaudio() -> None:
    weights = torchaudio.functional.melscale_fbanks(8_193, 0.0, TOP_HZ, BANDS, HEARD_RATE_HZ)
    peaks = weights.argmax(dim=0).numpy() * (HEARD_RATE_HZ / 2 / 8_192)
    centres = picture_sound(record(make_tone(0.1))).bands_hz
    np.testing.assert_allclose(centres, peaks, atol=1.0)
