"""Labelled posts, their official split, and folds that keep one author together."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from mhkd.errors import RecipeError
from mhkd.training.recipe import DataRecipe, UnfamiliarRecipe
from mhkd.training.stages import Say

_FOLDS_OF_A_SHARE = 20
_SHARE_OFF = 1e-3  # a share that is so near 1/m is one of m folds
_ROWS_TOLD = 5
_MARKS = {"train": 0, "val": 0, "valid": 0, "validation": 0, "test": 1, "": -1}


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

    @property
    def digest(self) -> str:
        """A hash of texts and labels, in their order; a label counts by its place."""
        whole = hashlib.sha256()
        for text, label in zip(self.texts, self.labels.tolist(), strict=True):
            whole.update(f"{label} {len(text)} ".encode())
            whole.update(text.encode("utf-8", "surrogatepass"))
        return whole.hexdigest()[:32]

    def choose(self, rows: npt.NDArray[np.int64]) -> LabelledPosts:
        """Some of the posts, in the order of ``rows``."""
        ids, texts, groups = (
            tuple(column[row] for row in rows) for column in (self.ids, self.texts, self.groups)
        )
        return LabelledPosts(ids, texts, self.labels[rows], groups, self.folds[rows])

    def describe(self, labels: Sequence[str]) -> dict[str, Any]:
        """How many there are, by label, and of how many authors."""
        return {
            "posts": len(self),
            "labels": {label: int((self.labels == i).sum()) for i, label in enumerate(labels)},
            "authors": len(set(self.groups)),
        }


@dataclass(frozen=True, eq=False)
class TaskData:
    """The training and the test part of a task, and what is known of them.

    ``unfamiliar`` holds posts of another kind by name, where their files are there.
    """

    train: LabelledPosts
    test: LabelledPosts
    facts: dict[str, Any]
    unfamiliar: dict[str, tuple[str, ...]]

    @property
    def ids(self) -> tuple[str, ...]:
        """Of all posts, in order."""
        return tuple(sorted((*self.train.ids, *self.test.ids)))


def load_task(
    recipe: DataRecipe,
    labels: Sequence[str],
    folder: Path,
    seed: int,
    say: Say = lambda _: None,
) -> TaskData:
    """Reads the files of a recipe, splits them and makes the folds.

    Args:
        say: is told which posts of another kind are not there.

    Raises:
        RecipeError: a file or column is missing, a label unknown or too rare, an id used twice, a
            post without text.
    """
    splits = _read_splits(folder / recipe.splits) if recipe.splits else None
    train_file = folder / recipe.train
    posts = _read_posts(train_file, labels, splits)
    if recipe.test is not None:
        test_file = folder / recipe.test
        train, test = posts, _read_posts(test_file, labels, splits)
        shared = set(train.ids) & set(test.ids)
        if shared:
            raise RecipeError(f"{len(shared)} ids are both in {recipe.train} and {recipe.test}.")
    else:
        test_file = train_file
        on_test = _mark_test(recipe, posts, train_file, splits, seed)
        train, test = (posts.choose(np.where(on_test == part)[0]) for part in (0, 1))
    train = with_folds(train, labels, recipe.folds, seed)
    facts: dict[str, Any] = {
        "train": _describe(train_file, train, labels),
        "test": _describe(test_file, test, labels),
        "folds": recipe.folds,
    }
    if recipe.test is None:
        facts["train"]["ids"] = hashlib.sha256("\n".join(train.ids).encode()).hexdigest()
    return TaskData(train, test, facts, _read_unfamiliar(recipe.unfamiliar, folder, say))


def read_posts_file(file: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Reads a CSV or Parquet file as text and checks its columns.

    Raises:
        RecipeError: it can't be read, lacks a column, or one of them has nothing in some row.
    """
    if not file.is_file():
        raise RecipeError(f"The data file {file} is missing. Give its folder with --data-dir.")
    try:
        if file.suffix == ".parquet":
            table = pd.read_parquet(file)
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
    for column in columns:
        refuse_rows(file, table[column].isna(), f"nothing in the column '{column}'")
    return table.astype(str).where(table.notna(), "")


def refuse_rows(file: Path, wrong: pd.Series, what: str) -> None:
    """Refuses a table for some of its rows.

    Args:
        wrong: which rows; they are told by number, the first after the header being 1.
        what: they have.

    Raises:
        RecipeError: there are such rows.
    """
    rows = np.flatnonzero(wrong.to_numpy(bool)) + 1
    if len(rows):
        told = ", ".join(map(str, rows[:_ROWS_TOLD])) + (" …" if len(rows) > _ROWS_TOLD else "")
        raise RecipeError(
            f"{file} has {what} in {len(rows)} of {len(wrong)} rows: {told}. "
            "Mend these rows or leave them out."
        )


def _read_posts(file: Path, labels: Sequence[str], splits: pd.DataFrame | None) -> LabelledPosts:
    table = read_posts_file(file, ("id", "text", "label"))
    unknown = sorted(set(table["label"]) - set(labels))
    if unknown:
        raise RecipeError(f"{file} has the label '{unknown[0]}'; the recipe has {list(labels)}.")
    for column in ("id", "text"):
        refuse_rows(file, table[column].str.strip() == "", f"nothing in the column '{column}'")
    if table["id"].duplicated().any():
        raise RecipeError(f"{file} uses an id twice; every post needs its own.")
    truth = np.array([labels.index(label) for label in table["label"]], np.int64)
    groups = _author_groups(table["id"].tolist(), splits)
    places = np.zeros(len(table), np.int64)
    return LabelledPosts(tuple(table["id"]), tuple(table["text"]), truth, tuple(groups), places)


