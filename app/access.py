"""Sign-in where an operator configured it, and what the reader may do with kept cases.

Configured is what ``.streamlit/secrets.toml`` holds: ``[auth]`` for the provider, ``[roles]``
for addresses. Without ``[auth]`` nothing is asked and everything is allowed. A file that is
named or there, and can't be read, lets nobody in.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import threading
from collections.abc import Mapping
from typing import Any, Final

import streamlit as st
from streamlit import config, runtime
from streamlit.errors import StreamlitAPIException, StreamlitSecretNotFoundError

from app.components.help_lines import show_help_lines
from app.escape import write_note, write_small_print
from mhkd.cases.roles import Action, Role, find_role, may
from mhkd.errors import MhkdError

_NAMING: Final = "STREAMLIT_SECRETS_FILES"
_NAMES: Final = {
    Role.reader: "may read kept cases",
    Role.editor: "may keep, read and delete cases",
    Role.administrator: "may do everything with kept cases",
}


def is_configured() -> bool:
    """An operator has named a provider that readers sign in with, or meant to."""
    return find_fault() is not None or "auth" in _secrets()


def is_signed_in() -> bool:
    """Whether this reader may see the app at all."""
    if find_fault() is not None:
        return False
    return not is_configured() or bool(read_claims())


def is_session_signed_in(session: str) -> bool:
    """As ``is_signed_in``, for a session of the server, whose page may not be drawn now.

    What Streamlit knows of a session's reader is what the page reads from ``st.user``: it comes
    from the signed cookie, and is gone once the reader has signed out.

    Args:
        session: its id.
    """
    if find_fault() is not None:
        return False
    if not is_configured():
        return True
    manager: Any = runtime.get_instance()._session_mgr
    found = manager.get_active_session_info(session)
    return found is not None and found.session._user_info.get("is_logged_in") is True


def find_fault() -> str | None:
    """Why the settings of sign-in can't be used, for operators; None where they can."""
    try:
        _secrets()
    except MhkdError as fault:
        return fault.public_message
    return None


def read_claims() -> Mapping[str, Any]:
    """What the provider says of the reader; empty where nobody signed in."""
    told: dict[str, Any] = st.user.to_dict()
    return told if told.get("is_logged_in") is True else {}


def current_role() -> Role | None:
    """The reader's role; the highest where there is no sign-in, None for none."""
    if find_fault() is not None:
        return None
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
    if find_fault() is not None:  # which file, and why, is for operators
        write_note(
            "Nobody can sign in",
            "The settings of sign-in can't be read, so this app lets nobody in. Tell those who run "
            "it: started again, it says which file is meant and what to do.",
        )
        return
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
    """What operators have set; empty where they have set nothing.

    Raises:
        MhkdError: a file is named or there, and can't be used.
    """
    named = _check_files()
    try:
        found = st.secrets.to_dict()
    except StreamlitSecretNotFoundError as fault:  # also for a file that is no TOML
        if fault.error_id != "no-secrets-found" or named:
            raise _refuse(_say_broken(fault)) from None  # its message may quote the file
        found = {}
    except (OSError, ValueError) as fault:
        place = getattr(fault, "filename", None) or "A file of settings"
        raise _refuse(f"{place} can't be read ({type(fault).__name__})") from None
    if "auth" in found:
        _sign_in_seen().set()
    elif _sign_in_seen().is_set():  # half written, or taken away, while the app runs
        raise _refuse("The section [auth] is gone since the app was started")
    return found


def _check_files() -> bool:
    """Whether an operator named the files; those that should be there are.

    Raises:
        MhkdError: one is not.
    """
    named = config.is_manually_set("secrets.files")
    if os.environ.get(_NAMING) and not named:
        raise _refuse(f"{_NAMING} is set, and is read only where `streamlit run` starts the app")
    for file in config.get_option("secrets.files"):
        # A link that leads nowhere is there, and what it led to is not.
        if not os.path.exists(file) and (named or os.path.lexists(file)):  # noqa: PTH110
            raise _refuse(f"{file} is not there")
    return bool(named)


@functools.cache
def _sign_in_seen() -> threading.Event:
    """Set once this process has seen that sign-in is configured."""
    return threading.Event()


def _say_broken(fault: StreamlitSecretNotFoundError) -> str:
    if fault.error_id != "failed-parsing-secrets-file":
        return f"{', '.join(config.get_option('secrets.files'))} can't be used"
    line = re.search(r"line \d+", str(fault.__cause__))
    return f"{fault.exec_kwargs['path']} is no valid TOML{f', see {line[0]}' if line else ''}"


def _refuse(found: str) -> MhkdError:
    return MhkdError(
        f"Sign-in can't be set up: {found}. Expected a TOML file that the user who runs the app "
        "can read (docs/deployment.md). Mend it, or take it away where nobody is to sign in.",
        code="sign-in",
    )
