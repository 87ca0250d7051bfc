"""Bark (Suno) as a voice, for recipes of the paper; it needs its weights and, for use, a GPU."""

from __future__ import annotations

import threading
from typing import Any

import torch

from mhkd.audio.speak import Samples, Spoken
from mhkd.device import default_device
from mhkd.errors import VoiceError


class BarkVoice:
    """A Bark model with one of its presets; see ``mhkd.audio.speak.Voice``.

    Bark draws what it says; ``seed`` is set anew for every sentence, so that the same sentence
    gives the same samples on the same machine.
    """

    def __init__(
        self, place: str, preset: str | None, *, local_files_only: bool, seed: int = 0
    ) -> None:
        from transformers import AutoModel, AutoProcessor

        try:
            self._processor: Any = AutoProcessor.from_pretrained(
                place, local_files_only=local_files_only
            )
            self._model: Any = AutoModel.from_pretrained(place, local_files_only=local_files_only)
        except (OSError, ValueError) as fault:
            raise VoiceError(
                f"The voice '{place}' can't be loaded: expected a Bark model in a folder, in the "
                "cache, or, with --allow-hub, on the hub."
            ) from fault
        self._model.eval().to(default_device())
        self._preset, self._seed = preset, seed
        self.name = f"{place}#{preset or ''}"
        self.rate_hz = int(self._model.generation_config.sample_rate)

    @torch.inference_mode()
    def speak_sentence(self, sentence: str, cancel: threading.Event | None = None) -> Spoken:
        """See ``Voice``."""
        inputs = self._processor(sentence, voice_preset=self._preset)
        inputs = {name: _move(value, self._model.device) for name, value in inputs.items()}
        torch.manual_seed(self._seed)
        spoken = self._model.generate(**inputs)
        samples: Samples = spoken.float().cpu().numpy().ravel().clip(-1.0, 1.0)
        return Spoken(samples)


def _move(value: Any, device: torch.device) -> Any:
    if isinstance(value, torch.Tensor):
        return value.to(device)
    if hasattr(value, "items"):
        return {name: _move(inner, device) for name, inner in value.items()}
    return value
