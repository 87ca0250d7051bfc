"""Text backbones of an embedded recipe that come from the Hugging Face hub or its cache.

A bundle never depends on the hub: what is named ``hub:NAME`` is written as a backbone folder first,
and recipe and bundle go on with that folder.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mhkd.bundle import hash_file
from mhkd.errors import RecipeError
from mhkd.models.storage import save_weights
from mhkd.training.processes import first_alone
from mhkd.training.recipe import Recipe
from mhkd.training.stages import Say

HUB = "hub:"


def take_from_hub(recipe: Recipe, folder: Path, *, allow_hub: bool, say: Say) -> Recipe:
    """The recipe with every ``hub:NAME`` replaced by a folder below ``folder``.

    Raises:
        RecipeError: the hub is not allowed or does not give it, or the backbone is not BERT-like.
    """
    content = recipe.model_dump()
    if recipe.audio.backbone.startswith(HUB):
        raise RecipeError(
            "The audio teacher of an embedded recipe is a Whisper encoder in a folder; AST from "
            "the hub is for recipes of the paper (paper/sdcnl)."
        )
    names = {place: value for place, value in _walk(content) if _is_hub(value)}
    for name in sorted(set(names.values())):
        if not allow_hub:
            raise RecipeError(
                f"The recipe takes '{name.removeprefix(HUB)}' from the Hugging Face hub or its "
                "cache. Allow that with --allow-hub."
            )
        target = folder / name.removeprefix(HUB).replace("/", "--")
        with first_alone():
            if not (target / "backbone.json").is_file():
                say(f"backbone {name} …")
                import_text_backbone(name.removeprefix(HUB), target)
        content = _replace(content, name, str(target.resolve()))
    return Recipe.model_validate(content) if names else recipe


def import_text_backbone(source: str, target: Path, *, local_files_only: bool = False) -> None:
    """Writes a BERT-like encoder as ``models.backbones`` reads it, weights in 16 bit.

    Args:
        source: a name on the hub, or a folder.
    """
    from transformers import AutoModel, AutoTokenizer

    from mhkd.models.backbones import WEIGHTS_FILE

    try:
        encoder: Any = AutoModel.from_pretrained(source, local_files_only=local_files_only)
        tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=local_files_only)
    except (OSError, ValueError) as fault:
        raise RecipeError(
            f"'{source}' can't be loaded: it is not in the cache and the hub can't be reached, "
            "or it is no text encoder."
        ) from fault
    if not hasattr(getattr(encoder, "encoder", None), "layer") or not tokenizer.is_fast:
        raise RecipeError(
            f"'{source}' is not BERT-like: expected encoder.layer and a fast tokenizer, as in "
            "BERT, RoBERTa, ELECTRA or MPNet."
        )
    building = target.with_name(target.name + ".building")
    building.mkdir(parents=True, exist_ok=True)
    encoder.config.save_pretrained(building)
    tokenizer.save_pretrained(building)
    weights = {
        name: value
        for name, value in encoder.state_dict().items()
        if "pooler" not in name and value.is_floating_point()
    }
    save_weights(weights, building / WEIGHTS_FILE)
    files = {file.name: hash_file(file) for file in sorted(building.iterdir())}
    card = {"title": source.rsplit("/", 1)[-1], "source": source, "weights": "16 bit"}
    card["licence"] = "see its page on the hub"
    (building / "backbone.json").write_text(json.dumps({**card, "files": files}, indent=2), "utf-8")
    building.rename(target)


def _walk(value: Any, place: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [found for key, one in value.items() for found in _walk(one, f"{place}.{key}")]
    if isinstance(value, list):
        return [found for key, one in enumerate(value) for found in _walk(one, f"{place}.{key}")]
    return [(place, value)]


def _is_hub(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(HUB)


def _replace(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {key: _replace(one, old, new) for key, one in value.items()}
    if isinstance(value, list):
        return [_replace(one, old, new) for one in value]
    return new if value == old else value
