"""The app behind sign-in, with its provider."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.attack.provider import Provider, providing
from tests.attack.visitor import Server, find_port, serving

_SECRETS = """
[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "for this test alone, and long enough"
client_id = "mhkd"
client_secret = "none"
server_metadata_url = "{issuer}/.well-known/openid-configuration"

[roles]
reader = ["*@clinic.example"]
editor = ["ada@clinic.example"]
"""


@dataclass(frozen=True)
class Guarded:
    """An app that asks for sign-in, and its provider."""

    server: Server
    provider: Provider


@contextmanager
def guarding(folder: Path) -> Iterator[Guarded]:
    """Both, running; what they write lies in ``folder``."""
    port = find_port()
    with providing(find_port(), "ada@clinic.example") as provider:
        secrets = folder / "secrets.toml"
        secrets.write_text(_SECRETS.format(port=port, issuer=provider.issuer), "utf-8")
        settings = {
            "STREAMLIT_SECRETS_FILES": str(secrets),
            "MHKD_CASES_URL": f"sqlite:///{folder}/cases.sqlite",
        }
        with serving(folder / "log.txt", port=port, **settings) as server:
            yield Guarded(server, provider)
