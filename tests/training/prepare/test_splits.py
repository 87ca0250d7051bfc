import numpy as np

from mhkd.training.prepare.splits import (
    find_near_duplicates,
    group_authors,
    number_folds,
    split_as_notebooks,
    split_stratified,
)

LABELS = ["calm"] * 60 + ["tired"] * 40


def test_the_notebooks_split_is_that_of_numpys_old_generator():
    np.random.seed(123)  # noqa: NPY002 - what the notebooks call
    expected = set(np.random.permutation(1516)[:1364].tolist())  # noqa: NPY002
    chosen = split_as_notebooks(1516)
    assert set(np.where(chosen)[0].tolist()) == expected
    assert (~chosen).sum() == 152


def test_shares_of_labels_are_kept():
    kept = split_stratified(LABELS, held_out=0.1)
    assert [LABELS[row] for row in np.where(~kept)[0]].count("calm") == 6
    folds = number_folds(LABELS, 10)
    for fold in range(10):
        inside = [LABELS[row] for row in np.where(folds == fold)[0]]
        assert (inside.count("calm"), inside.count("tired")) == (6, 4)


def test_authors_get_numbers_by_their_first_post():
    assert group_authors(["Bo", "Al", "bo ", "Cy"]) == ["a0000", "a0001", "a0000", "a0002"]


def test_near_duplicates_name_the_first_of_their_kind():
    walk = "the walk by the river was long and good and i slept well after it"
    texts = [walk, "nothing like it at all, a quiet evening at home", walk + "!", "x", walk]
    assert find_near_duplicates(texts) == [None, None, 0, None, 0]
