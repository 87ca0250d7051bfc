"""Which stretches of sound the audio teacher's answer rests on: occlusion with silence."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
from captum.attr import FeatureAblation

from mhkd.analysis import Fidelity, SegmentScore, SoundAttribution
from mhkd.audio.heard import make_noise
from mhkd.errors import InputError
from mhkd.explain.contrast import contrast
from mhkd.explain.fidelity import measure_fidelity
from mhkd.explain.orders import OrderTest, Present, try_order
from mhkd.explain.passes import OnPasses, count_nothing
from mhkd.limits import (
    FEW_WORDS,
    HEARD_RATE_HZ,
    MAX_SOUND_SEGMENTS,
    SOUND_SEGMENT_S,
)
from mhkd.models.audio import WINDOW_SAMPLES, FrameSums, encode_sound, keep_heard, pool_frames
from mhkd.models.members import AudioMember
from mhkd.models.parts import stop_if_cancelled
from mhkd.post import SpokenWord

_SEGMENTS_AT_ONCE = 4
_WINDOWS_AT_ONCE = 2
_NOISE_LEVEL = 1e-3  # −60 dB of full scale
_NOISE_SEED = 0


def explain_sound(
    member: AudioMember,
    samples: npt.NDArray[np.float32],
    labels: Sequence[str],
    target: str,
    *,
    words: Sequence[SpokenWord] = (),
    cancel: threading.Event | None = None,
) -> SoundAttribution:
    """Silences one segment after another; a score is how much the logit falls.

    A segment is a spoken word, from the middle of the pause before it to that of the pause after
    it, where it is known when each is spoken; else it lasts 0.5 s. Where that would give more
    than 60, segments hold several words, or are longer. Only the part that is heard is explained.
    Source: Zeiler and Fergus, Visualizing and Understanding Convolutional Networks,
    ECCV 2014 (occlusion); captum's ``FeatureAblation``.

    Args:
        member: the audio teacher.
        samples: float32, shape (samples,), at 16 kHz, at least one.
        labels: in the order of the logits.
        target: the label explained.
        words: when each word is spoken, in order; empty where that is not known.
        cancel: looked at before every second window.

    Raises:
        Cancelled: ``cancel`` was set.
    """
    heard = keep_heard(samples)
    listener = Listener(member, heard, labels.index(target), cancel)
    edges, texts = segment_words(len(heard), words)
    mask = torch.from_numpy(np.repeat(np.arange(len(edges) - 1), np.diff(edges)))
    scores = FeatureAblation(listener).attribute(
        torch.from_numpy(np.array(heard))[None],
        baselines=0.0,
        feature_mask=mask[None],
        perturbations_per_eval=_SEGMENTS_AT_ONCE,
    )[0]
    output = listener.output()
    return SoundAttribution(
        target=target,
        method=f"occlusion of {'time segments' if texts is None else 'spoken words'}",
        fill="silence",
        segments=tuple(
            SegmentScore(
                start / HEARD_RATE_HZ,
                end / HEARD_RATE_HZ,
                float(scores[start]),
                None if texts is None else texts[place],
            )
            for place, (start, end) in enumerate(pairwise(edges.tolist()))
        ),
        segment_s=len(heard) / (len(edges) - 1) / HEARD_RATE_HZ,
        padding_score=listener.output_with_noise() - output,
        output=output,
    )


def try_sound_order(
    member: AudioMember,
    samples: npt.NDArray[np.float32],
    labels: Sequence[str],
    found: SoundAttribution,
    others: Sequence[Sequence[float]] = (),
    *,
    on_passes: OnPasses = count_nothing,
    cancel: threading.Event | None = None,
) -> OrderTest | None:
    """Fills segments with noise in the order of an explanation and in random ones; None for few.

    The order comes from silence, which would favour it: the first stretch would be the best by
    construction.

    Args:
        member, samples, labels: as it was explained.
        found: the explanation.
        others: other methods' scores of the same segments.
        on_passes: told how many windows were run, after each few.
        cancel: looked at before every second window.

    Raises:
        InputError: the explanation is of another recording.
        Cancelled: ``cancel`` was set.
    """
    if len(found.segments) < FEW_WORDS:
        return None
    noise = make_noise(keep_heard(samples))
    filling = _open_filling(member, samples, labels, found, cancel, noise, on_passes)
    return try_order(filling, [segment.score for segment in found.segments], others)


def measure_sound(
    member: AudioMember,
    samples: npt.NDArray[np.float32],
    labels: Sequence[str],
    found: SoundAttribution,
    *,
    cancel: threading.Event | None = None,
) -> Fidelity:
    """Infidelity of an explanation: random fifths of the segments are silenced.

    The recording is heard once as it is and once for each different set. Sensitivity is not
    measured, for occlusion has no gradients.

    Args:
        member: the audio teacher.
        samples: float32, shape (samples,), at 16 kHz.
        labels: in the order of the logits.
        found: the occlusion with silence of these samples.
        cancel: looked at before every second window.

    Raises:
        InputError: the explanation is of another recording.
        Cancelled: ``cancel`` was set.
    """
    silencing = _open_filling(member, samples, labels, found, cancel)
    return measure_fidelity(silencing, [segment.score for segment in found.segments])


def _open_filling(
    member: AudioMember,
    samples: npt.NDArray[np.float32],
    labels: Sequence[str],
    found: SoundAttribution,
    cancel: threading.Event | None,
    filling: npt.NDArray[np.float32] | None = None,
    on_passes: OnPasses = count_nothing,
) -> Present:
    """The function explained, of which segments are present; the others are silent, or filled."""
    heard, edges = keep_heard(samples), edges_of(found.segments)
    if edges[-1] != len(heard):
        raise InputError("The explanation is of another recording than the one given.")
    listener = Listener(member, heard, labels.index(found.target), cancel, on_passes)
    places = torch.from_numpy(np.repeat(np.arange(len(found.segments)), np.diff(edges)))
    whole = torch.from_numpy(np.array(heard))
    other = torch.zeros_like(whole) if filling is None else torch.from_numpy(filling)
    return lambda present: listener(torch.where(present[:, places] > 0, whole, other))


def edges_of(segments: Sequence[SegmentScore]) -> npt.NDArray[np.int64]:
    """Edges of segments in samples at 16 kHz, shape (segments + 1,)."""
    seconds = np.array([segments[0].start_s, *(part.end_s for part in segments)])
    return (seconds * HEARD_RATE_HZ).round().astype(np.int64)


def segment_words(
    samples: int, words: Sequence[SpokenWord]
) -> tuple[npt.NDArray[np.int64], list[str] | None]:
    """Edges of segments in samples, from 0 to ``samples``, and the words spoken in each.

    The texts are None where no word is known; then the segments are of equal length.
    """
    heard = [word for word in words if word.start_s * HEARD_RATE_HZ < samples]
    if not heard:
        return segment_edges(samples), None
    count = min(len(heard), MAX_SOUND_SEGMENTS)
    firsts = [place * len(heard) // count for place in range(count)] + [len(heard)]
    inner = [(heard[i - 1].end_s + heard[i].start_s) / 2 * HEARD_RATE_HZ for i in firsts[1:-1]]
    edges = np.array([0, *inner, samples]).round().astype(np.int64)
    texts = [" ".join(word.text for word in heard[start:end]) for start, end in pairwise(firsts)]
    return edges, texts


def segment_edges(samples: int) -> npt.NDArray[np.int64]:
    """Edges of equal segments in samples, shape (segments + 1,), from 0 to ``samples``."""
    wanted = round(samples / HEARD_RATE_HZ / SOUND_SEGMENT_S)
    count = min(max(1, wanted), MAX_SOUND_SEGMENTS, samples)
    return np.linspace(0, samples, count + 1).round().astype(np.int64)


class Listener:
    """The function explained, of waveforms; a window that is unchanged is not run again."""

    def __init__(
        self,
        member: AudioMember,
        samples: npt.NDArray[np.float32],
        target: int,
        cancel: threading.Event | None,
        on_passes: OnPasses = count_nothing,
    ) -> None:
        self._model, self._extractor = member.model, member.extractor
        self._target, self._cancel, self._on_passes = target, cancel, on_passes
        self._device = member.model.network.device
        self._windows = _cut(samples)
        self._original = self._run(self._windows)

    def __call__(self, waves: torch.Tensor) -> torch.Tensor:
        """(waves, samples) → (waves,)."""
        cut = [_cut(wave.numpy()) for wave in waves]
        changed = [
            (row, place)
            for row, windows in enumerate(cut)
            for place, window in enumerate(windows)
            if not np.array_equal(window, self._windows[place])
        ]
        sums = self._original.sums.repeat(len(waves), 1, 1, 1)  # (waves, windows, layers, width)
        if changed:
            found = self._run([cut[row][place] for row, place in changed])
            rows, places = (list(part) for part in zip(*changed, strict=True))
            sums[rows, places] = found.sums
        return self._answer(sums)

    def probability(self, temperature: float) -> float:
        """Calibrated probability of the label for the recording itself."""
        with torch.no_grad():
            pooled = self._pool(self._original.sums[None])
            logits = self._model.classify(pooled).double() / temperature
        return float(logits.softmax(-1)[0, self._target])

    def output(self) -> float:
        """The function at the recording itself."""
        return float(self._answer(self._original.sums[None]))

    def output_with_noise(self) -> float:
        """The function when the padding of the last window holds faint noise."""
        last = self._windows[-1]
        padding = WINDOW_SAMPLES - len(last)
        if not padding:
            return self.output()
        noise = np.random.default_rng(_NOISE_SEED).standard_normal(padding) * _NOISE_LEVEL
        filled = np.concatenate([last, noise.astype(np.float32)])
        sums = self._original.sums.clone()
        sums[-1] = self._run([filled], heard=len(last)).sums[0]
        return float(self._answer(sums[None]))

    @torch.no_grad()
    def _run(self, windows: list[npt.NDArray[np.float32]], heard: int | None = None) -> FrameSums:
        parts = []
        for start in range(0, len(windows), _WINDOWS_AT_ONCE):
            stop_if_cancelled(self._cancel)
            encoded = [
                encode_sound(self._extractor, window)
                for window in windows[start : start + _WINDOWS_AT_ONCE]
            ]
            lengths = torch.cat([sound.samples_heard for sound in encoded])
            if heard is not None:
                lengths = torch.full_like(lengths, heard)
            features = torch.cat([sound.features for sound in encoded])
            parts.append(
                self._model.sum_frames(features.to(self._device), lengths.to(self._device))
            )
            self._on_passes(len(encoded))
        return FrameSums(
            torch.cat([part.sums for part in parts]), torch.cat([part.counts for part in parts])
        )

    @torch.no_grad()
    def _answer(self, sums: torch.Tensor) -> torch.Tensor:
        return contrast(self._model.classify(self._pool(sums)), self._target).cpu()

    def _pool(self, sums: torch.Tensor) -> torch.Tensor:
        waves, windows = sums.shape[:2]
        frames = FrameSums(sums.flatten(0, 1), self._original.counts.repeat(waves))
        index = torch.arange(waves, device=self._device).repeat_interleave(windows)
        return pool_frames(frames, index)


def _cut(samples: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
    return [samples[s : s + WINDOW_SAMPLES] for s in range(0, len(samples), WINDOW_SAMPLES)]
