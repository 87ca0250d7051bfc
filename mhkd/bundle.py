"""A bundle: everything one task needs, verified before it is used."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from mhkd.assets import ASSETS
from mhkd.errors import BundleError
from mhkd.manifest import Manifest

if TYPE_CHECKING:
    from mhkd.models.members import Members

FORMAT = 1
MANIFEST = "bundle.json"
PREDICTIONS_FILE = "test_predictions.csv"
CARD = "MODEL_CARD.md"
EXPLANATIONS_FILE = "reports/explanations.json"
BEHAVIOUR_FILE = "reports/behaviour.json"
CROSSVAL_FILE = "reports/crossval.json"


@dataclass(frozen=True)
class BundleSummary:
    """A bundle on disk and whether it is whole.

    ``fault`` is the public message of what is wrong, or None.
    """

    name: str
    version: str
    folder: Path
    sha256: str
    fault: str | None


@dataclass(frozen=True, eq=False)
class Bundle:
    """A verified bundle whose models load when they are first asked for."""

    manifest: Manifest
    folder: Path
    sha256: str

    @cached_property
    def explanation_report(self) -> dict[str, Any] | None:
        """How its explanations fare on held-out posts; None where that was not measured."""
        return self._read_report(EXPLANATIONS_FILE)

    @cached_property
    def behaviour_report(self) -> dict[str, Any] | None:
        """How its answers change over written pairs; None where that was not measured."""
        return self._read_report(BEHAVIOUR_FILE)

    @cached_property
    def crossval_report(self) -> dict[str, Any] | None:
        """What models trained anew in every fold reach; None where that was not measured."""
        return self._read_report(CROSSVAL_FILE)

    def _read_report(self, name: str) -> dict[str, Any] | None:
        if name not in self.manifest.files:
            return None
        report: dict[str, Any] = json.loads((self.folder / name).read_text("utf-8"))
        return report

    def load_members(self, device: str) -> Members:
        """Loads the three teachers and the student, in float32 and eval mode.

        Args:
            device: a torch device, such as ``cpu`` or ``cuda``.
        """
        from mhkd.models.members import load_members

        return load_members(self.manifest, self.folder, device)


def find_bundle(name_or_path: str | Path) -> Path:
    """The folder of a bundle: a path, or a name in ``assets/bundles``.

    Raises:
        BundleError: there is no such bundle.
    """
    for folder in (ASSETS / "bundles" / str(name_or_path), Path(name_or_path)):
        if (folder / MANIFEST).is_file():
            return folder
    known = ", ".join(file.parent.name for file in _manifests()) or "none"
    raise BundleError(
        f"There is no bundle '{name_or_path}': expected a folder with {MANIFEST}, "
        f"or one of these names: {known}."
    )


def load_bundle(name_or_path: str | Path) -> Bundle:
    """Opens a bundle and verifies the hash of each of its files and backbones.

    Raises:
        BundleError: it is missing, damaged, or made for another version.
    """
    folder = find_bundle(name_or_path)
    content = (folder / MANIFEST).read_bytes()
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BundleError(
            f"{folder / MANIFEST} is not a bundle manifest: {place or 'file'}: {first['msg']}."
        ) from fault
    if manifest.format != FORMAT:
        raise BundleError(
            f"The bundle in {folder} has format {manifest.format}; this version reads {FORMAT}. "
            "Train it again with this version."
        )
    verify_files(folder, manifest.files)
    manifest = _find_backbones(manifest, folder)
    _verify_backbones(manifest)
    return Bundle(manifest, folder, hashlib.sha256(content).hexdigest())


def list_bundles() -> list[BundleSummary]:
    """Every bundle in ``assets/bundles``, verified; a damaged one is listed with its fault."""
    summaries = []
    for file in _manifests():
        try:
            bundle = load_bundle(file.parent)
        except BundleError as fault:
            summaries.append(
                BundleSummary(file.parent.name, "", file.parent, "", fault.public_message)
            )
        else:
            manifest = bundle.manifest
            summaries.append(
                BundleSummary(manifest.name, manifest.version, file.parent, bundle.sha256, None)
            )
    return summaries


def verify_files(folder: Path, files: Mapping[str, str]) -> None:
    """Compares the SHA-256 of each file with the one it should have.

    Raises:
        BundleError: a file is missing, changed, or named outside the folder.
    """
    for name, expected in files.items():
        file = folder / name
        if not file.resolve().is_relative_to(folder.resolve()):
            raise BundleError(f"The manifest in {folder} names a file outside it: '{name}'.")
        if not file.is_file():
            raise BundleError(f"{file} is missing. Restore it from the repository.")
        found = hash_file(file)
        if found != expected:
            raise BundleError(
                f"{file} is not the file that was released: expected SHA-256 {expected[:12]}…, "
                f"found {found[:12]}…. Restore it from the repository."
            )


def hash_file(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def save_manifest(manifest: Manifest, folder: Path) -> None:
    """Writes ``bundle.json`` by way of a temporary name.

    Raises:
        BundleError: it can't be written; an earlier one is left as it was.
    """
    partial = folder / f"{MANIFEST}.part"
    try:
        partial.write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
        partial.replace(folder / MANIFEST)
    except OSError as fault:
        raise BundleError(f"{folder / MANIFEST} can't be written: {fault.strerror}.") from fault
    finally:
        partial.unlink(missing_ok=True)


def _find_backbones(manifest: Manifest, folder: Path) -> Manifest:
    """Backbones that are not among the assets are looked for beside the bundle's folder.

    So a bundle opens by its path where the package was installed without its assets.
    """
    beside = folder.resolve().parent.parent / "backbones"
    if beside == ASSETS.resolve() / "backbones" or not beside.is_dir():
        return manifest
    places = {
        name: str(beside / name)
        for name in manifest.backbones
        if (beside / name / "config.json").is_file()
    }
    return Manifest.model_validate(_renamed(manifest.model_dump(), places))


def _renamed(value: Any, places: Mapping[str, str]) -> Any:
    if not isinstance(value, dict):
        return value
    return {
        name: places.get(kept, kept)
        if name == "backbone"
        else {places.get(key, key): sha for key, sha in kept.items()}
        if name == "backbones"
        else _renamed(kept, places)
        for name, kept in value.items()
    }


def _verify_backbones(manifest: Manifest) -> None:
    from mhkd.assets import backbone_folder

    for name, expected in manifest.backbones.items():
        folder = backbone_folder(name)
        if hash_file(folder / "backbone.json") != expected:
            raise BundleError(
                f"The backbone '{name}' is not the one this bundle was trained on. "
                "Restore assets/backbones from the repository."
            )
        verify_files(folder, json.loads((folder / "backbone.json").read_text("utf-8"))["files"])


def _manifests() -> list[Path]:
    return sorted((ASSETS / "bundles").glob(f"*/{MANIFEST}"))
