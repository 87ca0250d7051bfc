"""A counterfactual in words. Pure, and without a word of the post."""

from __future__ import annotations

from collections.abc import Mapping

from app.wording import say_probability, source_of
from mhkd.analysis import Counterfactual


def say_counterfactual(found: Counterfactual, sources: Mapping[str, str]) -> str:
    """How many words or sentences the answer hangs on, or that none up to a number changes it."""
    before = source_of(found.label_before, sources)
    if found.label_after is None or found.probability_after is None:
        tried = f"{found.tried} {found.unit}{'' if found.tried == 1 else 's'}"
        return (
            f"Taking away up to {tried} that speak most for {before} does not change the answer"
            f"{f', nor does any one {found.unit} alone' if found.alone else ''}. Other sets were "
            "not tried."
            if found.tried
            else f"No {found.unit} can be taken away that speaks for {before}."
        )
    count = len(found.removed)
    these = f"this {found.unit}" if count == 1 else f"these {count} {found.unit}s"
    if not found.removed:  # of a kept case, where they are not known
        these = f"some {found.unit}s, which are not named here,"
    return (
        f"Without {these} the answer would lean to {source_of(found.label_after, sources)}: the "
        f"probability of {before} falls from {say_probability(found.probability_before)} to "
        f"{say_probability(found.probability_after)}.{_say_least(count, found)} "
        f"An answer that hangs on few {found.unit}s deserves doubt."
    )


def _say_least(count: int, found: Counterfactual) -> str:
    if count < 2:
        return ""
    alone = f" No {found.unit} alone does it." if found.alone else ""
    return (
        f"{alone} With any one of these back, it would not; other sets, perhaps smaller ones, were "
        "not tried."
    )
