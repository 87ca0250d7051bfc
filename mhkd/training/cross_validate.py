"""Every post tested once: everything is trained anew inside each fold, and the answers pooled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mhkd.bundle import CARD, CROSSVAL_FILE, MANIFEST, PREDICTIONS_FILE, Bundle
from mhkd.errors import RecipeError
from mhkd.metrics import compare_paired, expected_when_calibrated, measure
from mhkd.models.members import LARGE
from mhkd.reports import put_into_bundle, put_section, write_json
from mhkd.training.card_results import tell_crossval
from mhkd.training.check import check_recipe
from mhkd.training.data import TaskData, load_everyone, with_folds
from mhkd.training.places import check_bundle_place, make_folder
from mhkd.training.processes import agree, is_first, join_processes, leave_processes
from mhkd.training.recipe import Recipe, load_recipe
from mhkd.training.run import Run, train_task
from mhkd.training.stages import RunFolder, Say

POOLED_FILE = "pooled_predictions.csv"
METRICS_FILE = "crossval.json"


def cross_validate(
    recipe_name: str | Path,
    column: str,
    *,
    larger: bool = False,
    data_dir: Path | None = None,
    run_dir: Path | None = None,
    workers: int | None = None,
    into: Bundle | None = None,
    say: Say = lambda _: None,
) -> Path:
    """Trains teachers and students inside each fold and measures the pooled answers.

    What is computed for a post without its label (speech, states of frozen layers) is computed
    once for all folds. In each fold one student and its twin are trained, with the recipe's seed;
    students of other subsets and seeds, and studies, are left to ``train``. A stopped run
    goes on where it was; processes that torchrun starts train together.

    Args:
        recipe_name: a YAML file, or a name such as ``embedded/idendep``.
        column: of the recipe's splits file; each of its values is a fold.
        larger: the recipe's larger student and its twin too: hours in each fold without a GPU.
        data_dir, run_dir, workers, say: as in ``train``.
        into: also puts it into this bundle; see ``put_crossval``.

    Returns:
        The folder with ``crossval.json`` and ``pooled_predictions.csv`` (id, label and
        probabilities, no text).

    Raises:
        RecipeError: the recipe, its data or the column can't be used, or it has no larger student.
    """
    join_processes()
    say = say if is_first() else (lambda _: None)
    recipe = _of_one_student(load_recipe(recipe_name), larger=larger)
    if into is not None:
        _compare_labels(into, recipe.labels)
    source = data_dir or Path(recipe.data.folder)
    target = make_folder(run_dir or Path("runs") / recipe.name, "--run-dir")
    folder, bundles = target / f"crossval-{column}", []
    parts = list(_each_fold(recipe, source, column))
    for name, _ in parts:
        check_bundle_place(folder / name)
    check_recipe(recipe)
    for name, data in parts:
        bundle = folder / name
        if not agree(_is_of(bundle, recipe, data)):
            say(f"fold {name}")
            run = Run(recipe, data, RunFolder(target, say), everyone=data.ids)
            train_task(run, bundle, workers)
        bundles.append(bundle)
    if is_first():
        _write(folder, bundles, recipe, column)
        if into is not None:
            put_crossval(folder, into)
    leave_processes()
    return folder


def _write(folder: Path, bundles: Sequence[Path], recipe: Recipe, column: str) -> None:
    tables = [pd.read_csv(bundle / PREDICTIONS_FILE, dtype={"id": str}) for bundle in bundles]
    pooled = pd.concat(tables, ignore_index=True)
    pooled.to_csv(folder / POOLED_FILE, index=False)
    metrics = measure_pooled(pooled, recipe.labels, recipe.seed)
    content = {"recipe": recipe.model_dump(), "column": column, "folds": len(tables), **metrics}
    (folder / METRICS_FILE).write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def _of_one_student(recipe: Recipe, *, larger: bool) -> Recipe:
    if larger and recipe.student.large is None:
        raise RecipeError("The recipe has no larger student: leave --larger out, or describe one.")
    only: dict[str, Any] = {"seeds": 1, "subset_seeds": 0, "study": False}
    if not larger:
        only["large"] = None
    student = recipe.student.model_copy(update=only)
    emotion = recipe.emotion.model_copy(update={"study": False})
    return recipe.model_copy(update={"student": student, "emotion": emotion})


def _is_of(bundle: Path, recipe: Recipe, data: TaskData) -> bool:
    """Whether a fold's bundle is whole and was made by this recipe from these posts."""
    if not (bundle / PREDICTIONS_FILE).is_file():
        return False
    made = json.loads((bundle / MANIFEST).read_text("utf-8"))
    same_data = all(made["data"].get(part) == data.facts[part] for part in ("train", "digests"))
    return same_data and made["recipe"] == recipe.model_dump(mode="json")


