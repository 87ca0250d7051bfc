"""Whether a recording says what a text says."""

from __future__ import annotations

import pytest

from mhkd.text.matching import find_text_differs, measure_matched_share

_TEXT = "It has been a long winter. I’m tired most days, but my sister calls every evening."


@pytest.mark.parametrize(
    ("heard", "share"),
    [
        (_TEXT, 1.0),
        ("it has been a long winter im tired", 7 / 8),
        ("It has been a long winter", 1.0),  # the recording ends before the text does
        ("winter long a been has it", 1 / 6),  # the same words in another order
        ("the weather stays dry", 0.0),
        ("", 0.0),
    ],
)
def test_share_of_heard_words_that_are_written(heard: str, share: float) -> None:
    assert measure_matched_share(_TEXT, heard) == pytest.approx(share)


def test_a_finding_needs_some_words_and_quotes_none() -> None:
    assert find_text_differs(_TEXT, _TEXT) == []
    (few,) = find_text_differs(_TEXT, "quite other words")
    assert few.code == "text_not_compared" and "3 words were" in few.message
    (one,) = find_text_differs(_TEXT, "winter")
    assert "1 word was" in one.message and "winter" not in one.message
    assert "no words were" in find_text_differs(_TEXT, "")[0].message
    (finding,) = find_text_differs(_TEXT, "quite other words about zebras and the weather")
    assert finding.code == "text_differs" and finding.effect == "told"
    assert "Of 8 words" in finding.message
    assert not {"zebras", "winter"} & set(finding.message.split())
