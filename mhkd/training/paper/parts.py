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
    """All posts in the order of the files, and their parts: one, or one for each fold.

    Attributes:
        authors: of each post; its id where its author is not known.
    """

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    labels: Rows
    authors: tuple[str, ...]
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
    splits = _read_splits(recipe, folder)
    parts = tuple(_split(recipe, table, len(tables[0]), splits))
    for part in parts:
        _check_sizes(part)
    authors = _name_authors(table, splits)
    return PaperPosts(tuple(table["id"]), tuple(table["text"]), truth, authors, parts)


def _split(
    recipe: PaperDataRecipe, table: pd.DataFrame, first: int, splits: pd.DataFrame | None
) -> Iterator[Part]:
    everyone = np.arange(len(table))
    words = _read_column(recipe, table, splits)

    def hold_out(training: Rows, test: Rows) -> Part:
        if recipe.stratified:
            kept = _keep_shares(table["label"].iloc[training].tolist(), 0.1)
        else:
            kept = split_as_notebooks(len(training))
        return Part(training[kept], training[~kept], test)

    if recipe.cross_validation is not None:
        folds = _number_folds(recipe, table, words)
        for fold in range(recipe.cross_validation):
            yield hold_out(everyone[folds != fold], everyone[folds == fold])
    elif words is not None:
        parts = {name: everyone[words == name] for name in ("train", "val", "test")}
        if not len(parts["test"]):
            raise RecipeError(f"The column '{recipe.split}' marks no post with test.")
        if len(parts["val"]):
            yield Part(parts["train"], parts["val"], parts["test"])
        else:
            yield hold_out(parts["train"], parts["test"])
    elif recipe.test is not None:
        yield hold_out(everyone[:first], everyone[first:])
    else:
        kept = _keep_shares(table["label"].tolist(), recipe.test_share)
        yield hold_out(everyone[kept], everyone[~kept])


def _number_folds(
    recipe: PaperDataRecipe, table: pd.DataFrame, words: npt.NDArray[np.str_] | None
) -> Rows:
    asked = recipe.cross_validation or 0
    if words is None:
        if table["label"].value_counts().min() < asked:
            raise RecipeError(f"{asked} folds need at least {asked} posts of each label.")
        return number_folds(table["label"].tolist(), asked)
    known = {str(fold): fold for fold in range(asked)}
    wrong = sorted(set(words.tolist()) ^ set(known))
    if wrong:
        raise RecipeError(
            f"The column '{recipe.split}' must number the folds of all posts from 0 to "
            f"{asked - 1}; '{wrong[0]}' is {'no such number' if wrong[0] in words else 'missing'}."
        )
    return np.array([known[word] for word in words.tolist()], np.int64)


def _keep_shares(labels: list[str], held_out: float) -> npt.NDArray[np.bool_]:
    try:
        return split_stratified(labels, held_out=held_out)
    except ValueError as fault:
        raise RecipeError(
            f"{len(labels)} posts are too few to hold out a share of {held_out:g} of each label."
        ) from fault


def _check_sizes(part: Part) -> None:
    for name in ("train", "validation", "test"):
        if not len(getattr(part, name)):
            raise RecipeError(f"The split leaves no post for {name}: there are too few.")


def _read_splits(recipe: PaperDataRecipe, folder: Path) -> pd.DataFrame | None:
    if recipe.splits is None:
        return None
    file = folder / recipe.splits
    if not file.is_file():
        raise RecipeError(
            f"The file {file} that data.splits names is missing. It tells the split or who wrote "
            "what; where neither is known, leave data.splits out of the recipe."
        )
    splits = read_posts_file(file, ("id",)).set_index("id")
    if splits.index.has_duplicates:
        twice = splits.index[splits.index.duplicated()][0]
        raise RecipeError(f"{file} uses the id '{twice}' twice; every post has one row.")
    return splits


def _name_authors(table: pd.DataFrame, splits: pd.DataFrame | None) -> tuple[str, ...]:
    ids = table["id"].tolist()
    if splits is None or "author_group" not in splits.columns:
        return tuple(ids)
    known = splits["author_group"].to_dict()
    return tuple(known.get(id_) or id_ for id_ in ids)


def _read_column(
    recipe: PaperDataRecipe, table: pd.DataFrame, splits: pd.DataFrame | None
) -> npt.NDArray[np.str_] | None:
    if recipe.split is None:
        return None
    source = table.set_index("id")
    if recipe.split not in source.columns and splits is not None:
        source = splits
    if recipe.split not in source.columns:
        raise RecipeError(f"No file has the column '{recipe.split}' that says how to split.")
    return np.asarray(source[recipe.split].reindex(table["id"]).fillna(""), str)
