"""The audio classifier: a speech encoder, masked mean pooling over what was heard.

The network is that of ``AutoModelForAudioClassification`` (a Whisper encoder in
the embedded bundles, AST with the paper's recipe); the pooling is ours, so that
padding frames do not count and a long recording is heard in windows of 10 s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from transformers import PreTrainedModel

from mhkd.limits import HEARD_RATE_HZ, HEARD_WINDOW_S, MAX_HEARD_WINDOWS, MIN_LAST_WINDOW_S

WINDOW_SAMPLES = int(HEARD_WINDOW_S * HEARD_RATE_HZ)


@dataclass(frozen=True, eq=False)
class EncodedSound:
    """One recording as the audio teacher hears it.

    Attributes:
        features: float32 log-mel, shape (windows, mels, frames of 10 ms).
        samples_heard: int64, shape (windows,), samples of each window that are sound.
        seconds: length given. seconds_heard: length inside the windows.
        padding_s: silence that fills the last window.
    """

    features: torch.Tensor
    samples_heard: torch.Tensor
    seconds: float
    seconds_heard: float
    padding_s: float


@dataclass(frozen=True, eq=False)
class FrameSums:
    """The frames heard of some windows, added up.

    Attributes:
        sums: shape (windows, layers, width).
        counts: frames heard, shape (windows,).
    """

    sums: torch.Tensor
    counts: torch.Tensor


def encode_sound(
    extractor: Any, samples: npt.NDArray[np.float32], *, max_windows: int = MAX_HEARD_WINDOWS
) -> EncodedSound:
    """Cuts 16 kHz mono ``samples`` into windows of 10 s and computes their log-mel.

    Args:
        extractor: a transformers feature extractor that pads to 10 s.
        samples: float32, shape (samples,), at 16 kHz, at least one.
    """
    heard = keep_heard(samples, max_windows=max_windows)
    windows = [heard[s : s + WINDOW_SAMPLES] for s in range(0, len(heard), WINDOW_SAMPLES)]
    features = extractor(
        windows, sampling_rate=HEARD_RATE_HZ, return_tensors="pt", padding="max_length"
    )["input_features"]
    lengths = torch.tensor([len(window) for window in windows])
    padding = len(windows) * WINDOW_SAMPLES - len(heard)
    return EncodedSound(
        features,
        lengths,
        len(samples) / HEARD_RATE_HZ,
        len(heard) / HEARD_RATE_HZ,
        padding / HEARD_RATE_HZ,
    )


def keep_heard(
    samples: npt.NDArray[np.float32], *, max_windows: int = MAX_HEARD_WINDOWS
) -> npt.NDArray[np.float32]:
    """The part of 16 kHz mono ``samples`` that is heard: windows of 10 s, up to three.

    A rest below ``limits.MIN_LAST_WINDOW_S`` after a whole window is not heard.
    """
    whole, rest = divmod(len(samples), WINDOW_SAMPLES)
    if rest >= MIN_LAST_WINDOW_S * HEARD_RATE_HZ or whole == 0:
        whole += 1
    return samples[: WINDOW_SAMPLES * min(whole, max_windows)]


class AudioClassifier(nn.Module):
    """Encoder → weighted sum of layers → projector → masked mean → linear head.

    Source of the head: ``WhisperForAudioClassification`` with
    ``use_weighted_layer_sum``. Projector and sum are linear, so the mean over
    frames is taken first; the result is the same.
    """

    def __init__(self, network: PreTrainedModel) -> None:
        super().__init__()
        self.network: Any = network

    def forward(
        self, features: torch.Tensor, samples_heard: torch.Tensor, post_index: torch.Tensor
    ) -> torch.Tensor:
        """Logits, shape (posts, classes).

        Args:
            features: shape (windows, mels, frames).
            samples_heard: shape (windows,).
            post_index: int64, shape (windows,), ascending from 0.
        """
        return self.classify(self.pool(features, samples_heard, post_index))

    def pool(
        self, features: torch.Tensor, samples_heard: torch.Tensor, post_index: torch.Tensor
    ) -> torch.Tensor:
        """Mean over the frames heard of every layer, shape (posts, layers, width)."""
        return pool_frames(self.sum_frames(features, samples_heard), post_index)

    def sum_frames(self, features: torch.Tensor, samples_heard: torch.Tensor) -> FrameSums:
        """Sums over the frames heard of each window, so that windows can be run singly."""
        states = self.network.encoder(features, output_hidden_states=True).hidden_states
        stacked = torch.stack(states, dim=1)  # (windows, layers, frames, width)
        frames = stacked.shape[2]
        heard = (samples_heard * frames).div(WINDOW_SAMPLES).ceil().clamp(min=1)
        steps = torch.arange(frames, device=stacked.device)
        mask = (steps[None] < heard[:, None]).to(stacked.dtype)  # (windows, frames)
        return FrameSums(torch.einsum("wlfd,wf->wld", stacked, mask), mask.sum(1))

    def classify(self, pooled: torch.Tensor) -> torch.Tensor:
        """Logits from pooled layers, shape (posts, classes)."""
        logits: torch.Tensor = self.network.classifier(self.project(pooled))
        return logits

    def project(self, pooled: torch.Tensor) -> torch.Tensor:
        """What the head reads, shape (posts, projected width)."""
        weights = self.network.layer_weights.softmax(-1)  # (layers,)
        mixed = torch.einsum("pld,l->pd", pooled, weights)
        projected: torch.Tensor = self.network.projector(mixed)
        return projected


def pool_frames(frames: FrameSums, post_index: torch.Tensor) -> torch.Tensor:
    """Mean over the frames heard of each post, shape (posts, layers, width)."""
    posts = int(post_index.max()) + 1
    total = frames.sums.new_zeros(posts, *frames.sums.shape[1:])
    total = total.index_add(0, post_index, frames.sums)
    count = frames.counts.new_zeros(posts).index_add(0, post_index, frames.counts)
    return total / count[:, None, None]
