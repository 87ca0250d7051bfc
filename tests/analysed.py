"""The posts that the tiny bundle of ``tests/conftest.py`` is asked about."""

from __future__ import annotations

from mhkd.analysis import Analysis
from tests.tiny import POST

TEXT = f"{POST} I am so tired today and it was good, but I feel alone when I am at the end."
LONG = " ".join([TEXT] * 30)


def list_codes(analysis: Analysis) -> list[str]:
    """The codes of its findings."""
    return [finding.code for finding in analysis.quality]
