"""A second look at sound: noise for silence, bands of frequencies, and how it was said."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

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
from mhkd.audio.heard import make_noise
from mhkd.audio.manner import Ratio, amplify, change_tempo, shift_pitch
from mhkd.explain.orders import FRACTIONS, RANDOM_ORDERS
from mhkd.explain.passes import OnPasses, OnShare, PassCount
from mhkd.explain.sound import Listener, edges_of, try_sound_order
from mhkd.explain.sound_gradients import MAX_STEPS, PASSES, integrate_sound
from mhkd.explain.trust import USUAL, Second, correlate_ranks, is_chance, judge_order
from mhkd.limits import FEW_WORDS, HEARD_RATE_HZ
from mhkd.models.audio import WINDOW_SAMPLES, keep_heard
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
_TONES = (("down", Ratio(8, 9)), ("up", Ratio(9, 8)))
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
    on_share: OnShare | None = None,
    cancel: threading.Event | None = None,
) -> SoundAttribution:
    """The explanation with what stands beside it; see ``SoundChecks``.

    Args:
        member: the audio teacher.
        samples: float32, shape (samples,), at 16 kHz.
        labels: in the order of the logits.
        found: the occlusion with silence of these samples.
        thresholds: from held-out posts, where the bundle carries them.
        on_share: told the share that is done, 0 to 1, as it grows.
        cancel: looked at before every second window.

    Raises:
        Cancelled: ``cancel`` was set.
    """
    heard = keep_heard(samples)
    target = labels.index(found.target)
    count = PassCount(_plan_passes(len(heard), len(found.segments)), on_share)
    count.begin("noise")
    listener = Listener(member, heard, target, cancel, count.add)
    noise = _occlude_with_noise(listener, heard, found.segments)
    count.begin("gradients")
    gradients = integrate_sound(member, samples, labels, found, on_passes=count.add, cancel=cancel)
    silence = [part.score for part in found.segments]
    second = Second("noise in place of silence", [part.score for part in noise], tried=False)
    others = [[part.score for part in gradients.segments]]
    count.begin("order")
    test = try_sound_order(
        member, samples, labels, found, others, on_passes=count.add, cancel=cancel
    )
    if test is not None:
        without, alone = test.others[0]
        gradients = replace(gradients, comprehensiveness=without, sufficiency=alone)
    doubts = []
    if gradients.converged and is_chance(gradients.rank_correlation, len(silence)):
        doubts.append("gradients_differ")
    count.begin("bands")
    bands = _occlude_bands(listener, heard)
    count.begin("changes")
    hear = partial(_hear, member, target, found.output, cancel, count.add)
    checks = SoundChecks(
        noise=noise,
        rank_correlation=correlate_ranks(silence, second.scores),
        bands=bands,
        probability=listener.probability(member.temperature),
        changes=tuple(hear(said) for said in say_otherwise(heard, cancel)),
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
    for way, ratio in _TONES:
        stop_if_cancelled(cancel)
        yield _Said(f"pitch {way} a whole tone", shift_pitch(samples, ratio))
    for tempo in _TEMPOS:
        stop_if_cancelled(cancel)
        yield _Said(f"tempo × {tempo:.2f}", change_tempo(samples, tempo))
    for gain in _GAINS_DB:
        yield _Said(f"loudness {gain:+d} dB", np.clip(amplify(samples, gain), -1, 1))


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
    target: int,
    output: float,
    cancel: threading.Event | None,
    on_passes: OnPasses,
    said: _Said,
) -> SoundChange:
    listener = Listener(member, keep_heard(said.samples), target, cancel, on_passes)
    return SoundChange(
        said.change, listener.output() - output, listener.probability(member.temperature)
    )


def _plan_passes(samples: int, segments: int) -> dict[str, int]:
    """Part of the work → windows that it runs at most."""
    windows = -(-samples // WINDOW_SAMPLES)
    orders = 0 if segments < FEW_WORDS else 2 + RANDOM_ORDERS  # silence, gradients
    return {
        "noise": segments + 2 * windows,  # of two windows, where a stretch lies in both
        "gradients": PASSES * MAX_STEPS * windows,
        "order": windows * (1 + 2 * len(FRACTIONS) * orders),
        "bands": len(BANDS) * windows,
        "changes": (len(_TONES) + len(_TEMPOS) + len(_GAINS_DB)) * windows,
    }
