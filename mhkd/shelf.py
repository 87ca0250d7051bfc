"""Which bundles there are, by name and title. Light: nothing is opened or verified."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mhkd.assets import ASSETS

OWN_BUNDLES: Final = "MHKD_BUNDLES"
_MANIFEST: Final = "bundle.json"
_OWN: Final = "own:"


@dataclass(frozen=True)
class ShelvedBundle:
    """A folder that holds a manifest.

    Attributes:
        key: its name; one from the folder of one's own begins with ``own:``.
        title: of its manifest; the key where that can't be read, which opening it will say.
        folder: where it lies.
    """

    key: str
    title: str
    folder: Path


def list_shelf() -> tuple[ShelvedBundle, ...]:
    """The bundles that ship, then those in the folder that ``MHKD_BUNDLES`` names."""
    own = os.environ.get(OWN_BUNDLES)
    found = [_shelve(file, "") for file in _manifests(ASSETS / "bundles")]
    if own:
        found += [_shelve(file, _OWN) for file in _manifests(Path(own))]
    return tuple(found)


def read_shelved(bundle: ShelvedBundle) -> tuple[str, dict[str, Any]]:
    """The SHA-256 of its manifest and what that says; nothing is verified against it.

    Raises:
        OSError, ValueError: it can't be read.
    """
    content = (bundle.folder / _MANIFEST).read_bytes()
    told = json.loads(content)
    if not isinstance(told, dict):
        raise ValueError(_MANIFEST)
    return hashlib.sha256(content).hexdigest(), told


def _manifests(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*/{_MANIFEST}"))


def _shelve(file: Path, prefix: str) -> ShelvedBundle:
    key = f"{prefix}{file.parent.name}"
    try:
        told = json.loads(file.read_text("utf-8"))
        title = str(told["title"])
    except (OSError, ValueError, KeyError, TypeError):
        title = key
    return ShelvedBundle(key, title, file.parent)
