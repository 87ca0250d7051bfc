"""The posts of a recipe of the paper: one table and the parts that it is split into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from mhkd.errors import RecipeError
from mhkd.training.data import read_posts_file
from mhkd.training.paper.recipe import PaperDataRecipe
from mhkd.training.prepare.splits import number_folds, split_as_notebooks, split_stratified

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Part:
    """Rows to train on, to validate with and to test, each int64, shape (rows,)."""

    train: Rows
    validation: Rows
    test: Rows


@dataclass(frozen=True, eq=False)
class PaperPosts:
    """All posts in the order of the files, and their parts: one, or one for each fold."""

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    labels: Rows
    parts: tuple[Part, ...]


def load_posts(recipe: PaperDataRecipe, labels: list[str], folder: Path) -> PaperPosts:
    """Reads and splits the posts.

    Raises:
        RecipeError: a file, column or label is not as expected.
    """
    tables = [read_posts_file(folder / recipe.train, ("id", "text", "label"))]
    if recipe.test is not None:
        tables.append(read_posts_file(folder / recipe.test, ("id", "text", "label")))
    table = pd.concat(tables, ignore_index=True)
    if table["id"].duplicated().any():
        raise RecipeError(f"{recipe.train} and {recipe.test} use an id twice.")
    unknown = sorted(set(table["label"]) - set(labels))
    if unknown:
        raise RecipeError(f"The data have the label '{unknown[0]}'; the recipe has {labels}.")
    truth = np.array([labels.index(label) for label in table["label"]], np.int64)
    parts = tuple(_split(recipe, table, len(tables[0]), folder))
    return PaperPosts(tuple(table["id"]), tuple(table["text"]), truth, parts)


def _split(
    recipe: PaperDataRecipe, table: pd.DataFrame, first: int, folder: Path
) -> Iterator[Part]:
    everyone = np.arange(len(table))
    words = _read_column(recipe, table, folder)
    if recipe.cross_validation is not None:
        if words is None:
            folds = number_folds(table["label"].tolist(), recipe.cross_validation)
        else:
            folds = words.astype(np.int64)
        for fold in range(recipe.cross_validation):
            yield _hold_out(everyone[folds != fold], everyone[folds == fold])
    elif words is not None:
        parts = {name: everyone[words == name] for name in ("train", "val", "test")}
        if not len(parts["test"]):
            raise RecipeError(f"The column '{recipe.split}' marks no post with test.")
        if len(parts["val"]):
            yield Part(parts["train"], parts["val"], parts["test"])
        else:
            yield _hold_out(parts["train"], parts["test"])
    elif recipe.test is not None:
        yield _hold_out(everyone[:first], everyone[first:])
    else:
        kept = split_stratified(table["label"].tolist(), held_out=recipe.test_share)
        yield _hold_out(everyone[kept], everyone[~kept])


def _hold_out(training: Rows, test: Rows) -> Part:
    chosen = split_as_notebooks(len(training))
    return Part(training[chosen], training[~chosen], test)


def _read_column(
    recipe: PaperDataRecipe, table: pd.DataFrame, folder: Path
) -> npt.NDArray[np.str_] | None:
    if recipe.split is None:
        return None
    source = table.set_index("id")
    if recipe.split not in source.columns and recipe.splits is not None:
        source = read_posts_file(folder / recipe.splits, ("id",)).set_index("id")
    if recipe.split not in source.columns:
        raise RecipeError(f"No file has the column '{recipe.split}' that says how to split.")
    return np.asarray(source[recipe.split].reindex(table["id"]).fillna(""), str)
