"""``bundle.json`` as a record: what a bundle is made of, and what was measured."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

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


def knows_authors(data: Mapping[str, Any]) -> bool:
    """The data told who wrote what: where they don't, each post counts as an author's only one."""
    parts = (data.get(name, {}) for name in ("train", "test"))
    return any(part.get("authors") not in (None, part.get("posts")) for part in parts)
