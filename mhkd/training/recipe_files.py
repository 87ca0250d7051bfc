"""The files of recipes: given by path, or by name among those of the package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from mhkd.errors import RecipeError


def read_recipe(name_or_path: str | Path) -> tuple[Path, Any]:
    """The file of a recipe and what its YAML says, not yet validated.

    Raises:
        RecipeError: there is no such file, or it is not YAML.
    """
    file = find_recipe(name_or_path)
    try:
        return file, yaml.safe_load(file.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as fault:
        raise RecipeError(f"{file} is not YAML in UTF-8.") from fault


def find_recipe(name_or_path: str | Path) -> Path:
    """The file of a recipe.

    Raises:
        RecipeError: there is no such file, and no recipe of this name.
    """
    embedded = Path(str(files("mhkd"))) / "recipes" / f"{name_or_path}.yaml"
    for file in (Path(name_or_path), embedded):
        if file.is_file():
            return file
    raise RecipeError(
        f"There is no recipe '{name_or_path}': expected a YAML file or a name "
        "such as embedded/sdcnl."
    )
