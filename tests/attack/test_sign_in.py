"""Sign-in without a browser: from the button to the role, with a provider on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from joserfc.jwk import RSAKey
from streamlit.proto.WidgetStates_pb2 import WidgetStates

from tests.attack.guarded import Guarded, guarding
from tests.attack.visitor import ROOT, Visitor, find_port

_PATIENCE_S = 300.0


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with guarding(tmp_path_factory.mktemp("guarded")) as running:
        yield running


def _sign_in(guarded: Guarded, email: str) -> str:
    """Presses the button, follows the provider's way, gives the cookies that came of it."""
    guarded.provider.email = email
    visitor = Visitor.enter(guarded.server.port)
    pressed = WidgetStates()
    pressed.widgets.add(id=visitor.find("button", "Sign in"), trigger_value=True)
    told = visitor.draw(widgets=pressed)
    [address] = [m.auth_redirect.url for m in told if m.WhichOneof("type") == "auth_redirect"]
    visitor.leave()
    browser = requests.Session()
    browser.get(guarded.server.address + address, timeout=_PATIENCE_S)
    return "".join(f"; {cookie.name}={cookie.value}" for cookie in browser.cookies)


@pytest.mark.parametrize(
    ("email", "told"),
    [
        ("ada@clinic.example", "as editor: may keep, read and delete cases"),
        ("bo@clinic.example", "as reader: may read kept cases"),
        ("mallory@evil.example", "without a role: sees no kept case"),
    ],
)
def test_who_signs_in_gets_the_role_of_the_address(guarded: Guarded, email: str, told: str) -> None:
    visitor = Visitor.enter(guarded.server.port, cookie=_sign_in(guarded, email))
    assert f"Signed in {told}" in visitor.said()
    assert visitor.find("text_area", "Post")
    visitor.leave()
    assert email not in guarded.server.logged()


def test_a_token_of_another_key_signs_nobody_in(guarded: Guarded) -> None:
    right = guarded.provider.key
    guarded.provider.key = RSAKey.generate_key(2048, parameters={"kid": "test"})
    cookies = _sign_in(guarded, "ada@clinic.example")
    guarded.provider.key = right
    assert "_streamlit_user=" not in cookies
    visitor = Visitor.enter(guarded.server.port, cookie=cookies)
    assert "open to those who sign in" in visitor.said()
    visitor.leave()


def test_a_cookie_that_was_made_up_or_changed_signs_nobody_in(guarded: Guarded) -> None:
    right = _sign_in(guarded, "ada@clinic.example")
    assert "_streamlit_user=" in right
    changed = right.replace("_streamlit_user=", "_streamlit_user=x", 1)
    for cookie in (changed, "; _streamlit_user=eyJpc19sb2dnZWRfaW4iOnRydWV9"):
        visitor = Visitor.enter(guarded.server.port, cookie=cookie)
        assert "open to those who sign in" in visitor.said()
        assert "Signed in" not in visitor.said()
        visitor.leave()


@pytest.mark.parametrize("name", ["", "cases", "batch", "analyse", "models", "method"])
def test_no_page_is_shown_by_its_address(guarded: Guarded, name: str) -> None:
    visitor = Visitor.enter(guarded.server.port, page=name)
    said = visitor.said()
    assert "open to those who sign in" in said and "988" in said
    assert "kept in" not in said and "Many posts" not in said
    visitor.leave()


def test_only_who_is_signed_in_may_upload(guarded: Guarded) -> None:
    """Streamlit itself takes a file from every session, whatever page that has drawn."""
    cookies = _sign_in(guarded, "ada@clinic.example")
    stranger = Visitor.enter(guarded.server.port)
    changed = Visitor.enter(guarded.server.port, cookie=cookies.replace("user=", "user=x", 1))
    for visitor in (stranger, changed):
        answer = visitor.upload(b"x")
        assert answer.status_code == 401 and answer.text == "Sign in before you upload."
    reader = Visitor.enter(guarded.server.port, cookie=cookies)
    assert reader.upload(b"x").status_code == 204
    assert reader.upload(b"x", session="0000").status_code == 401
    pressed = WidgetStates()
    pressed.widgets.add(id=reader.find("button", "Sign out"), trigger_value=True)
    reader.draw(widgets=pressed)
    assert reader.upload(b"x").status_code == 401
    for visitor in (stranger, changed, reader):
        visitor.leave()


@pytest.mark.parametrize("content", [None, "[auth]\nclient_id = sparrowhawk\n"])
def test_with_broken_settings_the_app_does_not_start(tmp_path: Path, content: str | None) -> None:
    """A file that is not there, and one that is no TOML."""
    file = tmp_path / "secrets.toml"
    if content is not None:
        file.write_text(content, "utf-8")
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py"]
    done = subprocess.run(
        [*command, "--server.port", str(find_port())],
        cwd=ROOT, env={**os.environ, "STREAMLIT_SECRETS_FILES": str(file)},
        capture_output=True, text=True, timeout=_PATIENCE_S,
    )  # fmt: skip
    assert done.returncode != 0
    assert f"mhkd can't start. Sign-in can't be set up: {file}" in done.stderr
    assert "Traceback" not in done.stderr
    assert "sparrowhawk" not in done.stdout + done.stderr
