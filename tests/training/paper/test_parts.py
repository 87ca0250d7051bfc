"""How the posts of a recipe of the paper are split, and by whom they are."""

import numpy as np
import pytest

from mhkd.errors import RecipeError
from mhkd.training.paper.parts import load_posts
from mhkd.training.paper.recipe import PaperDataRecipe

LABELS = ["low", "glad"]


@pytest.fixture
def folder(tmp_path):
    rows = [f"p{i},post {i},{'glad' if i % 5 == 0 else 'low'}" for i in range(40)]
    (tmp_path / "all.csv").write_text("\n".join(["id,text,label", *rows]) + "\n")
    return tmp_path


def write_splits(folder, column, values):
    rows = [f"p{i},{value}" for i, value in enumerate(values)]
    (folder / "splits.csv").write_text("\n".join([f"id,{column}", *rows]) + "\n")


def load(folder, **fields):
    recipe = PaperDataRecipe.model_validate({"folder": ".", "train": "all.csv", **fields})
    return load_posts(recipe, LABELS, folder)


def test_validation_posts_keep_the_shares_of_the_labels_where_asked(folder):
    rows = [f"p{i},post {i},{'glad' if i % 5 == 0 else 'low'}" for i in range(100)]
    (folder / "all.csv").write_text("\n".join(["id,text,label", *rows]) + "\n")
    found = {}
    for stratified in (False, True):
        posts = load(folder, cross_validation=2, stratified=stratified)
        for part in posts.parts:
            every = np.concatenate([part.train, part.validation, part.test])
            assert sorted(every.tolist()) == list(range(100))
        found[stratified] = [int(posts.labels[p.validation].sum()) for p in posts.parts]
    assert found[True] == [1, 1]  # of five, as a fifth of all
    assert found[False] != [1, 1]


def test_authors_come_from_the_splits_file(folder):
    assert load(folder).authors[:2] == ("p0", "p1")
    write_splits(folder, "author_group", [f"a{i // 2}" for i in range(39)] + [""])
    authors = load(folder, splits="splits.csv").authors
    assert (authors[0], authors[1], authors[39]) == ("a0", "a0", "p39")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([i % 2 + 1 for i in range(40)], "'0' is missing|'2' is no such number"),
        (["", *(i % 2 for i in range(39))], "'' is no such number"),
    ],
)
def test_folds_that_do_not_fit_are_told(folder, values, told):
    write_splits(folder, "fold", values)
    with pytest.raises(RecipeError, match=told):
        load(folder, splits="splits.csv", split="fold", cross_validation=2)


def test_splits_with_an_id_twice_are_refused(folder):
    (folder / "splits.csv").write_text("id,fold\np0,1\np0,0\n")
    with pytest.raises(RecipeError, match="the id 'p0' twice"):
        load(folder, splits="splits.csv")


def test_a_split_without_posts_to_validate_is_told(folder):
    write_splits(folder, "part", ["train", "test", *[""] * 38])
    with pytest.raises(RecipeError, match="no post for train"):
        load(folder, splits="splits.csv", split="part")
