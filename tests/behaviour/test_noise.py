"""Each change against a text worked by hand."""

from __future__ import annotations

import pytest

from mhkd.behaviour.noise import change_post

TEXT = "Mornings, I don't sleep because winter is near. Nobody knows? I am fine."


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            "swapped letters",
            "Morinngs, I don't sleep because winter is near. Noobdy knows? I am fine.",
        ),
        (
            "left-out letters",
            "Mornngs, I don't sleep because winter is near. Nobdy knows? I am fine.",
        ),
        (
            "doubled letters",
            "Morniings, I don't sleep because winter is near. Noboody knows? I am fine.",
        ),
        (
            "misspelt words",
            "Mornings, I don't sleep becuase winter is near. Nobody knows? I am fine.",
        ),
        ("no commas", "Mornings I don't sleep because winter is near. Nobody knows? I am fine."),
        (
            "no apostrophes",
            "Mornings, I dont sleep because winter is near. Nobody knows? I am fine.",
        ),
        (
            "a line for each sentence",
            "Mornings, I don't sleep because winter is near\nNobody knows\nI am fine.",
        ),
        (
            "dots after sentences",
            "Mornings, I don't sleep because winter is near... Nobody knows... I am fine.",
        ),
    ],
)
def test_a_change(change: str, expected: str) -> None:
    assert change_post(TEXT, change, {"because": "becuase"}) == expected
