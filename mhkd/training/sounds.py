"""Training the audio teacher's head on pooled states of the frozen speech encoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from mhkd.device import default_device
from mhkd.models.audio import AudioClassifier, encode_sound
from mhkd.models.backbones import load_audio_backbone
from mhkd.training.fit import Targets, cross_entropy, fit_classifier
from mhkd.training.kept_posts import keep_for_posts, kept_keys
from mhkd.training.own_files import identify_backbone
from mhkd.training.recipe import AudioRecipe
from mhkd.training.speech import SpokenPost, load_spoken
from mhkd.training.stages import RunFolder, make_key

_POSTS_AT_ONCE = 8


def keep_pooled(backbone: str, jobs: Sequence[SpokenPost], run: RunFolder) -> torch.Tensor:
    """Mean states of every layer for all spoken posts, shape (posts, layers, width).

    Read where they are kept, in float16. Mean, layer sum and projector are linear,
    so that the head can be trained on these alone.
    """

    @torch.inference_mode()
    def make(rows: list[int]) -> list[torch.Tensor]:
        loaded = load_audio_backbone(backbone, classes=2)
        device = default_device()
        model = AudioClassifier(loaded.network).to(device)
        pooled: list[torch.Tensor] = []
        for start in range(0, len(rows), _POSTS_AT_ONCE):
            sounds = [
                encode_sound(loaded.extractor, load_spoken(jobs[row]))
                for row in rows[start : start + _POSTS_AT_ONCE]
            ]
            index = [place for place, sound in enumerate(sounds) for _ in sound.features]
            pooled += (
                model.pool(
                    torch.cat([sound.features for sound in sounds]).to(device),
                    torch.cat([sound.samples_heard for sound in sounds]).to(device),
                    torch.tensor(index, device=device),
                )
                .half()
                .cpu()
            )
        return pooled

    keys = [job.file.stem for job in jobs]
    return torch.stack(keep_for_posts(run, _name_of(backbone), keys, make)).float()


def find_unheard(backbone: str, jobs: Sequence[SpokenPost], folder: Path) -> list[SpokenPost]:
    """The posts whose pooled states are not kept; only these have to be spoken."""
    heard = kept_keys(folder, _name_of(backbone))
    return [job for job in jobs if job.file.stem not in heard]


def _name_of(backbone: str) -> str:
    return f"sound-{make_key({'backbone': identify_backbone(backbone)})}"


class AudioHead(nn.Module):
    """The trained part of the audio classifier, fed with pooled states."""

    def __init__(self, classifier: AudioClassifier, dropout: float) -> None:
        super().__init__()
        self.network = classifier.network
        self.network.encoder = nn.Identity()  # not needed here
        self.dropout = nn.Dropout(dropout)
        self._classify = classifier.classify

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        """Logits, shape (posts, classes)."""
        return self._classify(self.dropout(pooled))


def fit_audio_head(
    recipe: AudioRecipe,
    pooled: torch.Tensor,
    rows: npt.NDArray[np.int64],
    targets: Targets,
    classes: int,
    seed: int,
) -> AudioHead:
    """Trains layer weights, projector and classifier on the posts ``rows``."""
    torch.manual_seed(seed)
    network = load_audio_backbone(recipe.backbone, classes).network
    _standardise_projector(network, pooled[rows])
    head = AudioHead(AudioClassifier(network), recipe.fit.dropout)
    fit_classifier(
        head,
        rows.tolist(),
        lambda places: {"pooled": pooled[list(places)]},
        targets,
        cross_entropy(recipe.fit.label_smoothing),
        recipe.fit,
        seed,
    )
    return head


@torch.no_grad()
def _standardise_projector(network: Any, pooled: torch.Tensor) -> None:
    """Starts the projector as if its input had mean 0 and variance 1.

    The encoder's dimensions differ in scale by orders of magnitude, and a few large ones
    would else decide everything.
    """
    weights = network.layer_weights.softmax(-1)
    mixed = torch.einsum("pld,l->pd", pooled, weights)  # (posts, width)
    projector = network.projector
    projector.weight /= mixed.std(0).clamp(min=1e-6)
    projector.bias.copy_(-projector.weight @ mixed.mean(0))


@torch.inference_mode()
def predict_sounds(
    head: AudioHead, pooled: torch.Tensor, rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Logits of the posts ``rows``, shape (rows, classes)."""
    logits: npt.NDArray[np.float64] = head.eval()(pooled[rows]).double().numpy()
    return logits