def measure_pooled(pooled: pd.DataFrame, labels: list[str], seed: int) -> dict[str, Any]:
    """Metrics of every model over all posts, and McNemar's test of each student against its twin.

    Args:
        pooled: as ``test_predictions.csv`` of a bundle, of all folds.
    """
    truth = np.array([labels.index(label) for label in pooled["label"]], np.int64)
    ending = f": {labels[0]}"
    models = [name.removesuffix(ending) for name in pooled.columns if name.endswith(ending)]
    found: dict[str, npt.NDArray[np.float64]] = {
        model: pooled[[f"{model}: {label}" for label in labels]].to_numpy(float) for model in models
    }
    compared = {
        name: compare_paired(found[model], found[f"{model}_without_teachers"], truth)
        for name, model in (("student_against_twin", "student"), ("large_against_twin", LARGE))
        if model in found
    }
    return {
        "metrics": {
            model: {
                **measure(p, truth, seed=seed),
                "ece_if_calibrated": expected_when_calibrated(p, seed=seed),
            }
            for model, p in found.items()
        },
        **compared,
    }


def put_crossval(folder: Path, bundle: Bundle) -> Path:
    """Puts what ``cross_validate`` measured into a bundle, and a section into its card.

    Args:
        folder: that ``cross_validate`` gave.
        bundle: of the same recipe.

    Raises:
        RecipeError: the bundle has other labels.
    """
    report: dict[str, Any] = json.loads((folder / METRICS_FILE).read_text("utf-8"))
    _compare_labels(bundle, report["recipe"]["labels"])
    contents = {CROSSVAL_FILE: write_json(report)}
    if CARD in bundle.manifest.files:
        card = (bundle.folder / CARD).read_text("utf-8")
        contents[CARD] = put_section(card, tell_crossval(report))
    put_into_bundle(bundle.folder, contents)
    return bundle.folder / CROSSVAL_FILE


def _compare_labels(bundle: Bundle, labels: Sequence[str]) -> None:
    if tuple(labels) != bundle.manifest.labels:
        raise RecipeError("The bundle has other labels than the recipe: nothing was put into it.")


def _each_fold(recipe: Recipe, folder: Path, column: str) -> Iterator[tuple[str, TaskData]]:
    everyone, splits = load_everyone(recipe.data, recipe.labels, folder)
    if splits is None or column not in splits.columns:
        raise RecipeError(
            f"The recipe's splits file has no column '{column}' that names the folds."
        )
    marks = splits[column].reindex(list(everyone.ids)).fillna("").to_numpy(str)
    names = sorted(set(marks) - {""})
    if len(names) < 2:
        raise RecipeError(f"The column '{column}' names {len(names)} folds: expected two or more.")
    for name in names:
        train = everyone.choose(np.where((marks != name) & (marks != ""))[0])
        test = everyone.choose(np.where(marks == name)[0])
        train = with_folds(train, recipe.labels, recipe.data.folds, recipe.seed)
        facts = {
            "train": {**train.describe(recipe.labels), "ids": _hash(train.ids)},
            "test": test.describe(recipe.labels),
            "digests": {"train": train.digest, "test": test.digest},
            "folds": recipe.data.folds,
        }
        yield name, TaskData(train, test, facts, {})


def _hash(ids: tuple[str, ...]) -> str:
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()
