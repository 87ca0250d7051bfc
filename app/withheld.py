"""When no answer is given, and why. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.wording import say_finding, say_outside
from mhkd.analysis import Analysis

FORCED: Final = (
    "What follows is what the models chose because they have to choose, and why. It says little of "
    "a post like this one."
)


@dataclass(frozen=True)
class Withheld:
    """What stands in the place of an answer.

    Attributes:
        title: one sentence.
        reasons: sentences.
    """

    title: str
    reasons: tuple[str, ...]


def say_withheld(analysis: Analysis) -> Withheld | None:
    """Why no answer is given, None where one is; the numbers are a forced choice then."""
    reasons = [f for f in analysis.quality if f.effect == "abstains" and f.code != "unfamiliar"]
    told = tuple(finding.message for finding in reasons)
    familiarity = analysis.familiarity
    if familiarity is not None and familiarity.outside:
        outside = say_outside(familiarity.distance, familiarity.threshold)
        return Withheld("Outside what this model knows.", (outside, *told))
    if not reasons:
        return None
    return Withheld(say_no_answer(reasons[0].code), told)


def say_no_answer(code: str) -> str:
    """The sentence in the place of an answer that a finding forbids."""
    title = say_finding(code)
    return f"No answer: {title[:1].lower()}{title[1:]}."
