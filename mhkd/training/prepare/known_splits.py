"""Splits that the shipped bundles were made with, found again by what the posts say.

``idendep_splits.csv`` holds no post: a fingerprint of each, and the parts it belongs to.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from importlib.resources import files

import pandas as pd

from mhkd.training.prepare.cleaning import clean_text

FINGERPRINT = "fingerprint"
_DIGITS = 12
_LEAST_KNOWN = 0.95


def fingerprint(text: str) -> str:
    """The first 12 hexadecimal digits of the SHA-256 of a post's letters, in lower case.

    Addresses and user names are left out, as ``clean_text`` does.
    """
    letters = "".join(char for char in clean_text(text).casefold() if char.isalpha())
    return hashlib.sha256(letters.encode()).hexdigest()[:_DIGITS]


def find_known_splits(texts: Sequence[str], known: pd.DataFrame) -> pd.DataFrame | None:
    """The rows of ``known`` for posts in any order, or None where they are other posts.

    A post that is not found, of some 5 % at most, takes the place of one that is missing, in the
    order of both.

    Args:
        known: ``fingerprint`` and the columns of the splits.

    Returns:
        The columns of the splits, a row for each post.
    """
    places = defaultdict(list)
    for row, mark in enumerate(known[FINGERPRINT]):
        places[mark].append(row)
    found: list[int | None] = []
    for text in texts:
        rows = places[fingerprint(text)]
        found.append(rows.pop(0) if rows else None)
    known_share = sum(row is not None for row in found) / max(len(texts), 1)
    if len(texts) != len(known) or known_share < _LEAST_KNOWN:
        return None
    taken = {row for row in found if row is not None}
    left = iter(row for row in range(len(known)) if row not in taken)
    chosen = [next(left) if row is None else row for row in found]
    return known.drop(columns=FINGERPRINT).iloc[chosen].reset_index(drop=True)


def read_idendep_splits() -> pd.DataFrame:
    """``fingerprint``, ``split_80_10_10``, ``fold10`` and ``imhi_split`` of IdenDep's posts."""
    with (files("mhkd.training.prepare") / "idendep_splits.csv").open("rb") as stream:
        return pd.read_csv(stream, dtype=str, keep_default_na=False)
