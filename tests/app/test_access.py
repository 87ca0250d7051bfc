"""Sign-in and roles on the pages, from the entry of the app."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit import config
from streamlit.config_option import ConfigOption
from streamlit.testing.v1 import AppTest

from app import access, models
from mhkd.cases.store import CaseStore
from tests.app.driving import analyse_text, read_html
from tests.app.example_analysis import ExampleAnalyser
from tests.app.test_cases import _open_cases
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
        claims: dict[str, Any] = {}
        if email is not None:
            claims = {"email": email, "email_verified": True, "sub": email, "iss": "i"}
        monkeypatch.setattr(access, "read_claims", lambda: claims)

    yield sign
    st.cache_resource.clear()


def _open() -> AppTest:
    return AppTest.from_file(str(_ROOT / "app" / "main.py"), default_timeout=90).run()


def test_without_sign_in_only_the_way_in_and_the_help_lines_are_shown(sign_in: SignIn) -> None:
    sign_in(None)
    page = _open()
    assert [title.value for title in page.title] == ["Sign in"]
    assert "988" in read_html(page)
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
    page = analyse_text(_open(), _TEXT)
    assert any((box.key or "").startswith("keep_wanted") for box in page.checkbox) == keeps
    page = _open_cases()
    assert ("kept in" in read_html(page)) == reads
    assert ("cases.sqlite" in read_html(page)) == exports
    if not reads:
        assert "grey" not in read_html(page)
        assert "No role" in read_html(page)
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


Point = Callable[..., Path]
_GOOD = b"[auth]\nclient_id = 'sparrowhawk'\n"


@pytest.fixture
def point(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Point]:
    """Gives the place where settings are looked for, because it is named or without that."""
    before = config.get_option("secrets.files")
    monkeypatch.setattr(st.secrets, "_file_watchers_installed", True)

    def look_at(*, named: bool, name: str = "secrets.toml") -> Path:
        file = tmp_path / name
        told = "a test" if named else ConfigOption.DEFAULT_DEFINITION
        config._set_option("secrets.files", [str(file)], told)
        return file

    yield look_at
    config._set_option("secrets.files", before, ConfigOption.DEFAULT_DEFINITION)
    st.secrets._reset()
    access._sign_in_seen.cache_clear()


def _assert_closed(told: str) -> None:
    assert told in (access.find_fault() or "")
    assert "sparrowhawk" not in (access.find_fault() or "")
    assert not access.is_signed_in()
    assert access.current_role() is None
    assert access.is_configured()


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    ("content", "told"),
    [(b"[auth]\nclient_id = sparrowhawk\n", "TOML, see line 2"), (b"a = '\xff'", "can't be read")],
)
def test_a_broken_file_lets_nobody_in(point: Point, named: bool, content: bytes, told: str) -> None:
    point(named=named).write_bytes(content)
    _assert_closed(told)


@pytest.mark.parametrize("named", [True, False])
def test_a_folder_or_a_link_to_nothing_in_place_of_the_file_lets_nobody_in(
    point: Point, named: bool
) -> None:
    file = point(named=named)
    file.mkdir()
    _assert_closed("can't be read (IsADirectoryError)")
    file.rmdir()
    file.symlink_to("nowhere.toml")
    _assert_closed("is not there")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_of_another_user_lets_nobody_in(point: Point) -> None:
    file = point(named=False)
    file.write_bytes(_GOOD)
    file.chmod(0)
    _assert_closed("can't be read (PermissionError)")


def test_a_named_file_that_is_not_there_lets_nobody_in(point: Point) -> None:
    point(named=True)
    _assert_closed("is not there")
    point(named=True, name="secrets.ini").write_bytes(_GOOD)
    _assert_closed("can't be used")


def test_a_name_in_the_environment_that_is_not_read_lets_nobody_in(
    point: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    point(named=False)
    monkeypatch.setenv("STREAMLIT_SECRETS_FILES", "elsewhere.toml")
    _assert_closed("streamlit run")


def test_without_a_file_nobody_signs_in(point: Point) -> None:
    point(named=False)
    assert access.find_fault() is None
    assert access.is_signed_in() and access.current_role() == "administrator"


@pytest.mark.parametrize("named", [True, False])
def test_a_good_file_asks_for_sign_in_and_stays_asked_for(point: Point, named: bool) -> None:
    """Also while an editor has emptied it, or an update has taken it away for a moment."""
    file = point(named=named)
    file.write_bytes(_GOOD)
    assert access.find_fault() is None and access.is_configured()
    assert not access.is_signed_in()
    assert access.current_role() is None
    file.write_bytes(b"")
    st.secrets._reset()
    _assert_closed("is gone")
    file.unlink()
    st.secrets._reset()
    _assert_closed("is not there" if named else "is gone")
    file.write_bytes(_GOOD)
    assert access.find_fault() is None


def test_the_page_says_what_to_do_and_nothing_of_the_file(point: Point) -> None:
    file = point(named=True)
    file.write_bytes(b"[auth]\nclient_id = sparrowhawk\n")
    page = _open()
    assert [title.value for title in page.title] == ["Sign in"]
    told = read_html(page)
    assert "lets nobody in" in told and "988" in told
    assert "sparrowhawk" not in told and str(file) not in told
    assert not page.button and not page.text_area and not page.exception
