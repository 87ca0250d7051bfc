"""Labelled posts, their official split, and folds that keep one author together."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from mhkd.errors import RecipeError
from mhkd.training.recipe import DataRecipe, UnfamiliarRecipe


@dataclass(frozen=True, eq=False)
class LabelledPosts:
    """Posts in one order.

    Attributes:
        ids, texts: of equal length.
        labels: int64, shape (posts,), places in the recipe's list of labels.
        groups: author of each post; unknown authors are all different.
        folds: int64, shape (posts,), the fold that a training post is held out in; 0 for test.
    """

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    labels: npt.NDArray[np.int64]
    groups: tuple[str, ...]
    folds: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, eq=False)
class TaskData:
    """The training and the test part of a task, and what is known of them.

    ``unfamiliar`` holds posts of another kind by name, where their files are there.
    """

    train: LabelledPosts
    test: LabelledPosts
    facts: dict[str, Any]
    unfamiliar: dict[str, tuple[str, ...]]


def load_task(recipe: DataRecipe, labels: Sequence[str], folder: Path, seed: int) -> TaskData:
    """Reads the CSV files of a recipe and makes the folds.

    Raises:
        RecipeError: a file or column is missing, a label unknown, an id used twice.
    """
    splits = _read_splits(folder / recipe.splits) if recipe.splits else None
    train = _read_posts(folder / recipe.train, labels, splits, recipe.folds, seed)
    test = _read_posts(folder / recipe.test, labels, splits, 0, seed)
    shared = set(train.ids) & set(test.ids)
    if shared:
        raise RecipeError(f"{len(shared)} ids are both in {recipe.train} and {recipe.test}.")
    facts = {
        "train": _describe(folder / recipe.train, train, labels),
        "test": _describe(folder / recipe.test, test, labels),
        "folds": recipe.folds,
    }
    return TaskData(train, test, facts, _read_unfamiliar(recipe.unfamiliar, folder))


def read_posts_file(file: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Reads a CSV or Parquet file as text and checks its columns.

    Raises:
        RecipeError: it can't be read or lacks a column.
    """
    if not file.is_file():
        raise RecipeError(f"The data file {file} is missing. Give its folder with --data-dir.")
    try:
        if file.suffix == ".parquet":
            table = pd.read_parquet(file).astype(str)
        else:
            table = pd.read_csv(file, dtype=str, keep_default_na=False)
    except (ValueError, UnicodeDecodeError, pd.errors.ParserError) as fault:
        raise RecipeError(
            f"{file} can't be read as a table: expected CSV in UTF-8 with the columns "
            f"{', '.join(columns)}."
        ) from fault
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise RecipeError(
            f"{file} lacks the column '{missing[0]}': expected {', '.join(columns)}, "
            f"found {', '.join(map(str, table.columns[:8]))}."
        )
    return table


def _read_posts(
    file: Path,
    labels: Sequence[str],
    splits: pd.DataFrame | None,
    folds: int,
    seed: int,
) -> LabelledPosts:
    table = read_posts_file(file, ("id", "text", "label"))
    unknown = sorted(set(table["label"]) - set(labels))
    if unknown:
        raise RecipeError(f"{file} has the label '{unknown[0]}'; the recipe has {list(labels)}.")
    if table["id"].duplicated().any():
        raise RecipeError(f"{file} uses an id twice; every post needs its own.")
    truth = np.array([labels.index(label) for label in table["label"]], np.int64)
    groups = _author_groups(table["id"].tolist(), splits)
    places = np.zeros(len(table), np.int64)
    if folds:
        splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
        for fold, (_, held_out) in enumerate(splitter.split(truth, truth, groups)):
            places[held_out] = fold
    return LabelledPosts(tuple(table["id"]), tuple(table["text"]), truth, tuple(groups), places)


def _read_splits(file: Path) -> pd.DataFrame:
    return read_posts_file(file, ("id",)).set_index("id")


def _read_unfamiliar(
    recipes: Sequence[UnfamiliarRecipe], folder: Path
) -> dict[str, tuple[str, ...]]:
    found = {}
    for recipe in recipes:
        file = folder / recipe.file
        if file.is_file():
            table = read_posts_file(file, ("text", "label"))
            texts = table.loc[table["label"] == recipe.label, "text"]
            found[recipe.name] = tuple(texts.iloc[recipe.skip : recipe.skip + recipe.posts])
    return found


def _author_groups(ids: list[str], splits: pd.DataFrame | None) -> list[str]:
    if splits is None or "author_group" not in splits.columns:
        return ids
    known = splits["author_group"].to_dict()
    return [known.get(id_) or id_ for id_ in ids]


def _describe(file: Path, posts: LabelledPosts, labels: Sequence[str]) -> dict[str, Any]:
    return {
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "posts": len(posts),
        "labels": {label: int((posts.labels == i).sum()) for i, label in enumerate(labels)},
        "authors": len(set(posts.groups)),
    }
