"""The search of a recipe of the paper; spaces and first trials of the supplement.

Validated on the part's 90:10 split, as in the notebooks; of several folds, the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError
from sklearn.metrics import f1_score

from mhkd.errors import RecipeError
from mhkd.training.paper.check import check_recipe
from mhkd.training.paper.gather import gather
from mhkd.training.paper.parts import Part
from mhkd.training.paper.recipe import PaperRecipe, Teacher, load_paper_recipe
from mhkd.training.paper.run import PaperRun, open_run, soften, train_teachers
from mhkd.training.paper.students import LOGITS, train_student
from mhkd.training.paper.teachers import PROBABILITIES, train_teacher
from mhkd.training.recipe import Space
from mhkd.training.recipe_faults import tell_fault
from mhkd.training.stages import RunFolder, Say
from mhkd.training.tune import PARTS, Folds, Found, HeldOut, Score, macro_f1, search, set_field

# Fields that decide what all models of a run share: tokens, sound, token embeddings.
_SHARED = ("backbone", "voices", "frames", "normalise", "embeddings")
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
    alone = cast(Teacher, part)  # of no use to the student's search
    trained: Sequence[Teacher] = recipe.student.teachers if part == "student" else [alone]
    folder = data_dir or Path(recipe.data.folder)
    # A wrong field or value is refused before anything is fitted.
    for name, values in space.items():
        for value in values:
            changed = _with_settings(recipe, part, {name: value})
            check_recipe(changed, trained, folder, allow_hub=allow_hub)
    run = open_run(
        recipe, trained, data_dir=data_dir, run_dir=run_dir, allow_hub=allow_hub, say=say
    )
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
        inputs=_decide(run, part, trained),
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
        set_field(content[part], name, value, part=part)
    try:
        return PaperRecipe.model_validate(content)
    except ValidationError as fault:
        raise RecipeError(
            f"tune.{part}: {next(iter(settings))}: {tell_fault(PaperRecipe, fault)}"
        ) from fault


def _decide(run: PaperRun, part: str, trained: Sequence[Teacher]) -> dict[str, Any]:
    """What decides a trial's result beside its settings: the posts, files and recipe parts."""
    recipe = run.material.recipe
    models: list[Teacher | None] = [*trained, *([None] if part == "student" else [])]
    return {
        "models": [
            run.inputs(0, model, recipe=getattr(recipe, model or "student").chosen())
            for model in models
        ],
        "objective": recipe.tune.objective,
    }


def _change(run: PaperRun, part: str, settings: Mapping[str, Any]) -> PaperRun:
    """The run with other settings of a part; what its models share is made anew where it must."""
    old, quiet = run.material, RunFolder(run.folder.folder, lambda _: None)
    recipe = _with_settings(old.recipe, part, settings)
    if any(name.split(".")[0] in _SHARED for name in settings):
        material = gather(recipe, run.posts, run.data, quiet, allow_hub=old.allow_hub)
    else:
        material = replace(old, recipe=recipe)
    return replace(run, material=material, folder=quiet)


def _folds(run: PaperRun, part: str) -> Folds:
    seed = run.material.recipe.seed
    whole = run.posts.parts[0]
    watched = Part(whole.train, whole.validation, whole.validation)
    if part == "student":
        train_teachers(run, 0)  # and kept: each trial reads them

    def folds(settings: Mapping[str, Any]) -> Iterator[HeldOut]:
        changed = _change(run, part, settings)
        if part == "student":
            soft = soften(changed, 0, train_teachers(changed, 0))
            found = train_student(changed.material, watched, soft, seed, keep_weights=False)
            yield HeldOut(whole.validation, found[LOGITS].numpy())
        else:
            name: Any = part
            answers = train_teacher(name, changed.material, watched, seed)[PROBABILITIES].numpy()
            yield HeldOut(whole.validation, answers[whole.validation])

    return folds
