"""A recipe of the paper. Every switch stands, by default, as in the released notebooks.

Sources: 3M-Health (Cabral, Luo, Poon, Han; CIKM 2024) with supplement and notebooks, and MM-EMOG
(Cabral, Han, Poon, Nenadic; Robotics 13(3), 2024).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from mhkd.errors import RecipeError
from mhkd.training.recipe import RecipePart, Space
from mhkd.training.recipe_faults import tell_fault
from mhkd.training.recipe_files import read_recipe

Teacher = Literal["text", "emotion", "audio"]


class PaperDataRecipe(RecipePart):
    """Where the labelled posts are, and how they are split."""

    folder: str = Field(description="Folder of the files; --data-dir replaces it.")
    train: str = Field(description="CSV or Parquet with id, text, label.")
    test: str | None = Field(None, description="The same, for an official test split.")
    splits: str | None = Field(
        None,
        description="CSV with id and the column of the split; author_group, if it has it, tells "
        "whose posts stand on both sides.",
    )
    split: str | None = Field(
        None,
        description="Column with train, val and test, or, with cross_validation, with the number "
        "of the fold. Without it the notebooks' rule: 90 of 100 rows of the training part train "
        "(numpy, seed 123, not stratified), the others validate.",
    )
    cross_validation: int | None = Field(
        None, ge=2, description="Folds; each is the test part once, and all are scored together."
    )
    stratified: bool = Field(
        False, description="Fault 20: the posts to validate with are drawn whatever their labels; "
        "true keeps the shares of the labels."
    )  # fmt: skip
    test_share: float = Field(
        0.2, gt=0, lt=1, description="Test share where nothing else says how to split."
    )


class PaperFit(RecipePart):
    """One training loop."""

    epochs: int = Field(ge=1, description="Passes over the posts, at most.")
    batch: int = Field(ge=1, description="Posts in a batch.")
    learning_rate: float = Field(gt=0, description="Of all parameters.")
    weight_decay: float = Field(0.0, ge=0, description="Of all parameters.")
    optimizer: Literal["adam", "adamw"] = Field("adam", description="Fault 22: adam.")
    warmup: float = Field(
        0.0, ge=0, lt=1, description="Fault 22: 0, a constant rate; else its share of the steps, "
        "with a linear decay after it."
    )  # fmt: skip
    clip: float = Field(0.0, ge=0, description="Fault 22: 0, gradients are not clipped.")
    class_weights: bool = Field(False, description="Fault 23: no weights for skewed labels.")
    patience: int = Field(
        0, ge=0, description="Stop after so many epochs without a lower validation loss; 0 never."
    )
    keep: Literal["last", "best"] = Field(
        "last", description="Fault 18: the last epoch's weights, not those of the lowest loss."
    )
    plateau_patience: int | None = Field(
        None, ge=0, description="Epochs without a lower validation loss until the rate falls."
    )
    plateau_factor: float = Field(0.5, gt=0, lt=1, description="What it is multiplied with then.")

    @model_validator(mode="after")
    def _fall_by_one_rule(self) -> PaperFit:
        if self.warmup and self.plateau_patience is not None:
            raise ValueError(
                "warmup and plateau_patience exclude each other: after a warm-up the rate falls "
                "by itself"
            )
        return self


class PaperEncoder(RecipePart):
    """A pretrained transformer, cut and changed as the notebooks do."""

    backbone: str = Field(
        description="hub:NAME (needs --allow-hub) or a folder that save_pretrained has written. "
        "Posts are read with its fast tokenizer, where the notebooks take the slow one of BERT."
    )
    layers: int = Field(ge=1, description="Its lowest layers that are kept.")
    heads: int | None = Field(
        None, ge=1, description="Fault 11: another number of heads than it was trained with; "
        "null keeps its own."
    )  # fmt: skip
    dropout: float = Field(ge=0, lt=1, description="Dropout of the hidden states.")
    attention_dropout: float | None = Field(
        None, ge=0, lt=1, description="Fault 13: null, the backbone's own, because the notebooks "
        "set a key that does not exist."
    )  # fmt: skip
    activation: Literal["relu", "gelu"] | None = Field(
        None, description="Fault 12: another activation than it was trained with; null keeps it."
    )


class PaperTextRecipe(PaperEncoder):
    """The text teacher."""

    fit: PaperFit = Field(description="Its training.")


class PaperAudioRecipe(PaperEncoder):
    """The audio teacher: AST over the spoken post."""

    voices: list[str] = Field(
        ["hub:suno/bark#v2/en_speaker_6"],
        min_length=1,
        description="Fault 16: one voice. hub:NAME#PRESET or FOLDER#PRESET for Bark, or a voice of "
        "the package. Several take turns.",
    )
    frames: int = Field(
        512, ge=16, description="Fault 14: frames of 10 ms that are heard, the rest is cut."
    )
    positions: Literal["untrained", "cropped"] = Field(
        "untrained",
        description="Fault 14: the positions start anew because their number differs; cropped "
        "keeps the pretrained ones of the frames that are heard.",
    )
    normalise: Literal["clips", "backbone"] = Field(
        "clips",
        description="Fault 15: by mean and deviation of all clips, test and padding included; "
        "backbone takes the constants that it was trained with.",
    )
    fit: PaperFit = Field(description="Its training.")


class EmogRecipe(RecipePart):
    """MM-EMOG: the token embeddings that the emotion teacher reads."""

    lexicon: str = Field(
        description="senticnet:FILE, emolex (package nrclex), vader (package vaderSentiment), a "
        "name in assets/lexicons, or a TSV of word, tab, emotion. A file is looked for beside the "
        "data first. The notebooks' stray label NaN of SenticNet is left out."
    )
    min_count: int = Field(5, ge=1, description="Tokens below this count are left out.")
    window: int = Field(20, ge=2, description="Tokens in a window that counts co-occurrence.")
    min_jaccard: float = Field(0.2, ge=0, le=1, description="Posts that overlap more are joined.")
    marks: Literal["any", "share"] = Field(
        "any", description="A post carries an emotion if any token does; share: if its share of "
        "such tokens is above the median of the posts."
    )  # fmt: skip
    hidden: int = Field(200, ge=2, description="Width of the graph's first layer.")
    width: int = Field(768, ge=4, description="Width of the embeddings.")
    graph_epochs: int = Field(200, ge=1, description="Epochs of the graph, at most.")
    graph_learning_rate: float = Field(0.02, gt=0, description="Adam's, of the graph.")
    phase_two: bool = Field(True, description="Train a BERT of random weights on the emotions.")
    hand_over: bool = Field(
        False,
        description="Fault: the graph's embeddings never reach the BERT (they are assigned to "
        "an attribute that does not exist), so that its table is noise; true hands them over.",
    )
    bert_layers: int = Field(12, ge=1, description="Layers of that BERT.")
    bert_heads: int = Field(12, ge=1, description="Its heads.")
    bert_epochs: int = Field(200, ge=1, description="Its epochs, at most.")
    bert_learning_rate: float = Field(1e-5, gt=0, description="Its learning rate.")
    bert_batch: int = Field(32, ge=1, description="Its batch.")
    patience: int = Field(10, ge=1, description="Epochs without a lower loss, in both phases.")

    @model_validator(mode="after")
    def _cut_in_heads(self) -> EmogRecipe:
        if self.phase_two and self.width % self.bert_heads:
            raise ValueError(f"a width of {self.width} can't be cut in {self.bert_heads} heads")
        return self


class PaperEmotionRecipe(RecipePart):
    """The emotion teacher: an MLP over MM-EMOG embeddings."""

    embeddings: EmogRecipe = Field(description="Its embeddings.")
    layers: int = Field(ge=2, description="Linear layers, the last included.")
    hidden: int = Field(ge=2, description="Their width.")
    dropout: float = Field(ge=0, lt=1, description="After each of them.")
    noisy_logits: bool = Field(True, description="Fault 5: ReLU and dropout on the logits.")
    pooling: Literal["flatten", "mean"] = Field(
        "flatten", description="Fault 6: all positions side by side, padding included; mean is "
        "over the tokens alone."
    )  # fmt: skip
    tune_embeddings: bool = Field(False, description="Fault 7: the embeddings stay as they are.")
    fit: PaperFit = Field(description="Its training.")


class PaperStudentRecipe(PaperEncoder):
    """The student and its loss ``w·CE + v·T²·KL``."""

    teachers: list[Teacher] = Field(description="Whose mean is the soft target; none: plain CE.")
    kl: Literal["mean", "batchmean"] = Field(
        "mean", description="Fault 1: KL divided by posts and classes; batchmean by posts alone."
    )
    weight_ce: float = Field(1.0, ge=0, description="w.")
    weight_kl: float = Field(1.0, ge=0, description="v.")
    temperature: float = Field(1.0, gt=0, description="Fault 2: T = 1.")
    teacher_weights: Literal["uniform", "log_loss", "confidence"] = Field(
        "uniform", description="Fault 2: the plain mean; else weights by each teacher's validation "
        "log-loss, or by its confidence in each post."
    )  # fmt: skip
    soft_targets: Literal["in_sample", "out_of_fold"] = Field(
        "in_sample", description="Fault 4: of posts that the teachers were trained on."
    )
    soft_folds: int = Field(5, ge=2, description="Folds of out_of_fold.")
    fit: PaperFit = Field(description="Its training.")

    @model_validator(mode="after")
    def _name_teachers_once(self) -> PaperStudentRecipe:
        if len(set(self.teachers)) < len(self.teachers):
            raise ValueError(f"a teacher stands twice in {self.teachers}")
        return self


class PaperTuneRecipe(RecipePart):
    """The search of ``mhkd tune``; an empty space is that of the supplement's table A1."""

    trials: int = Field(50, ge=1, description="Trials of a part, those of earlier runs included.")
    objective: Literal["batch_weighted_f1", "pooled_macro_f1"] = Field(
        "batch_weighted_f1",
        description="Fault 19: weighted F1 averaged over the validation batches; pooled_macro_f1 "
        "is macro-F1 of all validation posts.",
    )
    text: Space = Field({}, description="Field of the text teacher → values that are tried.")
    emotion: Space = Field({}, description="The same for the emotion teacher.")
    audio: Space = Field({}, description="The same for the audio teacher.")
    student: Space = Field({}, description="The same for the student.")


