"""Who may do what with kept cases, where readers sign in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Final


class Role(StrEnum):
    """What a reader is to the kept cases; each may do what those before may."""

    reader = "reader"
    editor = "editor"
    administrator = "administrator"


class Action(StrEnum):
    """What can be done with kept cases."""

    read = "read"
    keep = "keep"
    delete = "delete"
    export = "export"
    back_up = "back up"
    restore = "restore"


_OF_EDITORS: Final = frozenset({Action.read, Action.keep, Action.delete})
_ALLOWED: Final[Mapping[Role, frozenset[Action]]] = {
    Role.reader: frozenset({Action.read}),
    Role.editor: _OF_EDITORS,
    Role.administrator: frozenset(Action),
}


def may(role: Role | None, action: Action) -> bool:
    """Whether a role allows an action; no role allows none."""
    return role is not None and action in _ALLOWED[role]


def find_role(claims: Mapping[str, Any], lists: Mapping[str, Any]) -> Role | None:
    """The highest role of someone who signed in.

    Args:
        claims: of the identity token. Its ``roles`` name roles, bare or as ``mhkd.editor``; its
            ``email`` counts where ``email_verified`` is true (OpenID Connect Core 1.0, section
            5.1, a JSON boolean): a provider may let anyone write any address.
        lists: role → addresses or patterns such as ``*@clinic.example``.
    """
    told = claims.get("roles")
    named = {str(name).removeprefix("mhkd.") for name in _as_list(told)}
    address = _read_address(claims)
    for role in reversed(Role):
        if role.value in named or _is_listed(address, _as_list(lists.get(role.value))):
            return role
    return None


def _read_address(claims: Mapping[str, Any]) -> str:
    address = claims.get("email")
    if not isinstance(address, str) or claims.get("email_verified") is not True:
        return ""
    return address.strip().lower()


def _is_listed(address: str, patterns: Sequence[object]) -> bool:
    return bool(address) and any(
        fnmatchcase(address, str(pattern).strip().lower()) for pattern in patterns
    )


def _as_list(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()
