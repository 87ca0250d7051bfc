"""Which answers of a batch are decided, which are not, and which are withheld.

The rules are those of the page Analyse. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from mhkd.manifest import Manifest

State = Literal["decided", "not decided", "no answer"]
STATES: Final[tuple[State, ...]] = ("decided", "not decided", "no answer")
DECIDED, NOT_DECIDED, NO_ANSWER = range(len(STATES))
UNKNOWN: Final = -1  # of a row that no model answered
DECIDED_ABOVE: Final = 0.6

Bools = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int8]


@dataclass(frozen=True)
class SetRule:
    """How a bundle gives the student's sets of labels (split conformal).

    Attributes:
        least_probability: with it a label belongs to the set.
        ordered: the labels are steps of a scale; those between two members belong to it as well.
    """

    least_probability: float
    ordered: bool = False


@dataclass(frozen=True)
class StateCounts:
    """Rows that a model answered, by state.

    Attributes:
        decided: label → decided rows, in the order of the labels.
        not_decided: rows whose answer is a forced choice between labels that it can't tell apart.
        no_answer: rows whose answer is withheld.
    """

    decided: dict[str, int]
    not_decided: int
    no_answer: int

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.decided.values()) + self.not_decided + self.no_answer


def read_set_rule(manifest: Manifest) -> SetRule | None:
    """The rule of a bundle; None where it gives no sets."""
    found = manifest.conformal
    return None if found is None else SetRule(found.least_probability, manifest.ordered)


def hold_labels(probabilities: npt.NDArray[Any], rule: SetRule) -> Bools:
    """Which labels are in the set of each row, as ``mhkd.conformal.collect_labels`` picks them.

    Args:
        probabilities: calibrated, shape (rows, classes); a row of NaN holds no label.
        rule: of the bundle.

    Returns:
        Shape (rows, classes).
    """
    known = ~np.isnan(probabilities).any(1, keepdims=True)
    filled = np.nan_to_num(probabilities)
    held = filled >= filled.dtype.type(rule.least_probability)
    held[np.arange(len(held)), filled.argmax(1)] = True
    if rule.ordered:
        from_first = np.maximum.accumulate(held, axis=1)
        to_last = np.maximum.accumulate(held[:, ::-1], axis=1)[:, ::-1]
        held = from_first & to_last
    found: Bools = held & known
    return found


def find_states(
    probabilities: npt.NDArray[Any], withheld: Bools, rule: SetRule | None = None
) -> Places:
    """The state of each row's answer.

    Decided: the most probable label has more than 0.6, and where there is a rule, it is alone in
    its set. Thresholds are compared in the precision that the probabilities are kept in.

    Args:
        probabilities: calibrated, shape (rows, classes); NaN where a row has no answer.
        withheld: shape (rows,), rows whose post gets no answer.
        rule: of the student's sets; None for other models, and where the bundle gives none.

    Returns:
        Places in ``STATES``, −1 where a row was not answered, int8, shape (rows,).
    """
    filled = np.nan_to_num(probabilities)
    decided = filled.max(1) > filled.dtype.type(DECIDED_ABOVE)
    if rule is not None:
        decided &= hold_labels(probabilities, rule).sum(1) == 1
    states = np.where(decided, DECIDED, NOT_DECIDED).astype(np.int8)
    states[withheld] = NO_ANSWER
    states[np.isnan(probabilities).any(1)] = UNKNOWN
    return states


def count_states(
    labels: tuple[str, ...], probabilities: npt.NDArray[Any], states: Places
) -> StateCounts:
    """Answered rows by state, the decided ones by label.

    Args:
        labels: in the order of the classes.
        probabilities: shape (rows, classes).
        states: shape (rows,), from ``find_states``.
    """
    guess = probabilities[states == DECIDED].argmax(1)
    counts = np.bincount(guess, minlength=len(labels)).tolist()
    return StateCounts(
        dict(zip(labels, counts, strict=True)),
        int((states == NOT_DECIDED).sum()),
        int((states == NO_ANSWER).sum()),
    )
