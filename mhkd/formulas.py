"""Cells that a spreadsheet would run as a formula (CSV injection, OWASP)."""

from __future__ import annotations

_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001
_FORMULA_MARK = "'"


def disarm(cell: str) -> str:
    """A cell as text: one that would run gets an apostrophe in front of it."""
    return f"{_FORMULA_MARK}{cell}" if cell.startswith(_STARTS) else cell