class PaperRecipe(RecipePart):
    """A whole run of the paper's method."""

    kind: Literal["paper"] = Field(description="Tells it from the embedded recipes.")
    name: str = Field(pattern=r"^[a-z0-9_-]+$", description="Of the run folder.")
    title: str = Field(description="What it is.")
    labels: list[str] = Field(min_length=2, description="As in the data.")
    seed: int = Field(123, description="Of everything drawn, plus the number of the run.")
    runs: int = Field(10, ge=1, description="Students trained from other seeds on the same split.")
    twin: bool = Field(
        False, description="Also train the student without teachers, as often, and tell what the "
        "teachers add; the notebooks don't."
    )  # fmt: skip
    max_tokens: int = Field(
        256, ge=8, description="Tokens of a post that are read, at most, its first and last one, "
        "[CLS] and [SEP], included. Where all posts are shorter, the notebooks take two tokens "
        "away from the longest; here it is read whole."
    )  # fmt: skip
    emoticons: str | None = Field(
        None,
        description="File with an emoticon a line, looked for beside the data first; they are kept "
        "as one token. The paper's list "
        "has no licence and does not come with the package. Emojis are always kept.",
    )
    data: PaperDataRecipe = Field(description="The labelled posts.")
    text: PaperTextRecipe = Field(description="The text teacher.")
    emotion: PaperEmotionRecipe = Field(description="The emotion teacher.")
    audio: PaperAudioRecipe = Field(description="The audio teacher.")
    student: PaperStudentRecipe = Field(description="The student.")
    students_of: dict[str, dict[str, Any]] = Field(
        {},
        description="Teachers, joined by +, and the fields of the student that differ with them: "
        "what --teachers chooses.",
    )
    tune: PaperTuneRecipe = Field(PaperTuneRecipe(), description="What mhkd tune searches.")

    @model_validator(mode="after")
    def _name_labels_once(self) -> PaperRecipe:
        if len(set(self.labels)) < len(self.labels):
            raise ValueError(f"a label stands twice in {self.labels}")
        return self


