"""A bundle: everything one task needs, verified before it is used."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from mhkd.assets import ASSETS
from mhkd.errors import BundleError

if TYPE_CHECKING:
    from mhkd.models.members import Members

FORMAT = 1
MANIFEST = "bundle.json"
CARD = "MODEL_CARD.md"
EXPLANATIONS_FILE = "reports/explanations.json"
BEHAVIOUR_FILE = "reports/behaviour.json"
CROSSVAL_FILE = "reports/crossval.json"


_MARKUP = re.compile(r"[\[\]<>*`#$|~\\\x00-\x1f]|://|www\.")


def _check_plain(name: str) -> str:
    """A name that pages show: Markdown and HTML would be followed there, so there is none in it."""
    if _MARKUP.search(name):
        raise ValueError("names that are shown hold no mark-up, addresses or line ends")
    return name


PlainName = Annotated[str, AfterValidator(_check_plain)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TextSettings(_Record):
    """How a text classifier is put together from its backbone and its own weights."""

    backbone: str = Field(description="Name in assets/backbones.")
    layers: int = Field(ge=1, description="Layers of the backbone that are used.")
    frozen_layers: int = Field(ge=0, description="Lowest layers, left as the backbone has them.")
    lora_rank: int = Field(ge=0, description="Rank of the adapters above; 0: whole layers stored.")
    pooled_layers: int = Field(1, ge=1, description="Uppermost layers whose states are pooled.")
    temperature: float = Field(gt=0, description="Divides the logits; fitted on validation.")


class FamilyStudent(_Record):
    """One of the students that were distilled from a subset of the teachers."""

    teachers: tuple[str, ...] = Field(description="Its teachers; empty: labels alone.")
    seed: int
    temperature: float = Field(gt=0, description="Fitted on validation, one for each subset.")

    @property
    def name(self) -> str:
        """The start of its weights' names, such as ``text+audio-0``."""
        return f"{'+'.join(self.teachers) or 'none'}-{self.seed}"


class AudioSettings(_Record):
    """The audio teacher: backbone, head, and how a post is spoken for it."""

    backbone: str
    backbone_title: PlainName = Field(description="The encoder's name as the page says it.")
    voice: str = Field(description="The voice that speaks a post without recording.")
    spoken_words: int = Field(ge=1, description="Words of a post that are spoken.")
    temperature: float = Field(gt=0)


class EmotionSettings(_Record):
    """The emotion teacher."""

    lexicon: str = Field(description="Name and licence of the lexicon.")
    emotions: tuple[PlainName, ...]
    hidden: int = Field(ge=1, description="Width of the MLP's hidden layer.")
    temperature: float = Field(gt=0)


class FamiliaritySettings(_Record):
    """The limit beyond which a post, or its sound, is outside what the models know."""

    threshold: float
    validation_share_outside: float = Field(ge=0, le=1)


class ConformalSettings(_Record):
    """The sets of labels that the student gives beside its most probable one."""

    coverage: float = Field(gt=0, lt=1, description="Share of posts whose set holds their label.")
    least_probability: float = Field(ge=0, le=1, description="With it a label is in the set.")
    n: int = Field(ge=1, description="Held-out posts that this was found on.")


class Manifest(_Record):
    """``bundle.json``.

    Attributes:
        labels: in the order of the logits.
        family: students of every subset of the teachers, put together like ``student``; empty
            where the recipe did not ask for them.
        label_sources: label → where such posts come from, as the page says it.
        mean_outputs: teacher → label → mean calibrated probability on training
            posts; stands in for a teacher that is absent from a set.
        metrics: model → metrics with intervals on the test split.
        files: name → SHA-256 of every other file of the bundle.
    """

    format: int
    name: PlainName
    version: PlainName
    title: PlainName
    labels: tuple[PlainName, ...] = Field(min_length=2)
    label_sources: dict[PlainName, PlainName]
    text: TextSettings
    audio: AudioSettings
    emotion: EmotionSettings
    student: TextSettings
    family: tuple[FamilyStudent, ...] = ()
    familiarity: FamiliaritySettings | None
    mean_outputs: dict[str, dict[str, float]]
    metrics: dict[str, Any]
    recipe: dict[str, Any]
    data: dict[str, Any]
    backbones: dict[str, str] = Field(description="Backbone → SHA-256 of its card.")
    files: dict[str, str]
    ordered: bool = Field(False, description="The labels are steps of a scale, lowest first.")
    conformal: ConformalSettings | None = None
    sound_familiarity: FamiliaritySettings | None = None
    student_large: TextSettings | None = Field(
        None, description="A second student, of the size of the text teacher's backbone."
    )

    @property
    def training_voices(self) -> tuple[str, ...]:
        """The synthetic voices that spoke the training posts; at least the app's own."""
        voices = self.recipe.get("speech", {}).get("voices")
        return tuple(voices) if voices else (self.audio.voice,)


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
