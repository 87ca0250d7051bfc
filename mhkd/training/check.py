"""Names, layers and files that a recipe asks for, looked at before hours of work depend on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from mhkd.audio.speak import VOICE_NAMES
from mhkd.errors import MhkdError, RecipeError
from mhkd.models.backbones import layers_of, load_audio_backbone, load_text_backbone
from mhkd.training.emotions import find_lexicon
from mhkd.training.recipe import Recipe

_Opened = TypeVar("_Opened")


@dataclass(frozen=True)
class _Encoder:
    layers: int
    masks: bool


def check_recipe(recipe: Recipe) -> None:
    """Opens all backbones and the lexicon of a recipe, counts layers and knows the voices.

    Raises:
        RecipeError: something is not there, can't be opened or has too few layers; names the field.
    """
    for field, voices in (
        ("speech.voices", tuple(recipe.speech.voices)),
        ("speech.app_voice", (recipe.speech.app_voice,)),
    ):
        for voice in voices:
            if voice not in VOICE_NAMES:
                known = ", ".join(VOICE_NAMES)
                raise RecipeError(f"{field}: there is no voice '{voice}'. Voices: {known}.")
    lexicon = _open("emotion.lexicon", lambda: find_lexicon(recipe.emotion.lexicon))
    if not lexicon.words:
        raise RecipeError("emotion.lexicon: the lexicon has no word.")
    _open("audio.backbone", lambda: load_audio_backbone(recipe.audio.backbone, 2))
    _check_encoders(recipe)


def _check_encoders(recipe: Recipe) -> None:
    opened: dict[str, _Encoder] = {}

    def count(field: str, backbone: str, asked: int) -> _Encoder:
        if backbone not in opened:
            opened[backbone] = _open(f"{field}.backbone", lambda: _read_encoder(backbone))
        found = opened[backbone]
        if asked > found.layers:
            raise RecipeError(f"{field}: {asked} layers of {backbone}, which has {found.layers}.")
        return found

    text = recipe.text
    found = count("text", text.backbone, text.frozen_layers)
    trained = found.layers - text.frozen_layers
    readable = min(found.layers, trained + 1)  # the uppermost frozen one's states are kept
    if text.pooled_layers > readable:
        raise RecipeError(
            f"text.pooled_layers: {text.pooled_layers} layers can't be read where "
            f"{text.frozen_layers} of {found.layers} are frozen; at most {readable}."
        )
    if text.probe is None and text.lora_rank and not trained:
        raise RecipeError("text.lora_rank: no layer above the frozen ones is left for adapters.")
    count("emotion.features", recipe.emotion.features, 0)
    if recipe.emotion.contexts is not None:
        chosen = recipe.emotion.contexts
        count("emotion.contexts", chosen.backbone, chosen.layer)
    for place, candidate in enumerate(recipe.student.candidates):
        field = f"student.candidates.{place}"
        found = count(field, candidate.backbone, candidate.layers)
        if recipe.student.masked_copies and not found.masks:
            raise RecipeError(
                f"{field}: {candidate.backbone} has no mask token: set student.masked_copies to 0."
            )
    if recipe.student.large is not None:
        candidate = recipe.student.large.candidate
        count("student.large.candidate", candidate.backbone, candidate.layers)


def _read_encoder(backbone: str) -> _Encoder:
    loaded = load_text_backbone(backbone)
    if not loaded.tokenizer.is_fast:
        raise RecipeError("its tokenizer is not a fast one, which tells where words stand.")
    return _Encoder(len(layers_of(loaded.encoder)), loaded.tokenizer.mask_token_id is not None)


def _open(field: str, load: Callable[[], _Opened]) -> _Opened:
    """What ``load`` gives; its refusal names the field."""
    try:
        return load()
    except MhkdError as fault:
        raise RecipeError(f"{field}: {fault.public_message}") from fault
    except (OSError, ValueError, KeyError, AttributeError) as fault:
        raise RecipeError(
            f"{field}: it can't be opened as a backbone of this kind: {type(fault).__name__}."
        ) from fault
