"""Where a run writes: made, and refused, before hours of training."""

from __future__ import annotations

import tempfile
from pathlib import Path

from mhkd.bundle import CARD, MANIFEST, PREDICTIONS_FILE
from mhkd.errors import RecipeError
from mhkd.models.members import (
    AUDIO_FILE,
    EMOTION_FILE,
    FAMILIARITY_FILE,
    FAMILY_FILE,
    LARGE_FILE,
    STUDENT_FILE,
    TEXT_FILE,
    VOCABULARY_FILE,
)

OTHER_STUDENT_FILE = "student_of_the_evaluation.safetensors"  # there while it is evaluated
_OF_A_BUNDLE = {
    *(AUDIO_FILE, EMOTION_FILE, FAMILIARITY_FILE, FAMILY_FILE, LARGE_FILE, STUDENT_FILE),
    *(TEXT_FILE, VOCABULARY_FILE, CARD, MANIFEST, PREDICTIONS_FILE, OTHER_STUDENT_FILE),
}


def make_folder(folder: Path, option: str) -> Path:
    """Makes a folder, if it is not there, and tries that something can be written into it.

    Args:
        option: that names it, such as ``--run-dir``.

    Raises:
        RecipeError: it can't be made, or not written into.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as fault:
        raise RecipeError(
            f"{folder} can't be made or written into ({fault.strerror or 'no such place'}). "
            f"Choose another folder with {option}."
        ) from fault
    return folder


def check_bundle_place(folder: Path, run_dir: Path | None = None) -> None:
    """Refuses a folder that holds anything but an earlier bundle: a new one replaces it whole.

    The bundle is built beside it, in a folder of the same name with ``.building`` after it, which
    is emptied as well if it holds nothing but parts of a bundle.

    Args:
        run_dir: of the run, which must not be replaced either.

    Raises:
        RecipeError: the folder, or the one beside it, holds other things.
    """
    cure = "Choose an empty folder with --out, or that of an earlier bundle."
    if run_dir is not None and run_dir.resolve().is_relative_to(folder.resolve()):
        raise RecipeError(f"{folder} holds the run itself, and would be replaced. {cure}")
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise RecipeError(f"{folder} is a file or a link. {cure}")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise RecipeError(f"{folder} holds other things, and would be replaced. {cure}")
    building = building_place(folder)
    if _holds_others(building):
        raise RecipeError(
            f"{building} holds other things, and the bundle would be built there. "
            "Move them, or choose another folder with --out."
        )


def building_place(folder: Path) -> Path:
    """Where a bundle is built, beside its folder."""
    return folder.with_name(folder.name + ".building")


def _holds_others(folder: Path) -> bool:
    if folder.is_symlink() or not folder.is_dir():
        return folder.is_symlink() or folder.exists()
    return any(
        file.is_dir() or (file.name not in _OF_A_BUNDLE and file.suffix != ".part")
        for file in folder.iterdir()
    )
