"""Files of one's own that a recipe names: what is in them is part of each stage's key."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from mhkd.assets import ASSETS, backbone_folder
from mhkd.bundle import hash_file
from mhkd.training.recipe import Recipe


def identify_backbone(name: str) -> str:
    """A shipped backbone by its name, another by its path and the hash of its files."""
    shipped = ASSETS / "backbones" / name / "config.json"
    if Path(name).name == name and shipped.is_file():  # else it is a path, maybe a whole one
        return name
    return f"{name} {_hash_folder(backbone_folder(name))}"


def identify_lexicon(name: str) -> str:
    """A lexicon by its name, that of a file by its path and hash."""
    file = Path(name.removeprefix("senticnet:"))
    if not file.is_file() or (ASSETS / "lexicons" / f"{name}.tsv").is_file():
        return name
    return f"{name} {hash_file(file)}"


def identify_own_files(recipe: Recipe) -> list[str]:
    """Backbones and lexicon of a recipe that are not shipped, with their hashes."""
    student = recipe.student
    candidates = [*student.candidates, *([student.large.candidate] if student.large else [])]
    contexts = recipe.emotion.contexts
    backbones = {
        recipe.text.backbone,
        recipe.audio.backbone,
        recipe.emotion.features,
        *([contexts.backbone] if contexts else []),
        *(candidate.backbone for candidate in candidates),
    }
    found = {name: identify_backbone(name) for name in backbones}
    found[recipe.emotion.lexicon] = identify_lexicon(recipe.emotion.lexicon)
    return sorted(identity for name, identity in found.items() if identity != name)


def _hash_folder(folder: Path) -> str:
    files = sorted(file for file in folder.iterdir() if file.is_file())
    marks = ((file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files)
    return _hash_files(folder, tuple(marks))


@lru_cache(maxsize=16)
def _hash_files(folder: Path, marks: tuple[tuple[str, int, int], ...]) -> str:
    whole = hashlib.sha256()
    for name, _, _ in marks:
        whole.update(f"{name} {hash_file(folder / name)}\n".encode())
    return whole.hexdigest()[:16]
