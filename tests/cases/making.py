"""Cases to keep."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from mhkd.cases.records import Judgement, NewCase, make_case
from mhkd.cases.store import new_id
from tests.app.example_analysis import build_analysis

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def new_case(label: str = "suicide", **given: Any) -> NewCase:
    """A case of the example post."""
    note, first, after = given.pop("note", ""), given.pop("first", False), given.pop("after", None)
    probability = given.pop("probability", 0.78)
    analysis = given.pop("analysis", None) or build_analysis(probability=probability)
    settings = {"id": new_id(), "now": NOW, **given}
    return make_case(analysis, Judgement(label, first, note, after), **settings)
