"""Posts find their own part of a split again, by what they say."""

import json

import pandas as pd

from mhkd.assets import ASSETS
from mhkd.training.prepare.known_splits import (
    FINGERPRINT,
    find_known_splits,
    fingerprint,
    read_idendep_splits,
)

TEXTS = [f"a walk along the {word}" for word in ("river", "road", "wall", "shore", "field")] * 5
TEXTS = [f"{text}, {'again ' * at}" for at, text in enumerate(TEXTS)]
KNOWN = pd.DataFrame({FINGERPRINT: [fingerprint(t) for t in TEXTS], "fold10": range(len(TEXTS))})


def test_in_any_order():
    found = find_known_splits(TEXTS[::-1], KNOWN)
    assert found["fold10"].tolist() == list(range(len(TEXTS)))[::-1]
    assert list(found.columns) == ["fold10"]


def test_the_same_words_written_twice_are_two_posts():
    twice = pd.DataFrame({FINGERPRINT: [fingerprint("twice")] * 2, "fold10": [3, 7]})
    assert find_known_splits(["Twice!", "twice"], twice)["fold10"].tolist() == [3, 7]


def test_addresses_and_case_do_not_matter():
    assert fingerprint("See https://example.org now") == fingerprint("see  NOW")
    assert len(fingerprint("see")) == 12


def test_a_post_that_changed_takes_the_place_that_is_left():
    changed = [*TEXTS]
    changed[4] = "something else"
    assert find_known_splits(changed, KNOWN)["fold10"].tolist() == list(range(len(TEXTS)))


def test_other_posts_have_no_known_split():
    assert find_known_splits([f"other {'x' * at}" for at in range(len(TEXTS))], KNOWN) is None
    assert find_known_splits(TEXTS[:-1], KNOWN) is None


def test_the_shipped_splits_are_those_of_the_shipped_bundle():
    splits = read_idendep_splits()
    facts = json.loads((ASSETS / "bundles" / "idendep" / "bundle.json").read_text())["data"]
    counts = splits["split_80_10_10"].value_counts()
    assert counts["test"] == facts["test"]["posts"] == 185
    assert counts["train"] + counts["val"] == facts["train"]["posts"]
    tested = pd.read_csv(ASSETS / "bundles" / "idendep" / "test_predictions.csv")["id"]
    rows = splits.index[splits["split_80_10_10"] == "test"]
    assert {f"idendep_{row:04d}" for row in rows} == set(tested)
    assert splits["fold10"].nunique() == 10
    assert set(splits[FINGERPRINT].str.len()) == {12}
