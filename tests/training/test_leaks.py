import numpy as np

from mhkd.training.data import LabelledPosts
from mhkd.training.leaks import find_clean, find_leaks, tell_leaks

LABELS = ["depression", "suicide"]
LONG = "the garden was quiet and the light came slowly over the wall while we waited for the others"


def posts(prefix, texts, labels, groups):
    ids = tuple(f"{prefix}{i}" for i in range(len(texts)))
    return LabelledPosts(ids, tuple(texts), np.array(labels), tuple(groups), np.zeros(len(ids)))


def test_each_kind_of_leak_is_counted_and_no_text_is_kept():
    train = posts(
        "a",
        ["title\nemptypost", LONG, LONG, "my depression and r/SuicideWatch", "calm\nsame line"],
        [1, 0, 0, 1, 0],
        ["u", "v", "v", "w", "x"],
    )
    test = posts("b", [LONG + ".", "calm", "depressing"], [0, 1, 0], ["v", "y", "z"])
    found = find_leaks(
        train, test, LABELS, {"depression": "r/depression", "suicide": "r/SuicideWatch"}
    )
    assert found["placeholder_bodies"] == {"depression": 0, "suicide": 1}
    assert found["identical"] == {"within_train": 1, "across": 0}
    assert found["near_duplicates"] == {"within_train": 1, "across": 1}
    assert (found["authors_on_both_sides"], found["test_posts_by_them"]) == (1, 1)
    assert found["label_words"]["depression"] == {"depression": 0, "suicide": 1}
    assert found["label_words"]["suicide"] == {"depression": 0, "suicide": 1}
    assert found["repeated_lines"] == 0
    told = " ".join(tell_leaks(found))
    assert "1 suicide" in told
    assert "garden" not in told + str(found)


def test_without_authors_nothing_is_said_of_them():
    train = posts("a", ["calm", "so"], [0, 1], ["a0", "a1"])  # each post stands for itself
    test = posts("b", ["good"], [0], ["b0"])
    found = find_leaks(train, test, LABELS, {})
    assert (found["authors_on_both_sides"], found["test_posts_by_them"]) == (None, None)
    assert any("authors on both sides: not known" in line for line in tell_leaks(found))
    assert set(find_clean(train, test)) == {"no_near_duplicates"}


def test_a_line_in_five_posts_recurs():
    train = posts("a", [f"number {i}\nthe same end" for i in range(5)], [0] * 5, "abcde")
    test = posts("b", ["alone"], [1], ["z"])
    assert find_leaks(train, test, LABELS, {})["repeated_lines"] == 5


def test_posts_without_ties_are_marked_one_by_one():
    train = posts("a", [LONG], [0], "v")
    other = "a quite different sentence about bread and the early morning in the old kitchen"
    test = posts("b", [LONG + ".", other, other, "calm"], [0, 1, 0, 1], ["w", "v", "x", "y"])
    clean = find_clean(train, test)
    assert clean["author_disjoint"].tolist() == [True, False, True, True]
    assert clean["no_near_duplicates"].tolist() == [False, True, False, True]
