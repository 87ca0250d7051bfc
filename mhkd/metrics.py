"""How good a model is, with intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest, norm, rankdata

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ECE_BINS = 10
RESAMPLES = 2000
RESAMPLES_OF_SEEDS = 1000
# Redrawn posts have a larger ECE than the posts themselves, so percentiles of it hold no 95 %
# and may leave the ECE out: it gets a limit (``expected_when_calibrated``), not an interval.
_WITHOUT_INTERVAL = frozenset({"ece"})
METRIC_TITLES = {
    "accuracy": "accuracy",
    "f1_macro": "macro-F1",
    "f1_weighted": "weighted F1",
    "auc": "AUC",
    "ece": "ECE",
    "brier": "Brier",
}


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
        The metrics, ``n``, and ``intervals`` as ``{name: [low, high]}``, none of the ECE. The
        interval of the accuracy is Wilson's. ``f1_per_class`` is a list in the order of the
        classes, and so is its entry in ``intervals``.
    """
    found = _metrics(probabilities, truth)
    generator = np.random.default_rng(seed)
    drawn, by_class = [], []
    for _ in range(resamples):
        rows = generator.integers(0, len(truth), len(truth))
        if len(np.unique(truth[rows])) == probabilities.shape[1]:
            drawn.append(_metrics(probabilities[rows], truth[rows]))
            by_class.append(_f1_per_class(probabilities[rows], truth[rows]))
    intervals = {
        name: _percentiles([d[name] for d in drawn])
        for name in found
        if drawn and name not in _WITHOUT_INTERVAL
    }
    right = int((probabilities.argmax(1) == truth).sum())
    intervals["accuracy"] = wilson(right, len(truth))
    if by_class:
        intervals["f1_per_class"] = np.percentile(by_class, (2.5, 97.5), axis=0).T.tolist()
    per_class = _f1_per_class(probabilities, truth).tolist()
    return {**found, "f1_per_class": per_class, "n": len(truth), "intervals": intervals}


def measure_seeds(answers: Floats, truth: Ints, *, seed: int = 0) -> dict[str, dict[str, Any]]:
    """Several trainings of one model on the same posts.

    Args:
        answers: probabilities, shape (seeds, posts, classes).
        truth: shape (posts,).
        seed: of the bootstrap over posts.

    Returns:
        metric → ``values`` of the seeds, their ``mean``, ``sd`` (None with one seed) and
        ``interval``, the 95 % bootstrap interval over posts of the mean over seeds (None for
        the ECE).
    """
    each = [_metrics(probabilities, truth) for probabilities in answers]
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(RESAMPLES_OF_SEEDS):
        rows = generator.integers(0, len(truth), len(truth))
        if len(np.unique(truth[rows])) == answers.shape[2]:
            drawn.append([_metrics(answers[i][rows], truth[rows]) for i in range(len(answers))])
    found = {}
    for name in each[0]:
        values = [one[name] for one in each]
        means = [np.mean([one[name] for one in sample]) for sample in drawn]
        found[name] = {
            "values": values,
            "mean": float(np.mean(values)),
            "sd": float(np.std(values, ddof=1)) if len(values) > 1 else None,
            "interval": _percentiles(means) if means and name not in _WITHOUT_INTERVAL else None,
        }
    return found


def _percentiles(values: Sequence[Any]) -> list[float]:
    return [float(value) for value in np.percentile(values, (2.5, 97.5))]


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


def compare_paired(first: Floats, second: Floats, truth: Ints) -> dict[str, Any]:
    """Two models on the same posts: McNemar's exact test, and the difference of their accuracies.

    Returns:
        ``only_first``, ``only_second``: posts that only one gets right. ``p``. ``difference``:
        first minus second, with ``interval``, 95 % (Agresti and Min, Statistics in Medicine
        2005: the Wald interval with half a post added to each count). ``smallest_shown``: the
        difference that so many posts with so many disagreements show in 80 % of samples. ``n``.
    """
    one = first.argmax(1) == truth
    other = second.argmax(1) == truth
    return _compare_counts(int((one & ~other).sum()), int((~one & other).sum()), len(truth))


def compare_seeds(first: Floats, second: Floats, truth: Ints, *, seed: int = 0) -> dict[str, Any]:
    """Several trainings of two models on the same posts: the difference of their mean accuracies.

    Args:
        first, second: probabilities, shape (seeds, posts, classes); as many seeds or not.
        truth: shape (posts,).
        seed: of the bootstrap over posts.

    Returns:
        ``difference``: first minus second, with ``interval``, 95 % (percentiles of a paired
        bootstrap over posts: a post is drawn with the answers of all seeds of both). The choice
        of seeds is not in it. ``seeds``: how many of each. ``n``.
    """
    shares = [(answers.argmax(2) == truth).mean(0) for answers in (first, second)]
    gaps = shares[0] - shares[1]  # (posts,)
    generator = np.random.default_rng(seed)
    drawn = [gaps[generator.integers(0, len(gaps), len(gaps))].mean() for _ in range(RESAMPLES)]
    return {
        "difference": float(gaps.mean()),
        "interval": _percentiles(drawn),
        "seeds": [len(first), len(second)],
        "n": len(truth),
    }


