"""What stands beside an explanation of sound."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from mhkd.analysis import SoundGradients
from mhkd.audio.heard import cut_heard, fill_stretch
from mhkd.errors import Cancelled
from mhkd.explain.sound import explain_sound, try_sound_order
from mhkd.explain.sound_checks import BANDS, check_sound, remove_band, say_otherwise
from mhkd.explain.sound_gradients import integrate_sound
from mhkd.models.members import Members
from mhkd.post import SpokenWord
from tests.tiny import LABELS, tone
from tests.unchanged import fingerprint

RATE_HZ = 16_000


def _sine(hz: float, seconds: float = 2.0) -> np.ndarray:
    times = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return (0.3 * np.sin(2 * np.pi * hz * times)).astype(np.float32)


def _pitch(samples: np.ndarray) -> float:
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    return float(np.fft.rfftfreq(len(middle), 1 / RATE_HZ)[spectrum.argmax()])


def test_checks_of_a_recording(members: Members) -> None:
    samples = tone(3.0).samples
    found = explain_sound(members.audio, samples, LABELS, "suicide")
    before = fingerprint(members.audio.model)
    checked = check_sound(members.audio, samples, LABELS, found)
    assert fingerprint(members.audio.model) == before
    checks = checked.checks
    assert checks is not None and checked.segments == found.segments
    assert [(p.start_s, p.end_s) for p in checks.noise] == [
        (p.start_s, p.end_s) for p in found.segments
    ]
    assert [band.band for band in checks.bands] == [band[0] for band in BANDS]
    assert 0 < checks.probability < 1
    assert len(checks.changes) == 6
    for part in checks.changes:
        assert (part.logit_change > 0) == (part.probability > checks.probability)
    assert check_sound(members.audio, samples, LABELS, found) == checked


def test_the_order_of_silence_is_tried_with_noise(members: Members) -> None:
    samples = tone(4.0).samples
    found = explain_sound(members.audio, samples, LABELS, "suicide")
    checks = check_sound(members.audio, samples, LABELS, found).checks
    assert checks is not None and checks.trust is not None and checks.gradients is not None
    assert checks.trust.second_comprehensiveness is None, "noise would be tried with itself"
    assert checks.gradients.comprehensiveness is not None
    strongest = max(found.segments, key=lambda part: part.score)  # 1, 5 and 10 % of 8 parts
    place = found.segments.index(strongest)
    turned = replace(found, segments=tuple(replace(p, score=-p.score) for p in found.segments))
    test = try_sound_order(members.audio, samples, LABELS, found)
    other = try_sound_order(members.audio, samples, LABELS, turned)
    assert test is not None and other is not None
    assert test.comprehensiveness == checks.trust.comprehensiveness != other.comprehensiveness
    assert checks.noise[place].score != strongest.score


def test_gradients_that_tell_another_order_are_a_doubt(
    members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = tone(4.0).samples
    found = explain_sound(members.audio, samples, LABELS, "suicide")
    for correlation, doubted in ((-0.2, True), (1.0, False)):

        def integrate(*_: object, told: float = correlation, **__: object) -> SoundGradients:
            return SoundGradients("g", "b", found.segments, 0.0, told, 0.01, True, 9)

        monkeypatch.setattr("mhkd.explain.sound_checks.integrate_sound", integrate)
        checks = check_sound(members.audio, samples, LABELS, found).checks
        assert checks is not None and checks.trust is not None
        assert ("gradients_differ" in checks.trust.reasons) is doubted


def test_noise_fills_the_same_spoken_words(members: Members) -> None:
    samples = tone(3.0).samples
    words = (SpokenWord("so", 0.1, 0.9), SpokenWord("tired", 1.1, 2.6))
    found = explain_sound(members.audio, samples, LABELS, "suicide", words=words)
    checks = check_sound(members.audio, samples, LABELS, found).checks
    assert checks is not None
    assert [(p.text, p.start_s, p.end_s) for p in checks.noise] == [
        (p.text, p.start_s, p.end_s) for p in found.segments
    ]


def test_what_is_played_with_noise_is_what_was_tried(members: Members) -> None:
    sound = tone(3.0)
    found = explain_sound(members.audio, sound.samples, LABELS, "suicide")
    checks = check_sound(members.audio, sound.samples, LABELS, found).checks
    assert checks is not None
    for filled, fill in ((found.segments, "silence"), (checks.noise, "noise")):
        part = filled[2]
        played = fill_stretch(cut_heard(sound, 3.0), part.start_s, part.end_s, fill)
        without = explain_sound(members.audio, played, LABELS, "suicide").output
        assert found.output - without == pytest.approx(part.score, abs=1e-5)


def test_gradients_add_up_over_stretches_and_padding(members: Members) -> None:
    samples = tone(3.0).samples
    found = explain_sound(members.audio, samples, LABELS, "suicide")
    before = fingerprint(members.audio.model)
    got = integrate_sound(members.audio, samples, LABELS, found)
    assert fingerprint(members.audio.model) == before
    assert [(p.start_s, p.end_s) for p in got.segments] == [
        (p.start_s, p.end_s) for p in found.segments
    ]
    assert got.converged and got.relative_gap < 0.05 and got.steps <= 33
    assert 0 <= got.padding_share < 1
    assert got.rank_correlation is not None and -1 <= got.rank_correlation <= 1
    silence = np.zeros_like(samples)
    change = found.output - explain_sound(members.audio, silence, LABELS, "suicide").output
    size = sum(abs(part.score) for part in got.segments) / (1 - got.padding_share)
    missing = abs(sum(part.score for part in got.segments) - change)
    assert missing <= got.padding_share * size + 0.06 * max(abs(change), 0.1)
    turned = integrate_sound(members.audio, samples, LABELS, replace(found, target="depression"))
    for one, other in zip(got.segments, turned.segments, strict=True):
        assert one.score == pytest.approx(-other.score, rel=1e-3, abs=1e-5)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        integrate_sound(members.audio, samples, LABELS, found, cancel=cancel)


def test_bands_cover_all_and_take_out_their_own() -> None:
    for (_, _, end), (_, start, _) in zip(BANDS, BANDS[1:], strict=False):
        assert end == start
    low, high = _sine(150), _sine(2_000)
    left = remove_band(low + high, 0, 300)
    assert left == pytest.approx(high, abs=0.02)
    whole = low + high
    for _, start, end in BANDS:
        whole = remove_band(whole, start, end)
    assert np.abs(whole).max() < 1e-3


def test_pitch_keeps_the_length_and_loudness_both() -> None:
    said = {part.change: part.samples for part in say_otherwise(_sine(220))}
    assert len(said) == 6
    higher = said["pitch up a whole tone"]
    assert len(higher) == 2 * RATE_HZ
    assert _pitch(higher) == pytest.approx(220 * 9 / 8, abs=3)
    lower = said["pitch down a whole tone"]
    assert len(lower) == 2 * RATE_HZ
    assert _pitch(lower) == pytest.approx(220 * 8 / 9, abs=3)
    assert said["loudness -6 dB"] == pytest.approx(_sine(220) * 10 ** (-0.3), abs=1e-6)
    assert np.abs(said["loudness +6 dB"]).max() <= 1


def test_the_share_done_is_told_as_it_grows(members: Members) -> None:
    samples = tone(11.5).samples  # two windows
    found = explain_sound(members.audio, samples, LABELS, "suicide")
    told: list[float] = []
    checked = check_sound(members.audio, samples, LABELS, found, on_share=told.append)
    assert len(told) > 10 and told == sorted(told)
    assert told[0] > 0 and 0.95 < told[-1] <= 1
    assert checked == check_sound(members.audio, samples, LABELS, found)


def test_cancel(members: Members) -> None:
    samples = tone(3.0).samples
    found = explain_sound(members.audio, samples, LABELS, "suicide")
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        check_sound(members.audio, samples, LABELS, found, cancel=cancel)
