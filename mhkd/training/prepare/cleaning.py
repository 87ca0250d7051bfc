"""What is taken out of a published post before it is stored."""

from __future__ import annotations

import html
import re

_PLACEHOLDERS = frozenset({"emptypost", "[removed]", "[deleted]", "nan"})
_LINK = re.compile(r"\[([^\]\n]*)\]\((?:https?://|/)[^)\s]*\)")
_URL = re.compile(r"(?:https?://|www\.)\S+")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_USER = re.compile(r"(?<![\w/])/?u/[\w-]+|(?<!\w)@\w{2,}")


def clean_text(text: str) -> str:
    """Decodes HTML entities and removes addresses and user names; a link keeps its words."""
    found = html.unescape(text).replace("\r\n", "\n").replace("\r", "\n")
    found = _LINK.sub(r"\1", found)
    for pattern in (_URL, _MAIL, _USER):
        found = pattern.sub("", found)
    return found.strip()


def is_placeholder(body: str) -> bool:
    """Whether a body only says that there is none; in SDCNL nearly all such have one label."""
    return body.strip().lower() in _PLACEHOLDERS


def join_post(title: str, body: str) -> str:
    """Title, newline, body; a placeholder is no body."""
    parts = [clean_text(title), "" if is_placeholder(body) else clean_text(body)]
    return "\n".join(part for part in parts if part)
