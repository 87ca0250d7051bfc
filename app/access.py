"""Sign-in where an operator configured it, and what the reader may do with kept cases.

Configured is what ``.streamlit/secrets.toml`` holds: ``[auth]`` for the provider, ``[roles]``
for addresses. Without ``[auth]`` nothing is asked and everything is allowed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import streamlit as st
from streamlit.errors import StreamlitAPIException, StreamlitSecretNotFoundError

from app.components.help_lines import show_help_lines
from app.escape import write_note, write_small_print
from mhkd.cases.roles import Action, Role, find_role, may

_NAMES: Final = {
    Role.reader: "may read kept cases",
    Role.editor: "may keep, read and delete cases",
    Role.administrator: "may do everything with kept cases",
}


def is_configured() -> bool:
    """An operator has named a provider that readers sign in with."""
    return "auth" in _secrets()


def is_signed_in() -> bool:
    """Whether this reader may see the app at all."""
    return not is_configured() or bool(read_claims())


def read_claims() -> Mapping[str, Any]:
    """What the provider says of the reader; empty where nobody signed in."""
    told: dict[str, Any] = st.user.to_dict()
    return told if told.get("is_logged_in") is True else {}


def current_role() -> Role | None:
    """The reader's role; the highest where there is no sign-in, None for none."""
    if not is_configured():
        return Role.administrator
    return find_role(read_claims(), _secrets().get("roles", {}))


def is_allowed(action: Action) -> bool:
    """Whether the reader may do this with kept cases."""
    return may(current_role(), action)


def say_readers() -> str:
    """Who can read a kept case, in a sentence."""
    if is_configured():
        return "Everyone who has a role in this app can read it."
    return "Everyone who can open this app can read it."


def find_pseudonym() -> str | None:
    """The same for a reader each time, without the name; None where there is no sign-in."""
    claims = read_claims() if is_configured() else {}
    if "sub" not in claims:
        return None
    told = f"{claims.get('iss', '')}|{claims['sub']}"
    return f"reader-{hashlib.sha256(told.encode('utf-8')).hexdigest()[:12]}"


def show_sign_in() -> None:
    """Draws the page before sign-in: help lines stand there, too."""
    st.title("Sign in", anchor=False)
    show_help_lines()
    st.space("small")
    write_small_print("This app is open to those who sign in.")
    if st.button("Sign in", type="primary"):
        try:
            st.login()
        except StreamlitAPIException as fault:  # Authlib is missing, a setting is lacking
            write_note("Sign-in is not set up rightly", f"{type(fault).__name__}. See the log.")


def show_reader() -> None:
    """Draws who is signed in, and the way out."""
    if not is_configured():
        return
    role = current_role()
    told = "without a role: sees no kept case" if role is None else f"as {role}: {_NAMES[role]}"
    with st.container(horizontal=True, vertical_alignment="center", key="reader"):
        st.text(f"Signed in {told}")
        st.button("Sign out", type="tertiary", on_click=st.logout)


def _secrets() -> Mapping[str, Any]:
    try:
        return st.secrets.to_dict()
    except StreamlitSecretNotFoundError:
        return {}
