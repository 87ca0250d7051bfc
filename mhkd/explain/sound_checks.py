"""A second look at sound: noise for silence, bands of frequencies, and how it was said."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from captum.attr import FeatureAblation

from mhkd.analysis import (
    BandScore,
    SegmentScore,
    SoundAttribution,
    SoundChange,
    SoundChecks,
    TrustThresholds,
)
from mhkd.explain.sound import Listener, edges_of, make_noise, try_sound_order
from mhkd.explain.sound_gradients import integrate_sound
from mhkd.explain.trust import USUAL, Second, correlate_ranks, is_chance, judge_order
from mhkd.limits import HEARD_RATE_HZ
from mhkd.models.audio import keep_heard
from mhkd.models.members import AudioMember
from mhkd.models.parts import stop_if_cancelled

Samples = npt.NDArray[np.float32]

# Name → from, to in Hz, after Baken and Orlikoff, Clinical Measurement of Speech and Voice.
BANDS = (
    ("pitch of the voice", 0.0, 300.0),
    ("first formant: how open the mouth is", 300.0, 1_000.0),
    ("higher formants: which vowel", 1_000.0, 3_500.0),
    ("hissing sounds and breath", 3_500.0, 8_000.0),
)
_SEGMENTS_AT_ONCE = 4
_FFT = 512
# A whole tone, 9/8: with a ratio of small numbers resampling is quick, with 2^(2/12) it is not.
_TONES = (("down", 8, 9), ("up", 9, 8))
_TEMPOS = (0.85, 1.15)
_GAINS_DB = (-6, 6)


@dataclass(frozen=True, eq=False)
class _Said:
    """The same words, said otherwise."""

    change: str
    samples: Samples


def check_sound(
    member: AudioMember,
    samples: Samples,
    labels: Sequence[str],
    found: SoundAttribution,
    *,
    thresholds: TrustThresholds = USUAL,
    cancel: threading.Event | None = None,
) -> SoundAttribution:
    """The explanation with what stands beside it; see ``SoundChecks``.

    Args:
        member: the audio teacher.
        samples: float32, shape (samples,), at 16 kHz.
        labels: in the order of the logits.
        found: the occlusion with silence of these samples.
        thresholds: from held-out posts, where the bundle carries them.
        cancel: looked at before every second window.

    Raises:
        Cancelled: ``cancel`` was set.
    """
    heard = keep_heard(samples)
    target = labels.index(found.target)
    listener = Listener(member, heard, target, cancel)
    noise = _occlude_with_noise(listener, heard, found.segments)
    gradients = integrate_sound(member, samples, labels, found, cancel=cancel)
    silence = [part.score for part in found.segments]
    second = Second("noise in place of silence", [part.score for part in noise], tried=False)
    others = [[part.score for part in gradients.segments]]
    test = try_sound_order(member, samples, labels, found, others, cancel=cancel)
    if test is not None:
        without, alone = test.others[0]
        gradients = replace(gradients, comprehensiveness=without, sufficiency=alone)
    doubts = []
    if gradients.converged and is_chance(gradients.rank_correlation, len(silence)):
        doubts.append("gradients_differ")
    checks = SoundChecks(
        noise=noise,
        rank_correlation=correlate_ranks(silence, second.scores),
        bands=_occlude_bands(listener, heard),
        probability=listener.probability(member.temperature),
        changes=tuple(
            _hear(member, said, target, found.output, cancel)
            for said in say_otherwise(heard, cancel)
        ),
        trust=None
        if test is None
        else judge_order(test, "stretch", thresholds, silence, second, doubts),
        gradients=gradients,
    )
    return replace(found, checks=checks)


def remove_band(samples: Samples, low_hz: float, high_hz: float) -> Samples:
    """The samples without the frequencies from ``low_hz`` up to below ``high_hz``."""
    spectrum = np.fft.rfft(samples)
    places = np.fft.rfftfreq(len(samples), 1 / HEARD_RATE_HZ)
    last = high_hz >= HEARD_RATE_HZ / 2
    spectrum[(places >= low_hz) & ((places < high_hz) | last)] = 0
    return np.fft.irfft(spectrum, len(samples)).astype(np.float32)


def say_otherwise(samples: Samples, cancel: threading.Event | None = None) -> Iterator[_Said]:
    """The recording with pitch, tempo and loudness changed, the words kept.

    Pitch and tempo by torchaudio's phase vocoder (Flanagan and Golden, 1966). Louder sound is
    clipped to the range of the format, as a recorder would.
    """
    for way, over, under in _TONES:
        stop_if_cancelled(cancel)
        yield _Said(f"pitch {way} a whole tone", shift_pitch(samples, over, under))
    for tempo in _TEMPOS:
        stop_if_cancelled(cancel)
        yield _Said(f"tempo × {tempo:.2f}", change_tempo(samples, tempo))
    for gain in _GAINS_DB:
        louder = np.clip(samples * np.float32(10 ** (gain / 20)), -1, 1)
        yield _Said(f"loudness {gain:+d} dB", louder.astype(np.float32))


def shift_pitch(samples: Samples, over: int, under: int) -> Samples:
    """The samples with their pitch times ``over / under``, at the same tempo."""
    import torchaudio.functional as audio

    longer = torch.from_numpy(change_tempo(samples, under / over))
    found = audio.resample(longer, over, under)[: len(samples)]
    return torch.nn.functional.pad(found, (0, len(samples) - len(found))).numpy()


def change_tempo(samples: Samples, tempo: float) -> Samples:
    """The samples faster (above 1) or slower, at the same pitch."""
    import torchaudio.functional as audio

    hop = _FFT // 4
    window = torch.hann_window(_FFT)
    spectrum = torch.stft(
        torch.from_numpy(np.array(samples)), _FFT, hop, window=window, return_complex=True
    )
    advance = torch.linspace(0, torch.pi * hop, spectrum.shape[0])[:, None]
    stretched = audio.phase_vocoder(spectrum, tempo, advance)
    length = round(len(samples) / tempo)
    found: Samples = torch.istft(stretched, _FFT, hop, window=window, length=length).numpy()
    return found


def _occlude_with_noise(
    listener: Listener, heard: Samples, segments: Sequence[SegmentScore]
) -> tuple[SegmentScore, ...]:
    edges = edges_of(segments)
    mask = torch.from_numpy(np.repeat(np.arange(len(edges) - 1), np.diff(edges)))
    scores = FeatureAblation(listener).attribute(
        torch.from_numpy(np.array(heard))[None],
        baselines=torch.from_numpy(make_noise(heard))[None],
        feature_mask=mask[None],
        perturbations_per_eval=_SEGMENTS_AT_ONCE,
    )[0]
    return tuple(
        replace(part, score=float(scores[start]))
        for part, start in zip(segments, edges[:-1].tolist(), strict=True)
    )


def _occlude_bands(listener: Listener, heard: Samples) -> tuple[BandScore, ...]:
    whole = listener.output()
    waves = torch.stack([torch.from_numpy(remove_band(heard, *band[1:])) for band in BANDS])
    outputs = listener(waves).tolist()
    return tuple(
        BandScore(*band, whole - output) for band, output in zip(BANDS, outputs, strict=True)
    )


def _hear(
    member: AudioMember,
    said: _Said,
    target: int,
    output: float,
    cancel: threading.Event | None,
) -> SoundChange:
    listener = Listener(member, keep_heard(said.samples), target, cancel)
    return SoundChange(
        said.change, listener.output() - output, listener.probability(member.temperature)
    )
