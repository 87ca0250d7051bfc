"""Roles: what they allow, and who has which."""

from __future__ import annotations

from typing import Any

import pytest

from mhkd.cases.roles import Action, Role, find_role, may

_LISTS = {
    "reader": ["*@clinic.example"],
    "editor": ["Ada@clinic.example"],
    "administrator": ["root@clinic.example"],
}


def _verified(email: object) -> dict[str, Any]:
    return {"email": email, "email_verified": True}


def test_each_role_may_do_what_the_one_before_may() -> None:
    allowed = [{action for action in Action if may(role, action)} for role in Role]
    assert allowed[0] < allowed[1] < allowed[2] == set(Action)
    assert allowed[0] == {Action.read}
    assert Action.export not in allowed[1]
    assert not any(may(None, action) for action in Action)


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        (_verified("bo@clinic.example"), Role.reader),
        (_verified("ada@CLINIC.example "), Role.editor),
        (_verified("root@clinic.example"), Role.administrator),
        ({"email": "root@clinic.example"}, None),
        ({"email": "root@clinic.example", "email_verified": False}, None),
        ({"email": "root@clinic.example", "email_verified": None}, None),
        ({"email": "root@clinic.example", "email_verified": "true"}, None),
        ({"email": "root@clinic.example", "email_verified": 1}, None),
        (_verified("root@clinic.example.evil.example"), None),
        (_verified("*@clinic.example"), Role.reader),
        (_verified(["root@clinic.example"]), None),
        ({"preferred_username": "root@clinic.example", "email_verified": True}, None),
        ({"roles": ["mhkd.editor"]}, Role.editor),
        ({"roles": ["editor", "administrator"]}, Role.administrator),
        ({"roles": "administrator"}, None),
        ({"roles": [None, 3, "owner"]}, None),
        ({}, None),
    ],
)
def test_the_highest_role_that_is_given(claims: dict[str, Any], role: Role | None) -> None:
    assert find_role(claims, _LISTS) == role


@pytest.mark.parametrize("lists", [{}, {"administrator": "root@clinic.example"}, {"reader": None}])
def test_lists_that_are_none_give_nothing(lists: dict[str, Any]) -> None:
    assert find_role(_verified("root@clinic.example"), lists) is None
