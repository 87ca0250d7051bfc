"""Each published data set: its files, how they are read, and what must be in them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mhkd.errors import InputError
from mhkd.training.prepare.cleaning import clean_text, join_post
from mhkd.training.prepare.known_splits import find_known_splits, read_idendep_splits
from mhkd.training.prepare.splits import (
    find_near_duplicates,
    group_authors,
    number_folds,
    split_as_notebooks,
    split_stratified,
)

Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Source:
    """A data set that someone has published.

    Attributes:
        name: of the data set.
        origin: where it is published, and by whom.
        licence: what is known of its terms.
        read: folder of the download → file name → table.
        rows: rows that each table of the published version has.
        labels: rows of each label, of tables where this is known.
    """

    name: str
    origin: str
    licence: str
    read: Callable[[Path], Tables]
    rows: Mapping[str, int]
    labels: Mapping[str, Mapping[str, int]]


def read_sdcnl(folder: Path) -> Tables:
    """``training-set.csv`` and ``testing-set.csv``, as in the folder ``data`` of SDCNL."""
    columns = ("title", "selftext", "author", "is_suicide")
    parts = [
        _read_csv(_find(folder, f"{name}-set.csv"), columns) for name in ("training", "testing")
    ]
    whole = pd.concat(parts, ignore_index=True)
    labels = _map_labels(whole["is_suicide"], {"0": "depression", "1": "suicide"}, "is_suicide")
    posts = pd.DataFrame(
        {
            "id": [f"sdcnl_{row:04d}" for row in range(len(whole))],
            "text": [
                join_post(title, body)
                for title, body in zip(whole["title"], whole["selftext"], strict=True)
            ],
            "label": labels,
        }
    )
    training = len(parts[0])
    groups = group_authors(whole["author"].tolist())
    known, near = set(groups[:training]), find_near_duplicates(posts["text"].tolist())
    rest = ["test"] * (len(whole) - training)
    splits = posts[["id", "label"]].assign(
        official_split=["train"] * training + rest,
        paper_code_split=_name(split_as_notebooks(training)) + rest,
        stratified_split=_name(split_stratified(labels[:training], held_out=0.1)) + rest,
        author_group=groups,
        near_dup_of=["" if place is None else posts["id"][place] for place in near],
        test_author_in_train=[
            int(row >= training and group in known) for row, group in enumerate(groups)
        ],
    )
    return {"train.csv": posts[:training], "test.csv": posts[training:], "splits.csv": splits}


def read_idendep(folder: Path) -> Tables:
    """The folders ``reddit_depression`` and ``reddit_non_depression``, a file for each post.

    The splits are those that the shipped bundle was made with, or new ones for other posts.
    """
    rows = []
    for name, label in (
        ("reddit_depression", "depression"),
        ("reddit_non_depression", "non_depression"),
    ):
        files = sorted(_find(folder, name).glob("*.txt"))
        if not files:
            raise InputError(f"{folder / name} holds no .txt files.")
        # The file's name is the author's: it is read for the order and not kept.
        rows += [(clean_text(_read_text(file)), label, name) for file in files]
    posts = pd.DataFrame(rows, columns=["text", "label", "source"])
    posts.insert(0, "id", [f"idendep_{row:04d}" for row in range(len(posts))])
    splits = find_known_splits(posts["text"].tolist(), read_idendep_splits())
    if splits is None:
        splits = _draw_splits(posts["label"].tolist())
    return {"all.csv": posts, "splits.csv": pd.concat([posts[["id", "label"]], splits], axis=1)}


def _draw_splits(labels: list[str]) -> pd.DataFrame:
    """An 80/10/10 split and ten folds of posts that no shipped split knows."""
    in_training = split_stratified(labels, held_out=0.2)
    rest = np.where(~in_training)[0]
    in_test = rest[~split_stratified([labels[row] for row in rest], held_out=0.5)]
    split = np.where(in_training, "train", "val")
    split[in_test] = "test"
    return pd.DataFrame({"split_80_10_10": split, "fold10": number_folds(labels, 10)})


def read_goemotions(folder: Path) -> Tables:
    """``train.tsv``, ``dev.tsv`` and ``emotions.txt``, as in the folder ``data`` of GoEmotions."""
    emotions = _read_text(_find(folder, "emotions.txt")).split()
    tables, start = {}, 0
    for part in ("train", "dev"):
        rows = []
        file = _find(folder, f"{part}.tsv")
        for number, line in enumerate(_read_text(file).splitlines(), start=1):
            fields = line.split("\t")
            if len(fields) != 3 or not all(f.isdigit() for f in fields[1].split(",")):
                raise InputError(f"{file}, line {number}: expected text, label numbers and id.")
            numbers = [int(field) for field in fields[1].split(",")]
            if max(numbers) >= len(emotions):
                raise InputError(f"{file}, line {number}: label {max(numbers)} has no name.")
            rows.append((clean_text(fields[0]), "|".join(emotions[n] for n in numbers)))
        table = pd.DataFrame(rows, columns=["text", "label"])
        table.insert(0, "id", [f"goemo_{start + row:05d}" for row in range(len(table))])
        tables[f"{part}.csv"], start = table, start + len(table)
    return tables


def read_cams(folder: Path) -> Tables:
    """``added_CAMS_data.csv``, the crawl of CAMS; posts without labels, each once."""
    table = _read_csv(_find(folder, "added_CAMS_data.csv"), ("selftext",))
    texts = [join_post("", body) for body in table["selftext"]]
    posts = pd.DataFrame({"id": [f"cams_{row:04d}" for row in range(len(texts))], "text": texts})
    return {"cams_crawl.csv": posts[posts["text"] != ""].drop_duplicates("text")}


SOURCES: Mapping[str, Source] = {
    source.name: source
    for source in (
        Source(
            "sdcnl",
            "github.com/ayaanzhaque/SDCNL, folder data (Haque, Reddi, Giallanza, ICANN 2021)",
            "none stated",
            read_sdcnl,
            {"train.csv": 1516, "test.csv": 379, "splits.csv": 1895},
            {
                "train.csv": {"depression": 729, "suicide": 787},
                "test.csv": {"depression": 186, "suicide": 193},
            },
        ),
        Source(
            "idendep",
            "github.com/Inusette/Identifying-depression, folder Data_Collector "
            "(Pirina and Çöltekin, SMM4H 2018)",
            "none stated",
            read_idendep,
            {"all.csv": 1841, "splits.csv": 1841},
            {"all.csv": {"depression": 1293, "non_depression": 548}},
        ),
        Source(
            "goemotions",
            "github.com/google-research/google-research, folder goemotions/data "
            "(Demszky et al., ACL 2020)",
            "Apache-2.0",
            read_goemotions,
            {"train.csv": 43410, "dev.csv": 5426},
            {},
        ),
        Source(
            "cams",
            "github.com/drmuskangarg/CAMS, folder CAMS/data (Garg et al., LREC 2022)",
            "free for research, says its README",
            read_cams,
            {"cams_crawl.csv": 3153},
            {},
        ),
    )
}


def _find(folder: Path, name: str) -> Path:
    for place in (folder, folder / "data", folder / "Data_Collector", folder / "CAMS" / "data"):
        if (place / name).exists():
            return place / name
    raise InputError(f"There is no '{name}' in {folder}. Give the folder of the download.")


def _read_text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise InputError(f"{file} is not text in UTF-8.") from fault


def _read_csv(file: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
    except (ValueError, UnicodeDecodeError, csv.Error) as fault:
        raise InputError(f"{file} can't be read as CSV in UTF-8.") from fault
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise InputError(f"{file} lacks the column '{missing[0]}': is it the published file?")
    return table


def _map_labels(column: pd.Series, names: Mapping[str, str], title: str) -> list[str]:
    unknown = sorted(set(column) - set(names))
    if unknown:
        raise InputError(
            f"The column '{title}' says '{unknown[0][:20]}': expected {', '.join(names)}."
        )
    return [names[value] for value in column]


def _name(kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[str]:
    return ["train" if inside else "val" for inside in kept]
