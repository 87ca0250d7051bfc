"""The search of a recipe of the paper; spaces and first trials of the supplement.

Validated on the part's 90:10 split, as in the notebooks; of several folds, the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError
from sklearn.metrics import f1_score

from mhkd.errors import RecipeError
from mhkd.training.paper.parts import Part
from mhkd.training.paper.recipe import PaperRecipe, load_paper_recipe
from mhkd.training.paper.run import PaperRun, open_run, soften, train_teachers
from mhkd.training.paper.students import LOGITS, train_student
from mhkd.training.paper.teachers import PROBABILITIES, train_teacher
from mhkd.training.recipe import Space
from mhkd.training.stages import Say
from mhkd.training.tune import PARTS, Folds, Found, HeldOut, Score, macro_f1, search

_DROPOUT = [0.01, 0.05, 0.1, 0.5]
_RATES = [1e-4, 1e-5, 2e-5, 3e-5, 4e-5, 5e-5]
_DECAY = [0.0, 0.01, 0.1]
_HEADS = [2, 3, 4, 6, 8, 12]  # the supplement leaves 3 out, its best settings have it
_LAYERS = [2, 4, 6, 8, 10, 12]
SPACES: Mapping[str, Mapping[str, list[Any]]] = {
    "text": {
        "dropout": _DROPOUT,
        "layers": _LAYERS,
        "heads": _HEADS,
        "fit.learning_rate": _RATES,
        "fit.weight_decay": _DECAY,
        "fit.epochs": [2, 3, 4, 5],
    },
    "emotion": {
        "dropout": _DROPOUT,
        "layers": [2, 3, 4, 5],
        "hidden": [100, 200, 300, 400, 500],
        "fit.learning_rate": [1e-3, 1e-4, 1e-5],
        "fit.weight_decay": _DECAY,
    },
    "audio": {
        "dropout": _DROPOUT,
        "layers": _LAYERS,
        "heads": _HEADS,
        "fit.learning_rate": [1e-3, 1e-4, 1e-5, 5e-5],
        "fit.plateau_patience": [2, 3, 4, 5],
        "fit.plateau_factor": [0.1, 0.5],
    },
    "student": {
        "dropout": _DROPOUT,
        "fit.learning_rate": _RATES,
        "fit.weight_decay": _DECAY,
        "layers": _LAYERS,
        "heads": _HEADS,
        "activation": ["relu", "gelu"],
        "fit.epochs": [3, 4, 5],
    },
}
# Tried before all others, in the order of the fields above.
_FIRST: Mapping[str, tuple[Any, ...]] = {
    "text": (0.1, 12, 12, 1e-5, 0.0, 3),
    "emotion": (0.1, 3, 200, 1e-5, 0.0),
    "audio": (0.5, 12, 12, 5e-5, 5, 0.5),
    "student": (0.5, 1e-4, 0.0, 12, 12, "relu", 3),
}


def tune_paper(
    recipe_name: str | Path,
    part: str,
    *,
    data_dir: Path | None = None,
    run_dir: Path | None = None,
    trials: int | None = None,
    allow_hub: bool = False,
    say: Say = lambda _: None,
) -> Found:
    """Searches the settings of one model of a recipe of the paper; see ``tune.search``.

    Raises:
        RecipeError: the recipe, its space, its data or its backbones can't be used.
    """
    if part not in PARTS:
        raise RecipeError(f"There is no part '{part}'. Parts: {', '.join(PARTS)}.")
    recipe = load_paper_recipe(recipe_name)
    own: Space = getattr(recipe.tune, part)
    space = own or {name: list(values) for name, values in SPACES[part].items()}
    for name, values in space.items():
        for value in values:
            _with_settings(recipe, part, {name: value})
    run = open_run(recipe, data_dir=data_dir, run_dir=run_dir, allow_hub=allow_hub, say=say)
    batch = getattr(recipe, part).fit.batch
    return search(
        part,
        space,
        _folds(run, part),
        run.posts.labels,
        run.folder.folder,
        trials=trials or recipe.tune.trials,
        seed=recipe.seed,
        say=say,
        score=batch_f1(batch) if recipe.tune.objective == "batch_weighted_f1" else macro_f1,
        first=None if own else dict(zip(space, _FIRST[part], strict=True)),
    )


def batch_f1(batch: int) -> Score:
    """The notebooks' measure: weighted F1 of each batch, averaged."""

    def score(truth: npt.NDArray[np.int64], guess: npt.NDArray[np.int64]) -> float:
        return float(
            np.mean(
                [
                    f1_score(
                        truth[start : start + batch],
                        guess[start : start + batch],
                        average="weighted",
                        zero_division=0,
                    )
                    for start in range(0, len(truth), batch)
                ]
            )
        )

    return score


def _with_settings(recipe: PaperRecipe, part: str, settings: Mapping[str, Any]) -> PaperRecipe:
    content = recipe.model_dump()
    for name, value in settings.items():
        *parents, last = name.split(".")
        place = content[part]
        for parent in parents:
            place = place.get(parent, {})
        place[last] = value
    try:
        return PaperRecipe.model_validate(content)
    except ValidationError as fault:
        first = next(iter(settings))
        raise RecipeError(f"tune.{part}: {first}: {fault.errors()[0]['msg']}.") from fault


def _folds(run: PaperRun, part: str) -> Folds:
    recipe = run.material.recipe
    whole = run.posts.parts[0]
    watched = Part(whole.train, whole.validation, whole.validation)
    soft = soften(run, 0, train_teachers(run, 0)) if part == "student" else None

    def folds(settings: Mapping[str, Any]) -> Iterator[HeldOut]:
        material = replace(run.material, recipe=_with_settings(recipe, part, settings))
        if part == "student":
            found = train_student(material, watched, soft, recipe.seed, keep_weights=False)
            yield HeldOut(whole.validation, found[LOGITS].numpy())
        else:
            name: Any = part
            answers = train_teacher(name, material, watched, recipe.seed)[PROBABILITIES].numpy()
            yield HeldOut(whole.validation, answers[whole.validation])

    return folds
