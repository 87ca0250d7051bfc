"""The spoken posts of a recipe of the paper, and what AST hears of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch

from mhkd.audio.bark import BarkVoice
from mhkd.audio.speak import VOICE_NAMES, Voice, open_voice
from mhkd.limits import HEARD_RATE_HZ
from mhkd.training.paper.models import find_pretrained, load_extractor
from mhkd.training.paper.recipe import PaperAudioRecipe
from mhkd.training.speech import SpokenPost, load_spoken, plan_corpus, speak_with
from mhkd.training.stages import RunFolder

_SPOKEN_WORDS = 45  # one chunk: more than can be said in the 5.1 s that AST hears in the paper
_CLIPS_AT_ONCE = 32


def speak_texts(
    recipe: PaperAudioRecipe, texts: Sequence[str], run: RunFolder, *, allow_hub: bool
) -> list[SpokenPost]:
    """Speaks what is not spoken yet; the voices take turns."""
    names = [str(row) for row in range(len(texts))]
    voices = {name: recipe.voices[row % len(recipe.voices)] for row, name in enumerate(names)}
    spoken = plan_corpus(
        dict(zip(names, texts, strict=True)), voices, run.folder / "speech", _SPOKEN_WORDS
    )
    missing = [job for job in spoken if not job.file.exists()]
    run.say(f"speech: {len(missing)} posts to speak")
    (run.folder / "speech").mkdir(parents=True, exist_ok=True)
    for job in sorted(missing, key=lambda job: job.voice):
        speak_with(job, _open(job.voice, allow_hub))
    return spoken


def hear(
    recipe: PaperAudioRecipe, spoken: Sequence[SpokenPost], *, allow_hub: bool
) -> torch.Tensor:
    """Normalised log-mel of every clip, float32, shape (posts, frames, mels).

    Fault 15: mean and deviation over all clips, test posts and padding included.
    """
    extractor = load_extractor(recipe, allow_hub=allow_hub)
    extractor.do_normalize = recipe.normalise == "backbone"
    parts = [
        extractor(
            [load_spoken(job) for job in spoken[start : start + _CLIPS_AT_ONCE]],
            sampling_rate=HEARD_RATE_HZ,
            return_tensors="pt",
        )["input_values"]
        for start in range(0, len(spoken), _CLIPS_AT_ONCE)
    ]
    heard: torch.Tensor = torch.cat(parts).float()
    if recipe.normalise == "clips":
        heard = (heard - heard.mean()) / (2 * heard.std())
    return heard


@lru_cache(maxsize=4)
def _open(name: str, allow_hub: bool) -> Voice:
    if name in VOICE_NAMES:
        return open_voice(name)
    place, _, preset = name.partition("#")
    voice: Any = BarkVoice(
        find_pretrained(place, allow_hub=allow_hub),
        preset or None,
        local_files_only=not allow_hub,
    )
    opened: Voice = voice
    return opened
