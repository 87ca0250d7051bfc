"""A second opinion on sound: integrated gradients on its log-mel picture."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from mhkd.analysis import SegmentScore, SoundAttribution, SoundGradients
from mhkd.explain.contrast import contrast
from mhkd.explain.integrate import METHOD, integrate_gradients
from mhkd.explain.passes import OnPasses, count_nothing
from mhkd.explain.trust import correlate_ranks
from mhkd.limits import HEARD_WINDOW_S
from mhkd.models.audio import encode_sound, keep_heard, pool_frames
from mhkd.models.members import AudioMember
from mhkd.models.parts import stop_if_cancelled

MAX_STEPS = 33
PASSES = 3  # of the encoder, about as much as one gradient costs


def integrate_sound(
    member: AudioMember,
    samples: npt.NDArray[np.float32],
    labels: Sequence[str],
    found: SoundAttribution,
    *,
    on_passes: OnPasses = count_nothing,
    cancel: threading.Event | None = None,
) -> SoundGradients:
    """Integrated gradients from the picture of silence, summed over the stretches of ``found``.

    What falls on the silence that fills the last window is told apart.

    Args:
        member: the audio teacher.
        samples: float32, shape (samples,), at 16 kHz.
        labels: in the order of the logits.
        found: the occlusion of these samples.
        on_passes: told what each step costs, in windows that are run without gradients.
        cancel: looked at before each step.

    Raises:
        Cancelled: ``cancel`` was set.
    """
    heard, target = keep_heard(samples), labels.index(found.target)
    sound = encode_sound(member.extractor, heard)
    silence = encode_sound(member.extractor, np.zeros_like(heard))
    model, device = member.model, member.model.network.device
    lengths = sound.samples_heard.to(device)
    windows = len(lengths)

    def function(pictures: torch.Tensor) -> torch.Tensor:  # (steps, windows, frames, mels)
        stop_if_cancelled(cancel)
        steps = len(pictures)
        on_passes(PASSES * steps * windows)
        features = pictures.flatten(0, 1).transpose(1, 2)  # (steps · windows, mels, frames)
        index = torch.arange(steps, device=device).repeat_interleave(windows)
        pooled = pool_frames(model.sum_frames(features, lengths.repeat(steps)), index)
        return contrast(model.classify(pooled), target)

    integral = integrate_gradients(
        function,
        sound.features.transpose(1, 2)[None].to(device),
        silence.features.transpose(1, 2)[None].to(device),
        steps_at_once=1,
        max_steps=MAX_STEPS,
    )
    frames = integral.scores[0].double().cpu().flatten()  # (windows · frames,)
    seconds = torch.arange(len(frames)) * windows * HEARD_WINDOW_S / len(frames)
    segments = tuple(
        SegmentScore(part.start_s, part.end_s, _sum(frames, seconds, part), part.text)
        for part in found.segments
    )
    beyond = seconds >= found.segments[-1].end_s
    size = float(frames.abs().sum())
    return SoundGradients(
        method=METHOD,
        baseline="the log-mel picture of silence",
        segments=segments,
        padding_share=float(frames[beyond].abs().sum()) / size if size else 0.0,
        rank_correlation=correlate_ranks(
            [part.score for part in found.segments], [part.score for part in segments]
        ),
        relative_gap=integral.relative_gap,
        converged=integral.converged,
        steps=integral.steps,
    )


def _sum(frames: torch.Tensor, seconds: torch.Tensor, part: SegmentScore) -> float:
    inside = (seconds >= part.start_s) & (seconds < part.end_s)
    return float(frames[inside].sum())
