"""Where bundles, backbones, voices and samples lie."""

from __future__ import annotations

import os
from pathlib import Path

from mhkd.errors import BundleError

ASSETS = Path(os.environ.get("MHKD_ASSETS") or Path(__file__).resolve().parent.parent / "assets")


def backbone_folder(name: str) -> Path:
    """The folder of a backbone: a path, or a name in ``assets/backbones``.

    Raises:
        BundleError: there is no such folder.
    """
    for folder in (ASSETS / "backbones" / name, Path(name)):
        if (folder / "config.json").is_file():
            return folder
    known = ", ".join(f.parent.name for f in (ASSETS / "backbones").glob("*/config.json"))
    raise BundleError(
        f"There is no backbone '{name}': expected a folder with config.json, "
        f"or one of these names: {known or 'none'}."
    )