def compare_shares(first: float, second: float, n: int) -> dict[str, Any]:
    """Two shares of n posts each of which only the shares are known.

    Args:
        first, second: shares of right answers.
        n: posts of each.

    Returns:
        ``difference``: first minus second, with ``interval``, 95 % (Newcombe, Statistics in
        Medicine 1998, method 10: from Wilson's intervals, as of two independent samples). Of two
        models that agree more often than by chance on the same posts it is too wide.
    """
    (low, high), (low_other, high_other) = (
        wilson(round(share * n), n) for share in (first, second)
    )
    gap = first - second
    down, up = (
        math.hypot(first - low, high_other - second),
        math.hypot(high - first, second - low_other),
    )
    return {"difference": gap, "interval": [gap - down, gap + up], "n": n}


def wilson(count: int, n: int) -> list[float]:
    """Wilson's 95 % interval of a share, ``[low, high]``; n at least 1."""
    found = binomtest(count, n).proportion_ci(method="wilson")
    return [float(found.low), float(found.high)]


def without_nan(value: Any) -> Any:
    """The same values in dictionaries and lists, with None for a number that is not one.

    JSON has no NaN: a metric that posts without some label do not have is null.
    """
    if isinstance(value, dict):
        return {name: without_nan(part) for name, part in value.items()}
    if isinstance(value, list):
        return [without_nan(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def pool_paired(several: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What ``compare_paired`` found on several sets of posts, as on one.

    Args:
        several: at least one, of different posts.
    """
    return _compare_counts(
        *(sum(int(found[name]) for found in several) for name in ("only_first", "only_second", "n"))
    )


def _compare_counts(only_first: int, only_second: int, total: int) -> dict[str, Any]:
    discordant = only_first + only_second
    p = 1.0 if discordant == 0 else float(binomtest(only_first, discordant).pvalue)
    n = total + 2
    gap = (only_first - only_second) / n
    reach = float(norm.ppf(0.975)) * math.sqrt(max((discordant + 1) / n - gap**2, 0.0) / n)
    shown = float(norm.ppf(0.975) + norm.ppf(0.8)) * math.sqrt(max(discordant, 1))
    return {
        "only_first": only_first,
        "only_second": only_second,
        "p": p,
        "difference": (only_first - only_second) / total,
        "interval": [gap - reach, gap + reach],
        "smallest_shown": shown / total,
        "n": total,
    }


def say_difference(paired: Mapping[str, Any]) -> str:
    """A difference in points, and whether it can be told from 0.

    Args:
        paired: of ``compare_paired``, ``compare_seeds`` or ``compare_shares``.
    """
    low, high = (100 * value for value in paired["interval"])
    told = f"{100 * paired['difference']:+.1f} points [{low:+.1f}, {high:+.1f}]"
    if low <= 0 <= high:
        told += f": the interval covers 0, so these {paired['n']:,} posts show no difference"
    if "smallest_shown" in paired:
        told += (
            f" (the smallest that {paired['n']:,} posts show in four of five samples: "
            f"{100 * paired['smallest_shown']:.1f} points)"
        )
    return told.replace("-", "−")


def say_error(found: Mapping[str, Any]) -> str:
    """An ECE beside the limit of a calibrated model: ``0.110 (> 0.086)``, else ``0.040 (≤ 0.071)``.

    Args:
        found: metrics of a model; without ``ece_if_calibrated`` the ECE stands alone.
    """
    told, limit = f"{found['ece']:.3f}", found.get("ece_if_calibrated")
    return told if limit is None else f"{told} ({'>' if is_off(found) else '≤'} {limit:.3f})"


def is_off(found: Mapping[str, Any]) -> bool:
    """The ECE is larger than that of 95 % of perfectly calibrated models; False if not known."""
    limit = found.get("ece_if_calibrated")
    return limit is not None and bool(found["ece"] > limit)


def _confuse(probabilities: Floats, truth: Ints) -> Ints:
    """Posts by truth and answer, shape (classes, classes)."""
    classes = probabilities.shape[1]
    places = truth * classes + probabilities.argmax(1)
    return np.bincount(places, minlength=classes**2).reshape(classes, classes)


def _f1_per_class(probabilities: Floats, truth: Ints) -> Floats:
    counts = _confuse(probabilities, truth)
    found: Floats = 2 * np.diag(counts) / np.maximum(counts.sum(1) + counts.sum(0), 1)
    return found


def _metrics(probabilities: Floats, truth: Ints) -> dict[str, float]:
    # Counted here and not by scikit-learn: it is called some ten thousand times for the
    # intervals. A test holds it against scikit-learn.
    classes = probabilities.shape[1]
    counts = _confuse(probabilities, truth)
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
