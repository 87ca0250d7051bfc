"""A recipe: everything that decides what a training run gives, validated."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mhkd.errors import RecipeError


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def chosen(self, *, exclude: set[str] | None = None) -> dict[str, Any]:
        """What differs from the defaults, as plain values, for the keys of kept results.

        A field that is added later leaves these keys as they are. Therefore the default
        of a released field never changes, and that of a new one is what was done before.
        """
        return self.model_dump(exclude_defaults=True, exclude=exclude)


class DataRecipe(_Part):
    """Where the labelled posts are."""

    folder: str = Field(description="Folder of the files; --data-dir replaces it.")
    train: str = Field(description="CSV or Parquet with the columns id, text, label.")
    test: str = Field(description="The same, for the test split.")
    splits: str | None = Field(None, description="CSV with id and author_group, if known.")
    unfamiliar: list[UnfamiliarRecipe] = []
    folds: int = Field(4, ge=2, description="Folds for out-of-fold predictions.")


class UnfamiliarRecipe(_Part):
    """Posts of another kind; the card says how many of them are found to be outside."""

    name: str
    file: str = Field(description="CSV with text and label, beside the data.")
    label: str = Field(description="Only rows with this label.")
    skip: int = Field(0, ge=0, description="Rows at the start that were looked at before.")
    posts: int = Field(500, ge=1, description="At most this many after them.")


class SpeechRecipe(_Part):
    """The spoken corpus."""

    voices: dict[str, float] = Field(description="Voice → share of the posts; adds up to 1.")
    words: int = Field(40, ge=5, description="Words of each post that are spoken.")
    app_voice: str = Field("joe", description="The voice that speaks posts in the app.")


class FitRecipe(_Part):
    """One training loop."""

    epochs: int = Field(3, ge=1)
    batch: int = Field(16, ge=1, description="Posts in a batch.")
    learning_rate: float = Field(2e-4, gt=0)
    head_learning_rate: float = Field(1e-3, gt=0)
    weight_decay: float = Field(0.01, ge=0)
    warmup: float = Field(0.1, ge=0, le=1, description="Share of the steps with a rising rate.")
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    dropout: float = Field(0.1, ge=0, lt=1)


class TextRecipe(_Part):
    """The text teacher."""

    backbone: str
    frozen_layers: int = Field(ge=0, description="Lowest layers, computed once and kept.")
    lora_rank: int = Field(16, ge=0, description="0 trains the upper layers themselves.")
    pooled_layers: int = Field(1, ge=1, description="Uppermost layers that the head reads.")
    probe: float | None = Field(
        None,
        gt=0,
        description="Leaves all layers as they are and fits the head by logistic regression; "
        "the inverse strength of its L2 penalty. Then fit and lora_rank do nothing.",
    )
    fit: FitRecipe = FitRecipe()


class AudioRecipe(_Part):
    """The audio teacher."""

    backbone: str
    fit: FitRecipe = FitRecipe()


class StatesRecipe(_Part):
    """Hidden states of a text backbone."""

    backbone: str
    layer: int = Field(ge=1, description="Layers that are run; the states of the last are taken.")


class EmotionRecipe(_Part):
    """The emotion teacher: the graph, its embeddings, the classifier."""

    lexicon: str = Field(description="Lexicon file: word, tab, emotion.")
    features: str = Field(description="Text backbone that gives each word its features.")
    contexts: StatesRecipe | None = Field(
        None,
        description="States whose mean over a word's places in the training posts stands beside "
        "the graph's embedding of it.",
    )
    min_posts: int = Field(5, ge=1, description="A word is kept from this many posts,")
    min_authors: int = Field(3, ge=1, description="and this many authors.")
    window: int = Field(20, ge=2, description="Words in a window that counts co-occurrence.")
    min_jaccard: float = Field(0.2, ge=0, le=1)
    width: int = Field(256, ge=8, description="Width of the embeddings.")
    graph_hidden: int = Field(200, ge=8)
    graph_epochs: int = Field(120, ge=1)
    graph_learning_rate: float = Field(0.01, gt=0)
    hidden: int = Field(100, ge=2, description="Width of the classifier's hidden layer.")
    tune_embeddings: bool = Field(True, description="Train the embeddings with the classifier.")
    study: bool = Field(
        False, description="Also measure each part alone, and with the emotions shuffled."
    )
    fit: FitRecipe = FitRecipe()


class StudentCandidate(_Part):
    """A backbone cut to some layers."""

    backbone: str
    layers: int = Field(ge=1)
    frozen_layers: int = Field(0, ge=0)
    lora_rank: int = Field(
        0, ge=0, description="Rank of adapters on the layers above; 0 trains these themselves."
    )


class StudentRecipe(_Part):
    """The student and its loss ``α·CE + (1 − α)·T²·KL``."""

    candidates: list[StudentCandidate] = Field(min_length=1)
    alpha: float = Field(0.5, ge=0, le=1)
    temperature: float = Field(1.0, gt=0)
    paper_loss: bool = Field(False, description="The paper's CE + KL/C with T = 1 instead.")
    validation_folds: int = Field(2, ge=1, description="Folds that choose and calibrate it.")
    seeds: int = Field(
        1,
        ge=1,
        description="Seeds of the student and of its twin without teachers; the first "
        "is shipped as the student.",
    )
    subset_seeds: int = Field(
        0,
        ge=0,
        description="Seeds of the students of every other subset of the teachers; "
        "0 leaves these out.",
    )
    fit: FitRecipe = FitRecipe()


class Recipe(_Part):
    """A whole run."""

    name: str = Field(pattern=r"^[a-z0-9_-]+$")
    version: str
    title: str
    labels: list[str] = Field(min_length=2)
    label_sources: dict[str, str]
    ordered: bool = Field(False, description="The labels are steps of a scale, lowest first.")
    seed: int = 0
    data: DataRecipe
    speech: SpeechRecipe
    text: TextRecipe
    audio: AudioRecipe
    emotion: EmotionRecipe
    student: StudentRecipe
    familiarity_share: float = Field(
        0.05, gt=0, lt=0.5, description="Share of held-out posts that lie outside the limit."
    )


def load_recipe(name_or_path: str | Path) -> Recipe:
    """Reads a recipe: a path, or a name such as ``embedded/sdcnl``.

    Raises:
        RecipeError: no such recipe, or a field is wrong; the message names it.
    """
    file = _find_recipe(name_or_path)
    try:
        content: Any = yaml.safe_load(file.read_text("utf-8"))
        return Recipe.model_validate(content)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as fault:
        raise RecipeError(f"{file} is not YAML in UTF-8.") from fault
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "recipe"
        raise RecipeError(f"{file}: {place}: {first['msg']}.") from fault


def _find_recipe(name_or_path: str | Path) -> Path:
    embedded = Path(str(files("mhkd"))) / "recipes" / f"{name_or_path}.yaml"
    for file in (Path(name_or_path), embedded):
        if file.is_file():
            return file
    raise RecipeError(
        f"There is no recipe '{name_or_path}': expected a YAML file or a name "
        "such as embedded/sdcnl."
    )
