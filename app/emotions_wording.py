"""What is said of the emotions that the emotion teacher rests on. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.wording import signed
from mhkd.analysis import EmotionAttribution
from mhkd.metrics import compare_shares


def say_sum(found: EmotionAttribution) -> str:
    """What the bars add up to, and what lies beside them."""
    bars = sum(found.emotions.values())
    return (
        f"The bars add up to {signed(bars, 3)}, words that the lexicon does not list to "
        f"{signed(found.unlisted, 3)}: together the way of the logit from "
        f"{signed(found.baseline_output, 3)} of no words to {signed(found.output, 3)}, but for a "
        f"gap of {100 * found.relative_gap:.1f} %. A word with several emotions is shared equally "
        "among them. Words not listed are known only through the words they appear with. The test "
        "of this explanation takes words away: it says nothing of whether their emotions matter."
    )


def say_emotions_verdict(data: Mapping[str, Any]) -> str | None:
    """What is left of the emotion teacher with shuffled emotions; None where nobody looked.

    The study has one shuffle, and no answers to single posts: the interval of the difference is
    that of two independent samples (Newcombe).

    Args:
        data: what the bundle's manifest says of its data.
    """
    rows = {row["variant"]: row for row in data.get("validation", {}).get("emotion_study", [])}
    for name in ("contexts and graph", "graph"):  # the first that there is is the teacher's own
        own, shuffled = rows.get(name), rows.get(f"{name}, emotions shuffled")
        if own is None or shuffled is None:
            continue
        gap = compare_shares(own["accuracy"], shuffled["accuracy"], own["n"])
        low, high = (signed(100 * value, 1) for value in gap["interval"])
        numbers = (
            f"{100 * own['accuracy']:.1f} % with its own, {100 * shuffled['accuracy']:.1f} % with "
            f"emotions shuffled once, on {own['n']:,} held-out training posts: "
            f"{signed(100 * gap['difference'], 1)} points, {low} to {high}"
        )
        if gap["interval"][0] > 0:
            return f"In one trial the emotions carried part of this teacher’s answers ({numbers})."
        return (
            "The bars tell how its answer is made up, not that emotions carry it: with every "
            "word’s emotions shuffled no fall of this teacher’s accuracy can be told from "
            f"chance ({numbers})."
        )
    return None
