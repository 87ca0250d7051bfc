"""The story of the guided tour: its steps, and what a presenter says at each. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from app.withheld import say_withheld
from app.wording import MODEL_NAMES, say_answer, say_disagreement, say_probability, source_of
from mhkd.analysis import Analysis

Part = Literal[
    "story", "post", "text", "audio", "emotion", "teachers", "student", "learned", "outside", "end"
]


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        title: a heading.
        lines: sentences on it that hold for any post.
        part: what is shown below.
    """

    title: str
    lines: tuple[str, ...]
    part: Part


STEPS: Final = (
    Step(
        "Three teachers and one student",
        (
            "Three large models each know one way into a post: its words, its sound, its emotions.",
            "A small student learned from all three. It reads the text alone, and is quick.",
        ),
        "story",
    ),
    Step(
        "A post",
        (
            "It was written for this tour. The models are reading it now, on this machine.",
            "They say which of the sources they learned from it resembles. It is no diagnosis.",
        ),
        "post",
    ),
    Step(
        "The text teacher reads",
        ("A pretrained language model, with a head that learned to tell the labels apart.",),
        "text",
    ),
    Step(
        "The audio teacher listens",
        (
            "A speech encoder hears the post. Here a synthesiser speaks it, as in training, so "
            "the voice says nothing about a person.",
        ),
        "audio",
    ),
    Step(
        "The emotion teacher looks words up",
        ("A graph of words and emotions. It knows the words of the post one by one.",),
        "emotion",
    ),
    Step(
        "The teachers confer",
        (
            "Their mean is what the student was taught. Each one’s share of it is exact "
            "(Shapley values), and where they contradict each other the page says so.",
        ),
        "teachers",
    ),
    Step(
        "The student answers",
        ("It reads text only. Below are the words that its answer rests on.",),
        "student",
    ),
    Step(
        "What the student learned from whom",
        ("At an answer the teachers are gone. What they taught stays in the student.",),
        "learned",
    ),
    Step(
        "A post it does not know",
        (
            "The models can only choose between their labels, whatever they are given. So the "
            "student also measures how far a post lies from those it learned from.",
        ),
        "outside",
    ),
    Step(
        "What it is not",
        (
            "It labels posts, not people. It knows the forums it learned from, nothing of a life.",
            "It is not a diagnosis and not a triage tool. Nobody reads along, nobody is alerted.",
        ),
        "end",
    ),
)


def say_model(analysis: Analysis, model: str, sources: Mapping[str, str]) -> str:
    """What one model says of the post."""
    prediction = analysis.predictions.get(model)
    if prediction is None:
        return f"The {MODEL_NAMES[model].lower()} did not answer."
    label = max(prediction.probabilities, key=lambda name: prediction.probabilities[name])
    value = prediction.probabilities[label]
    return (
        f"It says {source_of(label, sources)}, with a calibrated probability of "
        f"{say_probability(value)}."
    )


def say_conference(analysis: Analysis, sources: Mapping[str, str]) -> str:
    """What the teachers say together."""
    told = say_model(analysis, "teachers", sources).replace("It says", "Together they say")
    disagreement = say_disagreement(analysis, sources)
    return told if disagreement is None else f"{disagreement} {told}"


def say_student(analysis: Analysis, sources: Mapping[str, str]) -> str:
    """The student's answer, or why none is given and what it would choose if it had to."""
    prediction, withheld = analysis.predictions["student"], say_withheld(analysis)
    if prediction is None:
        return "The student did not answer."
    answer = say_answer(prediction, sources, analysis.prediction_set)
    if withheld is None:
        chance = say_probability(answer.probability)
        return f"{answer.headline} Calibrated probability {chance}."
    told = say_model(analysis, "student", sources).replace("It says", "If it had to choose,")
    return f"{withheld.title} {' '.join(withheld.reasons)} {told}"
