"""Sets of labels that hold the right one as often as was promised. Pure.

Source: Sadinle, Lei and Wasserman, Least Ambiguous Set-Valued Classifiers with Bounded
Error Levels, JASA 2019; split conformal prediction as in Vovk et al., 2005.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from mhkd.analysis import Prediction, PredictionSet
from mhkd.manifest import Manifest

COVERAGE: Final = 0.9
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def fit_least_probability(
    probabilities: Floats, truth: Ints, coverage: float = COVERAGE
) -> float | None:
    """The least probability with which a label belongs to the set.

    Args:
        probabilities: of held-out posts, calibrated, shape (posts, classes).
        truth: shape (posts,).
        coverage: the share of new posts whose set shall hold their label.

    Returns:
        ``1 − q`` with q the ⌈(n + 1)·coverage⌉-th smallest of ``1 − p(truth)``; None if
        there are too few posts for that coverage.
    """
    scores = np.sort(1 - probabilities[np.arange(len(truth)), truth])
    rank = math.ceil((len(scores) + 1) * coverage)
    return None if rank > len(scores) else float(1 - scores[rank - 1])


def collect_labels(
    probabilities: Mapping[str, float], least: float, *, ordered: bool = False
) -> tuple[str, ...]:
    """The labels of the set, in the order in which they are given.

    The most probable label always belongs to it. Of ordered labels, those between two
    members belong to it as well. Both can only add labels, so the coverage holds.

    Args:
        probabilities: label → calibrated probability.
        least: from ``fit_least_probability``.
        ordered: the labels are steps of a scale, in this order.
    """
    labels = list(probabilities)
    top = max(labels, key=lambda label: probabilities[label])
    inside = [label == top or probabilities[label] >= least for label in labels]
    if ordered:
        places = [place for place, held in enumerate(inside) if held]
        return tuple(labels[places[0] : places[-1] + 1])
    return tuple(label for label, held in zip(labels, inside, strict=True) if held)


def find_prediction_set(student: Prediction, manifest: Manifest) -> PredictionSet | None:
    """The labels that an answer can't tell apart; None where the bundle can't say."""
    found = manifest.conformal
    if found is None:
        return None
    labels = collect_labels(
        student.probabilities, found.least_probability, ordered=manifest.ordered
    )
    return PredictionSet(labels, found.coverage, found.n)
