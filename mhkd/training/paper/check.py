"""What a run of the paper will open, looked at before anything is trained."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from transformers import AutoConfig

from mhkd.audio.speak import VOICE_NAMES
from mhkd.emotion.lexicons import open_lexicon
from mhkd.errors import RecipeError
from mhkd.training.paper.files import find_lexicon, read_emoticons
from mhkd.training.paper.models import HUB, configure, load_extractor, load_pretrained
from mhkd.training.paper.recipe import PaperRecipe


def check_recipe(
    recipe: PaperRecipe, teachers: Iterable[str], folder: Path, *, allow_hub: bool
) -> None:
    """Opens the backbones' settings, the lexicon and the voices, those of ``teachers`` alone.

    Args:
        folder: of the data.

    Raises:
        RecipeError: a backbone, a number of layers or heads, a file or a voice can't be used.
        InputError: the lexicon can't be read.
        BundleError: there is no folder of a backbone.
    """
    classes = len(recipe.labels)
    read_emoticons(recipe.emoticons, folder)
    configure(recipe.student, classes, allow_hub=allow_hub)
    for name in teachers:
        if name == "text":
            configure(recipe.text, classes, allow_hub=allow_hub)
        elif name == "emotion":
            open_lexicon(find_lexicon(recipe.emotion.embeddings.lexicon, folder))
        else:
            configure(recipe.audio, classes, allow_hub=allow_hub)
            load_extractor(recipe.audio, allow_hub=allow_hub)
            for voice in recipe.audio.voices:
                _check_voice(voice, allow_hub=allow_hub)


def _check_voice(name: str, *, allow_hub: bool) -> None:
    if name in VOICE_NAMES:
        return
    place = name.partition("#")[0]
    if not place.startswith(HUB) and not (Path(place) / "config.json").is_file():
        raise RecipeError(
            f"There is no voice '{name}': expected {', '.join(VOICE_NAMES)}, or a Bark model as "
            "hub:NAME#PRESET or FOLDER#PRESET."
        )
    config = load_pretrained(AutoConfig, place, allow_hub=allow_hub)
    if config.model_type != "bark":
        raise RecipeError(f"The voice '{name}' is a model of type {config.model_type}, not Bark.")
