"""A small OpenID Connect provider on this machine, for tests of sign-in."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route


class Provider:
    """Signs in whoever ``email`` names; a token may be spoilt by ``key``."""

    def __init__(self, port: int, email: str) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.email = email
        self.key = self._told_key = RSAKey.generate_key(2048, parameters={"kid": "test"})
        self._nonces: dict[str, str] = {}

    def app(self) -> Starlette:
        """The addresses that a client asks."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._configuration),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/keys", self._keys),
            ]
        )

    async def _configuration(self, _: Request) -> JSONResponse:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def _authorize(self, request: Request) -> RedirectResponse:
        asked = request.query_params
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_hex(8)
        self._nonces[code] = asked["nonce"]
        answer = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{answer}")

    async def _token(self, request: Request) -> JSONResponse:
        form = await request.form()
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": "mhkd",
            "sub": f"sub-{self.email}",
            "email": self.email,
            "email_verified": True,
            "nonce": self._nonces.pop(str(form["code"])),
            "iat": now,
            "exp": now + 600,
        }
        token = jwt.encode({"alg": "RS256", "kid": "test"}, claims, self.key)
        return JSONResponse(
            {"access_token": "none", "token_type": "Bearer", "id_token": token, "expires_in": 600}
        )

    async def _keys(self, _: Request) -> JSONResponse:
        return JSONResponse({"keys": [self._told_key.as_dict(private=False)]})


@contextmanager
def providing(port: int, email: str) -> Iterator[Provider]:
    """A running provider."""
    provider = Provider(port, email)
    config = uvicorn.Config(provider.app(), host="127.0.0.1", port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.05)
        yield provider
    finally:
        server.should_exit = True
        thread.join(30)
