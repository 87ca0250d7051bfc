"""Who contributed what to an answer, as frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class NeutralContributions:
    """The same contributions, an absent teacher replaced by what it says of a neutral input.

    Attributes:
        outputs: teacher → probability of the label for a neutral input: a text without a
            word, ten seconds of silence, no emotion word.
    """

    outputs: Mapping[str, float]
    empty: float
    shapley: Mapping[str, float | None]
    residual: float


@dataclass(frozen=True)
class TeacherPair:
    """Two teachers and their Shapley interaction index, in log-odds."""

    first: str
    second: str
    interaction: float


@dataclass(frozen=True)
class TeacherInteractions:
    """How the teachers work together: the value of a set is the log-odds of its probability.

    On probabilities the mean is additive and no pair interacts; on log-odds it does.

    Attributes:
        empty, full: log-odds with no teacher and with all.
        shapley: teacher → Shapley value.
        alone: teacher → what it adds to no teacher (add-one-in).
        last: teacher → what is lost without it (leave-one-out).
        residual: ``|sum(shapley) − (full − empty)|``.
        pairs: every pair of teachers present.
    """

    empty: float
    full: float
    shapley: Mapping[str, float | None]
    alone: Mapping[str, float | None]
    last: Mapping[str, float | None]
    residual: float
    pairs: tuple[TeacherPair, ...]


@dataclass(frozen=True)
class TeacherContributions:
    """Exact Shapley values of the teachers under their mean, in probability.

    Players are the teachers whose input is present; an absent player is null.
    The value of a set of teachers is the probability of ``target`` under the
    mean over all players, with each teacher outside the set replaced by its
    mean output on training posts.

    Attributes:
        target: the label explained.
        empty: value of no teacher. full: value of all, the teachers' probability.
        shapley: teacher → signed points of probability.
        residual: ``|sum(shapley) − (full − empty)|``.
        rule: the rule above, in words.
        neutral: the same against neutral inputs; null where they were not asked.
        interactions: the same sets on log-odds.
    """

    target: str
    empty: float
    full: float
    shapley: Mapping[str, float | None]
    residual: float
    rule: str
    neutral: NeutralContributions | None = None
    interactions: TeacherInteractions | None = None


@dataclass(frozen=True)
class StudentContributions:
    """What the student learned from each teacher: exact Shapley values over eight students.

    The value of a set of teachers is the probability of ``target`` by the student that was
    distilled from that set. The student reads text alone; this is about its training.

    Attributes:
        target: the label explained.
        empty: value of the student without teachers. full: of the shipped student.
        shapley: teacher → signed points of probability, of the shipped seed.
        sd: teacher → standard deviation of its value over the seeds; null with one seed.
        seeds: seeds of which all eight students are there.
        residual: ``|sum(shapley) − (full − empty)|``.
        rule: the rule above, in words.
    """

    target: str
    empty: float
    full: float
    shapley: Mapping[str, float]
    sd: Mapping[str, float | None]
    seeds: int
    residual: float
    rule: str
