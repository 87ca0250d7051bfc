"""What labelled posts show of a model: curves, bins and readings at a threshold. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import beta

from mhkd.metrics import wilson

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DRAWS: Final = 4_000
_POINTS: Final = 400  # as many as a figure can show


@dataclass(frozen=True)
class Estimate:
    """A share with its 95 % interval; all None where nothing was counted."""

    value: float | None
    low: float | None
    high: float | None
    n: int | None = None


@dataclass(frozen=True, eq=False)
class Curve:
    """A curve of one label against the rest.

    Attributes:
        x, y: shape (points,), 0 to 1.
        thresholds: shape (points,); a post is called positive from there on.
        area: below the curve, of a precision–recall curve the average precision.
    """

    x: Floats
    y: Floats
    thresholds: Floats
    area: float


@dataclass(frozen=True)
class Bin:
    """Posts of like confidence: how sure the model was, and how often it was right."""

    n: int
    confidence: float
    accuracy: Estimate


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """Errors among the posts that a model is surest of.

    Attributes:
        coverage: shape (points,), share of posts kept.
        risk: shape (points,), share of errors among them.
        thresholds: shape (points,), least confidence among them.
        area: mean risk over all coverages (AURC, Geifman and El-Yaniv, 2017).
    """

    coverage: Floats
    risk: Floats
    thresholds: Floats
    area: float


@dataclass(frozen=True)
class Reading:
    """What follows from calling a post positive from ``threshold`` on.

    Attributes:
        prevalence: the share of positives that the predictive values are for.
        sensitivity, specificity: counted in the sample, with Wilson's intervals.
        ppv, npv: by Bayes at ``prevalence``; intervals from draws of both shares.
    """

    threshold: float
    prevalence: float
    true_positive: int
    false_negative: int
    true_negative: int
    false_positive: int
    sensitivity: Estimate
    specificity: Estimate
    ppv: Estimate
    npv: Estimate


def count_confusion(guess: Ints, truth: Ints, classes: int) -> Ints:
    """Posts by label (rows) and answer (columns), shape (classes, classes)."""
    counted = np.bincount(truth * classes + guess, minlength=classes**2)
    return counted.reshape(classes, classes).astype(np.int64)


def trace_roc(probability: Floats, positive: Bools) -> Curve | None:
    """False positive rate → sensitivity; None where all posts are of one kind."""
    from sklearn.metrics import auc, roc_curve

    if positive.all() or not positive.any():
        return None
    x, y, thresholds = roc_curve(positive, probability)
    return _thin(Curve(x, y, thresholds, float(auc(x, y))))


def trace_precision_recall(probability: Floats, positive: Bools) -> Curve | None:
    """Recall → precision; None where no post is positive."""
    from sklearn.metrics import average_precision_score, precision_recall_curve

    if not positive.any():
        return None
    precision, recall, thresholds = precision_recall_curve(positive, probability)
    area = float(average_precision_score(positive, probability))
    return _thin(Curve(recall, precision, np.append(thresholds, np.inf), area))


def bin_reliability(probabilities: Floats, truth: Ints, bins: int = 10) -> list[Bin]:
    """Confidence of the top label against its accuracy, in bins of equal mass."""
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == truth
    order = np.argsort(confidence, kind="stable")
    parts = [p for p in np.array_split(order, min(bins, len(order))) if len(p)]
    return [
        Bin(len(part), float(confidence[part].mean()), estimate(int(right[part].sum()), len(part)))
        for part in parts
    ]


def trace_risk_coverage(probabilities: Floats, truth: Ints) -> RiskCoverage:
    """Share of errors when only the posts with the highest confidence are answered.

    Posts of the same confidence are kept or left out together.
    """
    confidence = probabilities.max(1)
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    wrong = (probabilities.argmax(1) != truth)[order]
    kept = np.arange(1, len(order) + 1)
    last = np.append(ranked[1:] != ranked[:-1], True)  # the last one of each confidence
    coverage, risk = kept[last] / len(order), np.cumsum(wrong)[last] / kept[last]
    widths = np.diff(np.concatenate([[0.0], coverage]))
    shown = _spread(len(coverage))
    return RiskCoverage(
        coverage[shown], risk[shown], ranked[last][shown], float((widths * risk).sum())
    )


def read_threshold(
    probability: Floats, positive: Bools, threshold: float, prevalence: float
) -> Reading:
    """Sensitivity, specificity and predictive values at a threshold and a prevalence.

    Args:
        probability: of the positive label, shape (posts,).
        positive: shape (posts,).
        threshold: a post is called positive where its probability reaches it.
        prevalence: share of positives where the model would be used; never the sample's.
    """
    called = probability >= threshold
    tp, fn = int((called & positive).sum()), int((~called & positive).sum())
    fp, tn = int((called & ~positive).sum()), int((~called & ~positive).sum())
    sensitivity, specificity = estimate(tp, tp + fn), estimate(tn, tn + fp)
    ppv, npv = _predictive_values((tp, fn, tn, fp), prevalence)
    return Reading(threshold, prevalence, tp, fn, tn, fp, sensitivity, specificity, ppv, npv)


def estimate(hits: int, n: int) -> Estimate:
    """A share with Wilson's 95 % interval."""
    if n == 0:
        return Estimate(None, None, None, 0)
    low, high = wilson(hits, n)
    return Estimate(hits / n, low, high, n)


def _predictive_values(counts: Sequence[int], prevalence: float) -> Sequence[Estimate]:
    tp, fn, tn, fp = counts
    nothing = Estimate(None, None, None)
    if tp + fn == 0 or tn + fp == 0:
        return nothing, nothing
    generator = np.random.default_rng(0)  # Jeffreys' posterior of both shares
    sensitivities = beta.rvs(tp + 0.5, fn + 0.5, size=DRAWS, random_state=generator)
    specificities = beta.rvs(tn + 0.5, fp + 0.5, size=DRAWS, random_state=generator)
    sensitivity, specificity = tp / (tp + fn), tn / (tn + fp)
    return (
        _with_draws(
            _bayes(sensitivity, 1 - specificity, prevalence),
            sensitivities * prevalence,
            (1 - specificities) * (1 - prevalence),
        ),
        _with_draws(
            _bayes(specificity, 1 - sensitivity, 1 - prevalence),
            specificities * (1 - prevalence),
            (1 - sensitivities) * prevalence,
        ),
    )


def _bayes(right: float, wrong: float, share: float) -> float | None:
    whole = right * share + wrong * (1 - share)
    return right * share / whole if whole > 0 else None


def _with_draws(value: float | None, right: Floats, wrong: Floats) -> Estimate:
    if value is None:
        return Estimate(None, None, None)
    low, high = np.percentile(right / (right + wrong), (2.5, 97.5))
    return Estimate(value, min(float(low), value), max(float(high), value))


def _thin(curve: Curve) -> Curve:
    shown = _spread(len(curve.x))
    return Curve(curve.x[shown], curve.y[shown], curve.thresholds[shown], curve.area)


def _spread(points: int) -> Ints:
    return np.unique(np.linspace(0, points - 1, min(points, _POINTS)).astype(np.int64))
