"""A recipe: everything that decides what a training run gives, validated."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mhkd.errors import RecipeError
from mhkd.manifest import PlainName
from mhkd.training.recipe_faults import tell_fault
from mhkd.training.recipe_files import read_recipe

Value = bool | int | float | str
Space = dict[str, list[Value]]
Rule = Literal["mean", "log_loss", "confidence"]


class RecipePart(BaseModel):
    """What all parts of a recipe share: unknown fields are refused, nothing changes later."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def chosen(self, *, exclude: set[str] | None = None) -> dict[str, Any]:
        """What differs from the defaults, as plain values, for the keys of kept results.

        A field that is added later leaves these keys as they are. Therefore the default
        of a released field never changes, and that of a new one is what was done before.
        """
        return self.model_dump(exclude_defaults=True, exclude=exclude)


class UnfamiliarRecipe(RecipePart):
    """Posts of another kind; the card says how many of them are found to be outside."""

    name: str = Field(description="What the card calls them.")
    file: str = Field(description="CSV with text and label, beside the data.")
    label: str = Field(description="Only rows with this label.")
    skip: int = Field(0, ge=0, description="Rows at the start that were looked at before.")
    posts: int = Field(500, ge=1, description="At most this many after them.")


class DataRecipe(RecipePart):
    """Where the labelled posts are."""

    folder: str = Field(description="Folder of the files; --data-dir replaces it.")
    train: str = Field(
        description="CSV or Parquet with the columns id, text, label; without a test file "
        "it holds all posts."
    )
    test: str | None = Field(None, description="The same, for the test split.")
    split: str | None = Field(
        None,
        description="Without a test file: the column, of the posts or of the splits file, that "
        "marks the posts with train, val or test. Posts marked val are trained on, too: choices "
        "are made on folds. Posts without a mark are left out.",
    )
    test_share: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="With neither: this share of the posts is the test split, drawn with the "
        "recipe's seed; the labels keep their shares, an author stays on one side.",
    )
    splits: str | None = Field(
        None,
        description="CSV with id and author_group, the column of the split, or both. Left out, "
        "each post counts as by an author of its own.",
    )
    unfamiliar: list[UnfamiliarRecipe] = Field(
        [], description="Posts of another kind, to see how many are found to be outside."
    )
    folds: int = Field(4, ge=2, description="Folds for out-of-fold predictions.")


class SpeechRecipe(RecipePart):
    """The spoken corpus."""

    voices: dict[str, float] = Field(description="Voice → share of the posts; adds up to 1.")
    words: int = Field(40, ge=5, description="Words of each post that are spoken.")
    app_voice: str = Field("joe", description="The voice that speaks posts in the app.")

    @model_validator(mode="after")
    def _share_everything(self) -> SpeechRecipe:
        total = sum(self.voices.values())
        if abs(total - 1) > 1e-9 or min(self.voices.values(), default=0) < 0:
            raise ValueError(
                "the shares of the voices are 0 or more and add up to 1; "
                f"these add up to {total:g}, the least is {min(self.voices.values(), default=0):g}"
            )
        return self


class FitRecipe(RecipePart):
    """One training loop."""

    epochs: int = Field(3, ge=1, description="Passes over the posts, at most.")
    batch: int = Field(
        16, ge=1, description="Posts in a batch; under torchrun, of each process's batch."
    )
    learning_rate: float = Field(2e-4, gt=0, description="Highest rate of the layers below.")
    head_learning_rate: float = Field(1e-3, gt=0, description="Highest rate of the head.")
    weight_decay: float = Field(0.01, ge=0, description="Decay of matrices, none of biases.")
    warmup: float = Field(0.1, ge=0, le=1, description="Share of the steps with a rising rate.")
    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="Share of the target that is spread over all labels."
    )
    dropout: float = Field(0.1, ge=0, lt=1, description="Dropout before the head.")
    adapter_dropout: float = Field(
        0.05, ge=0, lt=1, description="Dropout before each adapter; of text models alone."
    )
    class_weights: bool = Field(
        False, description="Weigh each label by the inverse of its share, where labels are skewed."
    )
    patience: int = Field(
        0,
        ge=0,
        description="Stop after this many epochs in which the loss on a tenth of the posts, held "
        "out, has not fallen, and keep the best weights; 0 trains on all posts for all epochs.",
    )


