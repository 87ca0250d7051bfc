"""What was heard of a recording, and with a stretch of it filled."""

from __future__ import annotations

import numpy as np
import pytest

from mhkd.audio.heard import cut_heard, fill_stretch
from mhkd.errors import InputError
from mhkd.post import Recording, SpokenWord
from tests.tiny import tone

RATE_HZ = 16_000
HEARD = Recording(np.linspace(-1, 1, 3 * RATE_HZ, dtype=np.float32), RATE_HZ, "recorded")


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 48_000])
def test_what_was_heard_is_the_beginning_at_16_khz(rate_hz: int) -> None:
    sound = tone(3.0, rate_hz=rate_hz)
    heard = cut_heard(sound, 2.0)
    assert (heard.rate_hz, len(heard.samples)) == (RATE_HZ, 2 * RATE_HZ)
    whole = cut_heard(sound, 3.0).samples
    assert np.array_equal(heard.samples, whole[: 2 * RATE_HZ]), "no edge is heard at its end"


def test_words_and_sound_belong_together() -> None:
    sound = Recording(HEARD.samples, RATE_HZ, "synthesised", words=(SpokenWord("a", 0.0, 2.9),))
    heard = cut_heard(sound, 1.0)
    assert heard.origin == "synthesised" and not heard.words
    with pytest.raises(InputError, match="Nothing"):
        cut_heard(sound, 0.0)


def test_silence_stands_in_one_stretch_alone() -> None:
    rest = fill_stretch(HEARD, 0.5, 1.25, "silence")
    assert not rest[8_000:20_000].any()
    assert np.array_equal(rest[:8_000], HEARD.samples[:8_000])
    assert np.array_equal(rest[20_000:], HEARD.samples[20_000:])
    assert HEARD.samples[10_000] != 0, "the recording itself stays as it is"


def test_noise_is_the_same_each_time_and_as_loud_as_the_whole() -> None:
    rest = fill_stretch(HEARD, 0.5, 1.25, "noise")
    assert np.array_equal(rest, fill_stretch(HEARD, 0.5, 1.25, "noise"))
    noise, whole = rest[8_000:20_000], HEARD.samples
    assert float(noise.std()) == pytest.approx(float(np.sqrt(np.mean(whole**2))), rel=0.03)
    assert np.array_equal(rest[20_000:], whole[20_000:])
