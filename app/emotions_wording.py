"""What is said of the emotions that the emotion teacher rests on. Pure."""

from __future__ import annotations

from app.wording import signed
from mhkd.analysis import EmotionAttribution


def say_sum(found: EmotionAttribution) -> str:
    """What the bars add up to, and what lies beside them."""
    bars = sum(found.emotions.values())
    return (
        f"The bars add up to {signed(bars, 3)}, words that the lexicon does not list to "
        f"{signed(found.unlisted, 3)}: together the way of the logit from "
        f"{signed(found.baseline_output, 3)} of no words to {signed(found.output, 3)}, but for a "
        f"gap of {100 * found.relative_gap:.1f} %. A word with several emotions is shared equally "
        "among them. Words not listed are known only through the words they appear with."
    )
