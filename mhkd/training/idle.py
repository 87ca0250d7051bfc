"""Fields of a recipe that do nothing beside others: refused where someone sets or searches them."""

from __future__ import annotations

from collections.abc import Collection

from mhkd.errors import RecipeError
from mhkd.training.recipe import FitRecipe, Recipe

# Of the student: what decides which fits are made, not how one is.
NOT_OF_A_FIT = ("candidates", "validation_folds", "seeds", "subset_seeds", "large", "study")
_NO_ADAPTERS = "this teacher has no adapters"
_TABLE_STAYS = "the embeddings stay as they are (tune_embeddings: false)"


def refuse_idle(recipe: Recipe) -> None:
    """Refuses values that are set and would be ignored.

    Raises:
        RecipeError: names the field and why it does nothing.
    """
    default = FitRecipe()
    audio, emotion = recipe.audio.fit, recipe.emotion.fit
    set_ = {
        "audio.fit.adapter_dropout": (
            audio.adapter_dropout != default.adapter_dropout,
            _NO_ADAPTERS,
        ),
        "emotion.fit.adapter_dropout": (
            emotion.adapter_dropout != default.adapter_dropout,
            _NO_ADAPTERS,
        ),
        "emotion.fit.learning_rate": (
            emotion.learning_rate != default.learning_rate and not recipe.emotion.tune_embeddings,
            f"{_TABLE_STAYS}, and the layers above take head_learning_rate",
        ),
    }
    for field, (is_set, why) in set_.items():
        if is_set:
            raise RecipeError(f"{field} does nothing: {why}. Leave it out.")


def refuse_idle_search(recipe: Recipe, part: str, fields: Collection[str]) -> None:
    """Refuses a search of fields that change nothing of what a trial fits.

    Args:
        part: text, audio, emotion or student.
        fields: of the space, such as ``fit.dropout``.

    Raises:
        RecipeError: names the field and why it does nothing.
    """
    idle = _idle_in_trials(recipe, part, fields)
    for field in fields:
        for name, why in idle.items():
            if field == name or field.startswith(f"{name}."):
                raise RecipeError(f"tune.{part}: {field} does nothing: {why}. Leave it out.")


def _idle_in_trials(recipe: Recipe, part: str, fields: Collection[str]) -> dict[str, str]:
    if part == "text":
        if recipe.text.probe is None and "probe" not in fields:
            return {}
        probed = "the head alone is fitted (text.probe)"
        return dict.fromkeys(("fit", "lora_rank", "frozen_layers"), probed)
    if part == "audio":
        return {"fit.adapter_dropout": _NO_ADAPTERS}
    if part == "emotion":
        idle = {"study": "a trial studies nothing", "fit.adapter_dropout": _NO_ADAPTERS}
        if not (recipe.emotion.tune_embeddings or "tune_embeddings" in fields):
            idle["fit.learning_rate"] = _TABLE_STAYS
        return idle
    student = recipe.student
    idle = dict.fromkeys(NOT_OF_A_FIT, "a trial fits one candidate, the first, on every fold")
    if student.paper_loss and "paper_loss" not in fields:
        idle |= dict.fromkeys(
            ("alpha", "temperature"), "the paper's loss has no weights (paper_loss)"
        )
    if not student.masked_copies and "masked_copies" not in fields:
        idle["masked_share"] = "there are no copies (masked_copies)"
    if not student.candidates[0].lora_rank and "candidate.lora_rank" not in fields:
        idle["fit.adapter_dropout"] = "the first candidate has no adapters (lora_rank)"
    return idle
