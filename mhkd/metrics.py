"""How good a model is, with intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest, rankdata

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ECE_BINS = 10
RESAMPLES = 2000


def measure(
    probabilities: Floats, truth: Ints, *, seed: int = 0, resamples: int = RESAMPLES
) -> dict[str, Any]:
    """Accuracy, F1, AUC, ECE and Brier score with bootstrap 95 % intervals.

    Args:
        probabilities: shape (posts, classes).
        truth: shape (posts,).
        seed: of the bootstrap over posts (percentiles).
        resamples: of the bootstrap.

    Returns:
        The metrics, ``n``, and ``intervals`` as ``{name: [low, high]}``. The
        interval of the accuracy is Wilson's.
    """
    found = _metrics(probabilities, truth)
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(resamples):
        rows = generator.integers(0, len(truth), len(truth))
        if len(np.unique(truth[rows])) == probabilities.shape[1]:
            drawn.append(_metrics(probabilities[rows], truth[rows]))
    intervals = {
        name: [float(v) for v in np.percentile([d[name] for d in drawn], (2.5, 97.5))]
        for name in found
        if drawn
    }
    right = int((probabilities.argmax(1) == truth).sum())
    wilson = binomtest(right, len(truth)).proportion_ci(method="wilson")
    intervals["accuracy"] = [float(wilson.low), float(wilson.high)]
    return {**found, "n": len(truth), "intervals": intervals}


def expected_calibration_error(probabilities: Floats, truth: Ints, bins: int = ECE_BINS) -> float:
    """ECE of the top label over bins of equal mass (Nguyen and O'Connor, EMNLP 2015)."""
    confidence = probabilities.max(1)
    right = (probabilities.argmax(1) == truth).astype(float)
    order = np.argsort(confidence, kind="stable")
    gaps = [
        abs(right[part].mean() - confidence[part].mean()) * len(part)
        for part in np.array_split(order, min(bins, len(order)))
    ]
    return float(sum(gaps) / len(truth))


def expected_when_calibrated(probabilities: Floats, *, draws: int = 1000, seed: int = 0) -> float:
    """95th percentile of the ECE of a perfectly calibrated model with these confidences."""
    generator = np.random.default_rng(seed)
    cumulative = probabilities.cumsum(1)
    found = []
    for _ in range(draws):
        truth = (generator.random((len(probabilities), 1)) > cumulative).sum(1)
        found.append(expected_calibration_error(probabilities, truth.astype(np.int64)))
    return float(np.percentile(found, 95))


def compare_paired(first: Floats, second: Floats, truth: Ints) -> dict[str, float | int]:
    """McNemar's exact test: posts that only one of two models gets right, and p."""
    one = first.argmax(1) == truth
    other = second.argmax(1) == truth
    only_first, only_second = int((one & ~other).sum()), int((~one & other).sum())
    discordant = only_first + only_second
    p = 1.0 if discordant == 0 else float(binomtest(only_first, discordant).pvalue)
    return {"only_first": only_first, "only_second": only_second, "p": p}


def _metrics(probabilities: Floats, truth: Ints) -> dict[str, float]:
    # Counted here and not by scikit-learn: it is called some ten thousand times for the
    # intervals. A test holds it against scikit-learn.
    classes = probabilities.shape[1]
    guess = probabilities.argmax(1)
    counts = np.bincount(truth * classes + guess, minlength=classes**2).reshape(classes, classes)
    right, support, guessed = np.diag(counts), counts.sum(1), counts.sum(0)
    f1 = 2 * right / np.maximum(support + guessed, 1)
    return {
        "accuracy": float(right.sum() / len(truth)),
        "f1_macro": float(f1[(support + guessed) > 0].mean()),
        "f1_weighted": float((f1 * support).sum() / len(truth)),
        "auc": _auc(probabilities, truth),
        "ece": expected_calibration_error(probabilities, truth),
        "brier": float(((probabilities - np.eye(classes)[truth]) ** 2).sum(1).mean() / 2),
    }


def _auc(probabilities: Floats, truth: Ints) -> float:
    """Mean over the classes of the area under the curve, one against the rest."""
    areas = []
    for label in range(probabilities.shape[1]):
        positive = truth == label
        if not 0 < positive.sum() < len(truth):
            return float("nan")
        ranks = rankdata(probabilities[:, label])
        ahead = ranks[positive].sum() - positive.sum() * (positive.sum() + 1) / 2
        areas.append(ahead / (positive.sum() * (~positive).sum()))
    return float(np.mean(areas))
