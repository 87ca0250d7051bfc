"""Files that a recipe of the paper names: where they are looked for, and what is in them."""

from __future__ import annotations

from pathlib import Path

from mhkd.bundle import hash_file
from mhkd.errors import RecipeError
from mhkd.training.own_files import identify_backbone
from mhkd.training.paper.recipe import PaperRecipe, Teacher

_SENTICNET = "senticnet:"


def find_file(name: str, folder: Path) -> Path:
    """A file that a recipe names: beside the data if it is there, else as the path says."""
    beside = folder / name
    return beside if beside.is_file() else Path(name)


def find_lexicon(name: str, folder: Path) -> str:
    """What ``open_lexicon`` takes, with the path of a file that lies beside the data."""
    kind = _SENTICNET if name.startswith(_SENTICNET) else ""
    file = find_file(name.removeprefix(kind), folder)
    return f"{kind}{file}" if file.is_file() else name


def read_emoticons(file: str | None, folder: Path) -> tuple[str, ...]:
    """The emoticons of a file, one in each line; those with a space inside are left out.

    Raises:
        RecipeError: there is no such file.
    """
    if file is None:
        return ()
    found = find_file(file, folder)
    if not found.is_file():
        raise RecipeError(
            f"The emoticons file {file} is missing, beside the data in {folder}, too: expected "
            "one emoticon in each line."
        )
    lines = found.read_text("utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and " " not in line.strip())


def identify_files(
    recipe: PaperRecipe, model: Teacher | None, folder: Path
) -> dict[str, str | None]:
    """Hashes of the files that decide what a model learns, for the keys of kept results.

    What comes from the hub, and what is shipped, counts by its name alone.

    Args:
        model: None for the student, whose tokenizer the emotion teacher reads with.
        folder: of the data.
    """
    found: dict[str, str | None] = {"emoticons": None}
    if recipe.emoticons is not None:
        found["emoticons"] = hash_file(find_file(recipe.emoticons, folder))
    if model in ("text", "audio"):
        return {**found, "backbone": _identify(getattr(recipe, model).backbone)}
    found["backbone"] = _identify(recipe.student.backbone)
    if model == "emotion":
        found["lexicon"] = identify_lexicon(recipe.emotion.embeddings.lexicon, folder)
    return found


def identify_lexicon(name: str, folder: Path) -> str:
    """A lexicon of a file by its hash, another by its name."""
    file = Path(find_lexicon(name, folder).removeprefix(_SENTICNET))
    return hash_file(file) if file.is_file() else name


def _identify(backbone: str) -> str:
    return backbone if backbone.startswith("hub:") else identify_backbone(backbone)