class TextRecipe(RecipePart):
    """The text teacher."""

    backbone: str = Field(
        description="Text encoder: a folder, a name in assets/backbones, or hub:NAME with "
        "--allow-hub, which is then kept in the run folder."
    )
    frozen_layers: int = Field(ge=0, description="Lowest layers, computed once and kept.")
    lora_rank: int = Field(16, ge=0, description="0 trains the upper layers themselves.")
    pooled_layers: int = Field(1, ge=1, description="Uppermost layers that the head reads.")
    probe: float | None = Field(
        None,
        gt=0,
        description="Leaves all layers as they are and fits the head by logistic regression; "
        "the inverse strength of its L2 penalty. Then fit and lora_rank do nothing.",
    )
    fit: FitRecipe = Field(FitRecipe(), description="How it is trained, unless probed.")


class AudioRecipe(RecipePart):
    """The audio teacher."""

    backbone: str = Field(description="Speech encoder: a folder, or a name in assets/backbones.")
    fit: FitRecipe = Field(FitRecipe(), description="How its head is trained.")


class StatesRecipe(RecipePart):
    """Hidden states of a text backbone."""

    backbone: str = Field(description="Text encoder, as for the text teacher.")
    layer: int = Field(ge=1, description="Layers that are run; the states of the last are taken.")


class EmotionRecipe(RecipePart):
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
    min_jaccard: float = Field(
        0.2, ge=0, le=1, description="Posts whose words overlap by more are joined."
    )
    width: int = Field(256, ge=8, description="Width of the embeddings.")
    graph_hidden: int = Field(200, ge=8, description="Width of the graph's first layer.")
    graph_epochs: int = Field(120, ge=1, description="Epochs of the graph, at most.")
    graph_learning_rate: float = Field(0.01, gt=0, description="Learning rate of the graph.")
    hidden: int = Field(100, ge=2, description="Width of the classifier's hidden layer.")
    tune_embeddings: bool = Field(True, description="Train the embeddings with the classifier.")
    study: bool = Field(
        False, description="Also measure each part alone, and with the emotions shuffled."
    )
    fit: FitRecipe = Field(FitRecipe(), description="How the classifier is trained.")


class StudentCandidate(RecipePart):
    """A backbone cut to some layers."""

    backbone: str = Field(description="Text encoder, as for the text teacher.")
    layers: int = Field(ge=1, description="Its lowest layers that are kept.")
    frozen_layers: int = Field(0, ge=0, description="Of these, the lowest that stay as they are.")
    lora_rank: int = Field(
        0, ge=0, description="Rank of adapters on the layers above; 0 trains these themselves."
    )

    @model_validator(mode="after")
    def _freeze_kept_layers(self) -> StudentCandidate:
        if self.frozen_layers > self.layers:
            raise ValueError(
                f"frozen_layers ({self.frozen_layers}) is more than the {self.layers} layers kept"
            )
        if self.lora_rank and self.frozen_layers == self.layers:
            raise ValueError(f"no layer above the {self.layers} frozen ones is left for adapters")
        return self


class LargeStudentRecipe(RecipePart):
    """A second student of the size of the text teacher's backbone, as in the paper."""

    candidate: StudentCandidate = Field(description="Its backbone and what of it is trained.")
    fit: FitRecipe = Field(FitRecipe(), description="How it is trained.")


