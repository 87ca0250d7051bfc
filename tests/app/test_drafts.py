"""A draft is given to the tab that wrote it, once its session is gone, and to nobody else."""

from __future__ import annotations

import gc
import time

import pytest

from app.drafts import Draft, Drafts, is_key, leave

_TAB, _OTHER = "0" * 32, "1" * 32


class _Sessions:
    """Who is connected."""

    def __init__(self) -> None:
        self.there: set[str] = set()

    def __call__(self, session: str) -> bool:
        return session in self.there


@pytest.fixture
def sessions() -> _Sessions:
    return _Sessions()


@pytest.fixture
def drafts(sessions: _Sessions) -> Drafts:
    return Drafts(sessions)


def _write(drafts: Drafts, text: str = "a grey winter", **given: object) -> Draft:
    draft = Draft("first", **given)  # type: ignore[arg-type]
    assert drafts.meet(_TAB, draft) == "settled"
    draft.note(text, blurred=True)
    return draft


def test_after_a_reload_it_is_there_again_and_only_there(drafts: Drafts) -> None:
    first, second, third = _write(drafts), Draft("second"), Draft("third")
    assert drafts.meet(_TAB, second) == "taken"
    assert (second.text, second.blurred, second.tab) == ("a grey winter", True, _TAB)
    assert first.text == ""
    assert drafts.meet(_TAB, second) == "settled"
    assert drafts.meet(_TAB, third) == "taken"


def test_another_tab_gets_nothing(drafts: Drafts) -> None:
    first, other = _write(drafts), Draft("second")
    assert drafts.meet(_OTHER, other) == "settled"
    assert (other.text, first.text) == ("", "a grey winter")


def test_while_its_session_is_connected_nobody_else_gets_it(
    drafts: Drafts, sessions: _Sessions
) -> None:
    first, second = _write(drafts), Draft("second")
    sessions.there = {"first", "second"}
    assert drafts.meet(_TAB, second) == "wait"
    assert (second.text, second.tab, first.text) == ("", None, "a grey winter")
    assert drafts.meet(_TAB, first) == "settled"
    sessions.there = {"second"}
    assert drafts.meet(_TAB, second) == "taken"


def test_another_reader_gets_nothing_in_the_same_tab(drafts: Drafts) -> None:
    first = _write(drafts, reader="reader-a")
    for reader in (None, "reader-b"):
        other = Draft("second", reader)
        assert drafts.meet(_TAB, other) == "spent"
        assert (other.text, other.tab) == ("", None)
    assert first.text == "a grey winter"
    assert drafts.meet(_TAB, Draft("second", "reader-a")) == "taken"


def test_cleared_it_is_gone(drafts: Drafts) -> None:
    first, second = _write(drafts), Draft("second")
    first.forget()
    assert drafts.meet(_TAB, second) == "settled"
    assert second.text == ""


def test_left_it_is_forgotten_after_a_while(drafts: Drafts) -> None:
    first, second = _write(drafts), Draft("second")
    leave(first, kept_s=0.01)
    end = time.monotonic() + 60
    while first.text:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert drafts.meet(_TAB, second) == "settled"
    assert second.text == ""


def test_a_session_that_comes_back_has_its_draft_again(drafts: Drafts, sessions: _Sessions) -> None:
    first, again = _write(drafts), Draft("first")
    leave(first)
    sessions.there = {"first"}
    assert drafts.meet(_TAB, again) == "taken"
    assert again.text == "a grey winter"


def test_a_draft_that_nobody_holds_is_gone(drafts: Drafts) -> None:
    first, second = _write(drafts), Draft("second")
    del first
    gc.collect()
    assert drafts.meet(_TAB, second) == "settled"


def test_what_is_being_typed_is_newer_than_what_the_field_reported() -> None:
    draft = Draft("first")
    draft.note("I am", blurred=False)
    draft.text = "I am so tired"
    draft.note("I am", blurred=False)
    assert draft.text == "I am so tired"
    draft.note("I am so tired.", blurred=False)
    assert draft.text == "I am so tired."


def test_after_a_hand_over_what_was_typed_meanwhile_is_the_draft(drafts: Drafts) -> None:
    first, second = _write(drafts), Draft("second")
    second.note("typed since", blurred=False)
    assert drafts.meet(_TAB, second) == "taken"
    assert first.text == ""
    second.note("typed since", blurred=False)
    assert second.text == "typed since"


@pytest.mark.parametrize(
    "told", [None, 1, "", "0" * 31, "0" * 33, "G" * 32, ["0" * 32], "0" * 32 + "\n"]
)
def test_only_keys_are_keys(told: object) -> None:
    assert not is_key(told)
    assert is_key(_TAB)
