"""Which posts the reader has seen answers to: who has does not decide first, wherever it was."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

import streamlit as st

_MOST: Final = 20_000  # fingerprints of 16 bytes; beyond, the session forgets none and adds none
_KEY: Final = "seen_key"
_POSTS: Final = "seen_posts"


def note_seen(text: str) -> None:
    """Notes that an answer to this post is on the screen, as a fingerprint."""
    seen: set[bytes] = st.session_state.setdefault(_POSTS, set())
    if len(seen) < _MOST:
        seen.add(_fingerprint(text))


def was_seen(text: str) -> bool:
    """Whether an answer to this post has been on the screen in this session."""
    return _fingerprint(text) in st.session_state.get(_POSTS, ())


def _fingerprint(text: str) -> bytes:
    """Of the words, whatever stands between them; a post of other words is another post."""
    key: bytes = st.session_state.setdefault(_KEY, secrets.token_bytes(16))
    words = " ".join(text.split()).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(words, key=key, digest_size=16).digest()
