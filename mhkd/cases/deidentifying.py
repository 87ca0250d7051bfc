"""De-identification for the page: Presidio is opened once, where it is installed."""

from __future__ import annotations

from functools import lru_cache

from mhkd.text.deidentify import FindMarks, open_presidio


@lru_cache(maxsize=1)
def find_names() -> FindMarks | None:
    """What finds names on this machine; None where nothing does."""
    return open_presidio()
