"""The numbers of each figure of a comparison, as rows for CSV. Pure; no word of a post is there."""

from __future__ import annotations

from collections.abc import Sequence

from app.batch_numbers import Numbers
from app.comparison import Change
from app.wording import MODEL_NAMES
from mhkd.analysis import EmotionAttribution, TeacherContributions


def list_changes(changes: Sequence[Change], target: str, names: Sequence[str]) -> Numbers:
    """Model → probability on either side and the difference."""
    header = ("model", *(f"P({target}), {name.lower()}" for name in names), "difference")
    return Numbers(
        header,
        [(MODEL_NAMES[c.model], c.first, c.second, c.difference) for c in changes],
    )


def list_pair_contributions(
    first: TeacherContributions, second: TeacherContributions, names: Sequence[str]
) -> Numbers:
    """Teacher → its part of the probability on either side."""
    rows = [(MODEL_NAMES[n], v, second.shapley.get(n)) for n, v in first.shapley.items()]
    return Numbers(("teacher", *(f"{first.target}, {name.lower()}" for name in names)), rows)


def list_pair_emotions(
    first: EmotionAttribution, second: EmotionAttribution, names: Sequence[str]
) -> Numbers:
    """Emotion → share of the logit on either side."""
    rows = [(n, v, second.emotions.get(n)) for n, v in first.emotions.items()]
    rows.append(("unlisted words", first.unlisted, second.unlisted))
    return Numbers(("emotion", *(f"{first.target}, {name.lower()}" for name in names)), rows)
