"""How the teachers' probabilities are put together: rules compared on held-out posts.

The paper's rule is the plain mean. The others are measured beside it, so that a reader sees
what weights would gain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import entr, softmax
from sklearn.metrics import log_loss

from mhkd.metrics import wilson
from mhkd.training.recipe import Rule

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_FLOOR = 1e-9


def compare_rules(held_out: Mapping[str, Floats], truth: Ints, folds: Ints) -> list[dict[str, Any]]:
    """Accuracy and log-loss of the teachers' mean under each rule, and of the means of subsets.

    Args:
        held_out: teacher → calibrated probabilities, shape (posts, classes), of posts it has
            not seen.
        truth: shape (posts,).
        folds: shape (posts,); fitted weights are fitted on the other folds.

    Returns:
        One row for each rule: name, accuracy with Wilson's 95 % interval, log-loss, n, and the
        weights fitted on all posts where the rule has any.
    """
    stacked = np.stack(list(held_out.values()))  # (teachers, posts, classes)
    names = list(held_out)
    rows = [
        _measure("plain mean of all", stacked.mean(0), truth),
        {
            **_measure(
                "weights of least log-loss", weigh_by_log_loss(stacked, truth, folds), truth
            ),
            "weights": dict(zip(names, fit_weights(stacked, truth).tolist(), strict=True)),
        },
        _measure("weights by confidence", weigh_by_confidence(stacked), truth),
    ]
    for size in range(1, len(names)):
        for chosen in combinations(range(len(names)), size):
            told = " and ".join(names[place] for place in chosen)
            title = f"plain mean of {told}" if size > 1 else f"{told} alone"
            rows.append(_measure(title, stacked[list(chosen)].mean(0), truth))
    return rows


def fit_weights(stacked: Floats, truth: Ints) -> Floats:
    """Weights of the teachers, positive and adding up to 1, with the least log-loss of their mean.

    Source: Breiman, Stacked Regressions, Machine Learning 24, 1996 (here for probabilities).

    Args:
        stacked: shape (teachers, posts, classes).
        truth: shape (posts,).
    """
    right = stacked[:, np.arange(len(truth)), truth]  # (teachers, posts)

    def loss(scores: Floats) -> float:
        return float(-np.log(softmax(scores) @ right + _FLOOR).mean())

    found = minimize(loss, np.zeros(len(stacked)), method="L-BFGS-B", bounds=[(-8, 8)] * len(right))
    weights: Floats = softmax(found.x)
    return weights


def combine(rule: Rule, held_out: Sequence[Floats], truth: Ints, folds: Ints) -> Floats:
    """Soft targets of posts by a rule: ``mean``, ``log_loss`` or ``confidence``.

    Args:
        held_out: of each teacher, shape (posts, classes). truth, folds: see ``compare_rules``.
    """
    stacked = np.stack(held_out)
    if rule == "log_loss":
        return weigh_by_log_loss(stacked, truth, folds)
    if rule == "confidence":
        return weigh_by_confidence(stacked)
    mean: Floats = stacked.mean(0)
    return mean


def weigh_by_confidence(stacked: Floats) -> Floats:
    """The mean, shape (posts, classes), with weights ``1 − H(p) / log C`` for each post."""
    doubt = entr(stacked).sum(-1) / np.log(stacked.shape[-1])
    weights = np.clip(1 - doubt, _FLOOR, None)
    mean: Floats = (weights[..., None] * stacked).sum(0) / weights.sum(0)[..., None]
    return mean


def weigh_by_log_loss(stacked: Floats, truth: Ints, folds: Ints) -> Floats:
    """The mean, shape (posts, classes), with ``fit_weights`` of the other folds for each post."""
    found: Floats = np.empty_like(stacked[0])
    for fold in np.unique(folds):
        inside, outside = folds != fold, folds == fold
        weights = fit_weights(stacked[:, inside], truth[inside])
        found[outside] = np.tensordot(weights, stacked[:, outside], axes=1)
    return found


def _measure(title: str, probabilities: Floats, truth: Ints) -> dict[str, Any]:
    right = int((probabilities.argmax(1) == truth).sum())
    labels = np.arange(probabilities.shape[1])
    return {
        "rule": title,
        "accuracy": right / len(truth),
        "interval": wilson(right, len(truth)),
        "log_loss": float(log_loss(truth, probabilities, labels=labels)),
        "n": len(truth),
    }