def load_paper_recipe(name_or_path: str | Path) -> PaperRecipe:
    """Reads a recipe of the paper; see ``mhkd.training.recipe.load_recipe``."""
    file, content = read_recipe(name_or_path)
    try:
        return PaperRecipe.model_validate(content)
    except ValidationError as fault:
        raise RecipeError(f"{file}: {tell_fault(PaperRecipe, fault)}") from fault


def choose_teachers(recipe: PaperRecipe, names: str) -> PaperRecipe:
    """The recipe with the student of other teachers.

    Args:
        names: as in ``students_of``, in any order, such as ``text+audio``.

    Raises:
        RecipeError: the recipe has no such student, or a field of it is wrong.
    """
    wanted = sorted(names.split("+"))
    if wanted == sorted(recipe.student.teachers):
        return recipe
    found = next((n for n in recipe.students_of if sorted(n.split("+")) == wanted), None)
    if found is None:
        known = ", ".join(["+".join(recipe.student.teachers), *recipe.students_of])
        raise RecipeError(f"The recipe has no student of '{names}'. Students: {known}.")
    student = recipe.student.model_dump() | {"teachers": found.split("+")}
    content = recipe.model_dump() | {"student": student | recipe.students_of[found]}
    try:
        return PaperRecipe.model_validate(content)
    except ValidationError as fault:
        raise RecipeError(f"students_of.{found}: {tell_fault(PaperRecipe, fault)}") from fault


def is_paper(name_or_path: str | Path) -> bool:
    """Whether a recipe says ``kind: paper``."""
    _, content = read_recipe(name_or_path)
    return isinstance(content, dict) and content.get("kind") == "paper"
