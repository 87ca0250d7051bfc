"""Text is made readable without moving a character."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhkd.text.normalise import (
    count_letters,
    replace_unreadable,
    split_for_voice,
    write_for_voice,
)

_ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(_ANY_TEXT)
def test_offsets_stay_true(text: str) -> None:
    readable = replace_unreadable(text)
    assert len(readable) == len(text)
    readable.encode("utf-8")
    for before, after in zip(text, readable, strict=True):
        if unicodedata.category(before) not in ("Cc", "Cs"):
            assert before == after


def test_what_is_unreadable_is_replaced() -> None:
    assert replace_unreadable("a\x00b\ud800c\nd") == "a b\ufffdc\nd"


@given(_ANY_TEXT)
def test_any_text_is_cut_into_speakable_chunks(text: str) -> None:
    chunks = split_for_voice(text, max_words=20, chunk_words=5)
    assert sum(len(chunk.split()) for chunk in chunks) <= 20
    assert all(0 < len(chunk.split()) <= 5 for chunk in chunks)


def test_sentences_are_cut_in_order() -> None:
    chunks = split_for_voice("One two three. Four! Five six", max_words=5, chunk_words=2)
    assert chunks == ["One two", "three.", "Four!", "Five"]


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("see https://example.org/x?y=1 now", "see link now"),
        ("ask u/someone or @someone", "ask user or user"),
        ("mail me at a.b@example.org", "mail me at e-mail address"),
    ],
)
def test_addresses_are_named_not_read_out(written: str, spoken: str) -> None:
    assert write_for_voice(written) == spoken


def test_letters_of_every_script_count() -> None:
    assert count_letters("añ 1 я 我 🙂 !") == 4
