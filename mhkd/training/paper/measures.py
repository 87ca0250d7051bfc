"""What is measured of the models of a run of the paper, on all test posts together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mhkd.metrics import expected_when_calibrated, measure, measure_seeds, without_nan
from mhkd.training.baseline import fit_linear, predict_linear
from mhkd.training.data import LabelledPosts
from mhkd.training.paper.teachers import Floats
from mhkd.training.prepare.splits import number_folds

_FOLDS = 3  # of the choice of the linear model's penalty


def measure_model(probabilities: Floats, truth: npt.NDArray[np.int64]) -> dict[str, Any]:
    """As ``mhkd.metrics.measure``, with ``ece_if_calibrated``; what is not known is None.

    Args:
        probabilities: shape (posts, classes).
        truth: shape (posts,).
    """
    limit = expected_when_calibrated(probabilities)
    found: dict[str, Any] = {**measure(probabilities, truth), "ece_if_calibrated": limit}
    return {name: without_nan(value) for name, value in found.items()}


def summarise(answers: Sequence[Floats], truth: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Mean and standard deviation (of the population, as in the notebooks) over runs.

    ``interval`` is the 95 % bootstrap interval over posts of the mean. ``best_by_test`` is what
    the paper's tables print: the run whose test weighted F1 is highest. It is chosen by looking at
    the test part and flatters the method.

    Args:
        answers: probabilities of each run, each of shape (posts, classes).
        truth: shape (posts,).
    """
    runs = [without_nan(measure(found, truth, resamples=0)) for found in answers]
    best = max(range(len(runs)), key=lambda run: runs[run]["f1_weighted"])
    over = without_nan(measure_seeds(np.stack(answers), truth))
    return {
        "runs": len(runs),
        "mean": {name: found["mean"] for name, found in over.items()},
        "sd": without_nan({name: float(np.std(found["values"])) for name, found in over.items()}),
        "interval": {name: found["interval"] for name, found in over.items()},
        "best_by_test": {"run": best, **measure_model(answers[best], truth)},
        "single_runs": runs,
    }


def answer_linearly(
    texts: Sequence[str],
    labels: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    others: npt.NDArray[np.int64],
) -> Floats | None:
    """The linear baseline on TF-IDF: probabilities of ``others``, shape (posts, classes).

    It learns from ``rows`` and takes its penalty from folds of them. None where a label has too
    few of them for that.
    """
    truth = labels[rows]
    least = int(np.bincount(truth, minlength=int(labels.max()) + 1).min())
    if least < 2:
        return None
    folds = number_folds([str(label) for label in truth], min(_FOLDS, least))

    def choose(chosen: npt.NDArray[np.int64], of_fold: npt.NDArray[np.int64]) -> LabelledPosts:
        ids = tuple(str(row) for row in chosen)
        return LabelledPosts(ids, tuple(texts[row] for row in chosen), labels[chosen], ids, of_fold)

    return predict_linear(fit_linear(choose(rows, folds)), choose(others, np.zeros_like(others)))