class StudentRecipe(RecipePart):
    """The student and its loss ``α·CE + (1 − α)·T²·KL``."""

    candidates: list[StudentCandidate] = Field(
        min_length=1, description="The best on held-out folds, by log-loss, becomes the student."
    )
    alpha: float = Field(0.5, ge=0, le=1, description="α, the weight of the labels.")
    temperature: float = Field(1.0, gt=0, description="T, of student and soft target.")
    soft_targets: Rule = Field(
        "mean",
        description="How the teachers' held-out probabilities become one: their plain mean (the "
        "paper's), with weights of least log-loss fitted on the other folds, or for each post by "
        "how decided each teacher is.",
    )
    paper_loss: bool = Field(False, description="The paper's CE + KL/C with T = 1 instead.")
    masked_copies: int = Field(
        0,
        ge=0,
        description="Copies of each post, some of their words masked, that are learned from beside "
        "it with its targets: what the student then says of a post without some words is learned, "
        "too. The larger student and the comparison of losses go without. Not with fit.patience.",
    )
    masked_share: float = Field(
        0.6,
        gt=0,
        lt=1,
        description="A copy loses a share of its words drawn evenly from 0 to this.",
    )
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
    large: LargeStudentRecipe | None = Field(
        None, description="Also distil a larger student, with the same loss and soft targets."
    )
    study: bool = Field(
        False, description="Also compare temperatures T, weights α and rules for the soft targets."
    )
    fit: FitRecipe = Field(FitRecipe(), description="How it is trained.")

    @model_validator(mode="after")
    def _hold_out_no_copies(self) -> StudentRecipe:
        if self.masked_copies and self.fit.patience:
            raise ValueError(
                "masked_copies and fit.patience exclude each other: a copy of a held-out post "
                "would be learned from"
            )
        return self


class TuneRecipe(RecipePart):
    """The search for a part's settings."""

    trials: int = Field(50, ge=1, description="Trials of a part, those of earlier runs included.")
    text: Space = Field({}, description="Field of the text teacher → values that are tried.")
    audio: Space = Field({}, description="The same for the audio teacher.")
    emotion: Space = Field({}, description="The same for the emotion teacher.")
    student: Space = Field({}, description="The same for the student.")


class Recipe(RecipePart):
    """A whole run."""

    name: str = Field(pattern=r"^[a-z0-9_-]+$", description="Of the bundle and the run folder.")
    version: PlainName = Field(description="Of the bundle.")
    title: PlainName = Field(description="What the app and the card call the bundle.")
    labels: list[PlainName] = Field(min_length=2, description="Two or more, as in the data.")
    label_sources: dict[PlainName, PlainName] = Field(
        description="Label → where such posts come from, as the app words it."
    )
    ordered: bool = Field(False, description="The labels are steps of a scale, lowest first.")
    seed: int = Field(0, description="Of folds, first weights, order of batches and dropout.")
    data: DataRecipe = Field(description="The labelled posts.")
    speech: SpeechRecipe = Field(description="The spoken corpus.")
    text: TextRecipe = Field(description="The text teacher.")
    audio: AudioRecipe = Field(description="The audio teacher.")
    emotion: EmotionRecipe = Field(description="The emotion teacher.")
    student: StudentRecipe = Field(description="The student.")
    tune: TuneRecipe = Field(TuneRecipe(), description="What mhkd tune searches.")
    selection_note: str | None = Field(
        None,
        description="What the card says of a choice that was not made on folds of the training "
        "part alone: whole sentences.",
    )
    familiarity_share: float = Field(
        0.05, gt=0, lt=0.5, description="Share of held-out posts that lie outside the limit."
    )

    @model_validator(mode="after")
    def _fit_together(self) -> Recipe:
        twice = next((label for label in self.labels if self.labels.count(label) > 1), None)
        if twice is not None:
            raise ValueError(f"labels: '{twice}' stands there twice")
        if self.student.validation_folds > self.data.folds:
            raise ValueError(
                f"student.validation_folds ({self.student.validation_folds}) is more than the "
                f"{self.data.folds} folds of data.folds"
            )
        return self


def load_recipe(name_or_path: str | Path) -> Recipe:
    """Reads a recipe: a path, or a name such as ``embedded/sdcnl``.

    Raises:
        RecipeError: no such recipe, or a field is wrong or would be ignored; the message names it.
    """
    from mhkd.training.idle import refuse_idle

    file, content = read_recipe(name_or_path)
    if isinstance(content, dict) and content.get("kind") == "paper":
        raise RecipeError(f"{file} is a recipe of the paper: mhkd train and mhkd tune take it.")
    try:
        recipe = Recipe.model_validate(content)
    except ValidationError as fault:
        raise RecipeError(f"{file}: {tell_fault(Recipe, fault)}") from fault
    refuse_idle(recipe)
    return recipe