def load_everyone(
    recipe: DataRecipe, labels: Sequence[str], folder: Path
) -> tuple[LabelledPosts, pd.DataFrame | None]:
    """All posts of a recipe, of the test split too, and its splits file by id, if it has one.

    Raises:
        RecipeError: as ``load_task``.
    """
    splits = _read_splits(folder / recipe.splits) if recipe.splits else None
    parts = [
        _read_posts(folder / file, labels, splits)
        for file in (recipe.train, recipe.test)
        if file is not None
    ]
    everyone = LabelledPosts(
        tuple(id_ for part in parts for id_ in part.ids),
        tuple(text for part in parts for text in part.texts),
        np.concatenate([part.labels for part in parts]),
        tuple(group for part in parts for group in part.groups),
        np.concatenate([part.folds for part in parts]),
    )
    if len(set(everyone.ids)) < len(everyone):
        raise RecipeError(f"Ids are both in {recipe.train} and {recipe.test}.")
    return everyone, splits


def with_folds(posts: LabelledPosts, labels: Sequence[str], folds: int, seed: int) -> LabelledPosts:
    """The posts with folds of their own, an author's posts in one fold.

    Raises:
        RecipeError: a label has fewer posts than there are folds.
    """
    counts = np.bincount(posts.labels, minlength=len(labels))
    if counts.min() < folds:
        raise RecipeError(
            f"{counts.min()} posts to train on have the label '{labels[int(counts.argmin())]}'; "
            f"{folds} folds need at least {folds} of each."
        )
    places = np.zeros(len(posts), np.int64)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    truth = posts.labels
    for fold, (_, held_out) in enumerate(splitter.split(truth, truth, posts.groups)):
        places[held_out] = fold
    return replace(posts, folds=places)


def _mark_test(
    recipe: DataRecipe,
    posts: LabelledPosts,
    file: Path,
    splits: pd.DataFrame | None,
    seed: int,
) -> npt.NDArray[np.int64]:
    """0 for posts to train on, 1 for those to test, −1 for those that are left out."""
    if recipe.split is None:
        return _draw_test(recipe.test_share, posts, file, seed)
    table = read_posts_file(file, ("id",)).set_index("id")
    if recipe.split not in table.columns:
        table = pd.DataFrame(index=table.index) if splits is None else splits
    if recipe.split not in table.columns:
        raise RecipeError(
            f"Neither {recipe.train} nor {recipe.splits or 'a splits file'} has the column "
            f"'{recipe.split}' that marks the split."
        )
    words = table[recipe.split].reindex(list(posts.ids)).fillna("")
    unknown = sorted(set(words) - set(_MARKS))
    if unknown:
        raise RecipeError(
            f"The column '{recipe.split}' says '{unknown[0]}': expected train, val or test."
        )
    marks = np.array([_MARKS[word] for word in words], np.int64)
    if not (marks == 1).any():
        raise RecipeError(f"The column '{recipe.split}' marks no post with test.")
    return marks


def _draw_test(share: float, posts: LabelledPosts, file: Path, seed: int) -> npt.NDArray[np.int64]:
    """1 for the posts of the first n of m folds, n/m as near to the share as the posts allow."""
    rarest = int(np.unique(posts.labels, return_counts=True)[1].min(initial=len(posts)))
    part = _as_folds(share, most=min(rarest, len(set(posts.groups))))
    splitter = StratifiedGroupKFold(part.denominator, shuffle=True, random_state=seed)
    marks = np.zeros(len(posts), np.int64)
    try:
        folds_of = list(splitter.split(posts.labels, posts.labels, posts.groups))
    except ValueError as fault:
        raise RecipeError(
            f"{file} has {len(posts)} posts, too few to hold out a share of {share:g} of each "
            "label."
        ) from fault
    for _, held_out in folds_of[: part.numerator]:
        marks[held_out] = 1
    return marks


def _as_folds(share: float, *, most: int) -> Fraction:
    """``n/m`` near a share: one of m folds where that is the share, else of ``most`` at most."""
    even = Fraction(1, max(2, round(1 / share)))
    if abs(float(even) - share) <= _SHARE_OFF:
        return even
    finest = max(2, min(most, max(_FOLDS_OF_A_SHARE, round(1 / min(share, 1 - share)))))
    near = Fraction(share).limit_denominator(finest)
    return min(max(near, Fraction(1, finest)), Fraction(finest - 1, finest))


def _read_splits(file: Path) -> pd.DataFrame:
    if not file.is_file():
        raise RecipeError(
            f"The splits file {file} is missing. Put it there, or leave data.splits out of a copy "
            "of the recipe; then each post counts as by an author of its own."
        )
    table = read_posts_file(file, ("id",))
    refuse_rows(file, table["id"].duplicated(), "an id that stands there before")
    return table.set_index("id")


def _read_unfamiliar(
    recipes: Sequence[UnfamiliarRecipe], folder: Path, say: Say
) -> dict[str, tuple[str, ...]]:
    found = {}
    for recipe in recipes:
        file = folder / recipe.file
        if not file.is_file():
            say(f"unfamiliar posts: {file} is missing; {recipe.name} are not tried")
            continue
        table = read_posts_file(file, ("text", "label"))
        texts = table.loc[table["label"] == recipe.label, "text"]
        found[recipe.name] = tuple(texts.iloc[recipe.skip : recipe.skip + recipe.posts])
        if not found[recipe.name]:
            say(
                f"unfamiliar posts: {file} has {len(texts)} rows with the label '{recipe.label}', "
                f"none after the {recipe.skip} that are skipped; {recipe.name} are not tried"
            )
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
        **posts.describe(labels),
    }
