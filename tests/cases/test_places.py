"""Where words of a post stand in what was made of it."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhkd.cases.places import Place, Places
from mhkd.text.deidentify import deidentify

POST = "Jo says I am a burden.\nCall 07700 900123, or jo@example.org, I don't mind. I am tired."


def _find(post: str, text: str, word: str, start: int = 0) -> str | None:
    at = post.index(word, start)
    place = Places(post, text).find(at, at + len(word))
    return None if place is None else text[place.start : place.end]


def test_what_was_replaced_has_no_place_and_the_rest_keeps_its_own() -> None:
    text = deidentify(POST).text
    assert "[phone]" in text and "[e-mail]" in text
    places = Places(POST, text)
    for found in re.finditer(r"\S+", POST):
        place = places.find(*found.span())
        if found.group() in ("07700", "900123,", "jo@example.org,"):
            assert place is None, found.group()
        else:
            assert place is not None
            assert text[place.start : place.end] == found.group()


def test_of_a_word_that_recurs_the_one_that_is_left_is_found() -> None:
    text = POST.replace("I am a burden.\n", "")
    places = Places(POST, text)
    first, last = POST.index("I am"), POST.rindex("I am")
    assert places.find(first, first + 4) is None
    at = text.index("I am tired")
    assert places.find(last, last + 4) == Place(at, at + 4)


def test_a_sentence_is_found_whole_or_not_at_all() -> None:
    sentence = "I don't mind."
    assert _find(POST, f"New. {POST}", sentence) == sentence
    assert _find(POST, POST.replace("don't", "never"), sentence) is None
    assert _find(POST, POST.replace("don't mind", "don't really mind"), sentence) is None
    spaced = POST.replace("don't mind", "don't\n mind")
    assert _find(POST, spaced, sentence) == "I don't\n mind."


def test_a_part_of_a_piece_is_found_in_it() -> None:
    assert _find("some snowboarding here", "some more snowboarding", "board") == "board"
    assert _find("some snowboarding here", "some surfboarding", "board") is None


@pytest.mark.parametrize(("start", "end"), [(0, 0), (2, 3), (500, 510)])
def test_nothing_has_no_place(start: int, end: int) -> None:
    assert Places(POST, POST).find(start, end) is None


@pytest.mark.parametrize("text", ["", "entirely other"])
def test_a_text_without_the_post_holds_none_of_it(text: str) -> None:
    places = Places(POST, text)
    assert all(places.find(*found.span()) is None for found in re.finditer(r"\S+", POST))


_WORDS = st.lists(st.sampled_from(["I", "am", "so", "tired", "don't", "of", "it.", "😀"]))


@given(_WORDS, st.data())
def test_words_keep_their_order_and_their_letters(words: list[str], data: st.DataObject) -> None:
    left = [word for word in words if data.draw(st.booleans())]
    post, text = " ".join(words), "\n".join(left)
    places = Places(post, text)
    found = [places.find(*part.span()) for part in re.finditer(r"\S+", post)]
    placed = [place for place in found if place is not None]
    assert all(one.end <= other.start for one, other in pairwise(placed))
    told = [text[place.start : place.end] for place in placed]
    assert told == [w for w, place in zip(words, found, strict=True) if place is not None]
    if left == words:
        assert None not in found
