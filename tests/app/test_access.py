"""Sign-in and roles on the pages, from the entry of the app."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import access, models
from mhkd.cases.store import CaseStore
from tests.app.example_analysis import ExampleAnalyser
from tests.app.test_cases import _open_cases
from tests.app.test_page import _analyse, _html
from tests.cases.making import new_case

_ROOT = Path(__file__).resolve().parents[2]
_TEXT = "I feel like a burden to everyone. I am so tired of this."
_SECRETS = {
    "auth": {"client_id": "x"},
    "roles": {
        "reader": ["r@c.example"],
        "editor": ["e@c.example"],
        "administrator": ["a@c.example"],
    },
}

SignIn = Callable[[str | None], None]


@pytest.fixture
def sign_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SignIn]:
    monkeypatch.setenv("MHKD_CASES_URL", f"sqlite:///{tmp_path}/cases.sqlite")
    monkeypatch.setattr(models, "load_analyser", ExampleAnalyser)
    monkeypatch.setattr(access, "_secrets", lambda: _SECRETS)
    st.cache_resource.clear()

    def sign(email: str | None) -> None:
        claims: dict[str, Any] = {} if email is None else {"email": email, "sub": email, "iss": "i"}
        monkeypatch.setattr(access, "read_claims", lambda: claims)

    yield sign
    st.cache_resource.clear()


def _open() -> AppTest:
    return AppTest.from_file(str(_ROOT / "app" / "main.py"), default_timeout=90).run()


def test_without_sign_in_only_the_way_in_and_the_help_lines_are_shown(sign_in: SignIn) -> None:
    sign_in(None)
    page = _open()
    assert [title.value for title in page.title] == ["Sign in"]
    assert "988" in _html(page)
    assert not page.text_area
    assert not page.exception


@pytest.mark.parametrize(
    ("email", "keeps", "reads", "deletes", "exports"),
    [
        ("nobody@c.example", False, False, False, False),
        ("r@c.example", False, True, False, False),
        ("e@c.example", True, True, True, False),
        ("a@c.example", True, True, True, True),
    ],
)
def test_a_role_shows_what_it_allows(
    sign_in: SignIn, email: str, keeps: bool, reads: bool, deletes: bool, exports: bool
) -> None:
    sign_in(email)
    case = new_case(text="a grey winter")
    CaseStore.open().keep(case)
    page = _analyse(_open(), _TEXT)
    assert any((box.key or "").startswith("keep_wanted") for box in page.checkbox) == keeps
    page = _open_cases()
    assert ("kept in" in _html(page)) == reads
    assert ("cases.sqlite" in _html(page)) == exports
    if not reads:
        assert "grey" not in _html(page)
        assert "No role" in _html(page)
        return
    page.selectbox[0].set_value(case.case.id).run()
    keys = [button.key or "" for button in page.button]
    assert any(key.startswith("case_delete") for key in keys) == deletes
    assert any(key == "care_restore" for key in keys) == exports
    assert ("Export for training" in [header.value for header in page.header]) == exports
    assert not page.exception


def test_a_reader_who_signed_in_has_the_same_pseudonym_each_time(sign_in: SignIn) -> None:
    sign_in("e@c.example")
    first = access.find_pseudonym()
    assert first is not None and "@" not in first and "e@c" not in first
    assert access.find_pseudonym() == first
    sign_in("a@c.example")
    assert access.find_pseudonym() != first


def test_where_no_provider_is_named_everything_is_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(access, "_secrets", dict)
    assert access.is_signed_in()
    assert access.current_role() == "administrator"
    assert access.find_pseudonym() is None
