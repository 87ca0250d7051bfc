"""The answers of a batch held against its labels."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import jensenshannon

from mhkd.errors import Cancelled
from mhkd.metrics import expected_when_calibrated, measure

_ROWS_DRAWN: Final = 1_000_000  # keeps the bootstrap of a large batch within a minute
_MOST, _LEAST = 1_000, 200

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Labelled:
    """The rows that have a label and an answer of every model that gave any.

    Attributes:
        rows: int64, places in the table.
        truth: int64, shape (rows,).
        probabilities: model → float64, shape (rows, classes).
    """

    rows: Ints
    truth: Ints
    probabilities: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, eq=False)
class Measured:
    """Labelled rows and how good the models are on them.

    Attributes:
        labelled: the rows.
        withheld: how many of them get no answer; they count with their forced choice.
        metrics: model → as ``measure_models``.
        left_out: rows that were left out because they get no answer.
    """

    labelled: Labelled
    withheld: int
    metrics: Mapping[str, Mapping[str, Any]]
    left_out: int = 0


def measure_rows(
    labelled: Labelled, withheld: npt.NDArray[np.bool_], cancel: threading.Event | None = None
) -> Measured | None:
    """Measures all labelled rows, those that get no answer among them; None where there is none.

    Args:
        labelled: the rows.
        withheld: of the whole table, shape (rows,).
        cancel: as in ``measure_models``.
    """
    if not len(labelled):
        return None
    count = int(withheld[labelled.rows].sum())
    return Measured(labelled, count, measure_models(labelled, cancel))


def measure_answered(
    labelled: Labelled, withheld: npt.NDArray[np.bool_], cancel: threading.Event | None = None
) -> Measured | None:
    """Measures the rows that get an answer; None where these are all of them, or none.

    Args:
        labelled: the rows.
        withheld: of the whole table, shape (rows,).
        cancel: as in ``measure_models``.
    """
    kept = ~withheld[labelled.rows]
    if kept.all() or not kept.any():
        return None
    chosen = {name: found[kept] for name, found in labelled.probabilities.items()}
    rest = Labelled(labelled.rows[kept], labelled.truth[kept], chosen)
    return Measured(rest, 0, measure_models(rest, cancel), int((~kept).sum()))


def pick_labelled(probabilities: Mapping[str, npt.NDArray[np.float32]], truth: Ints) -> Labelled:
    """The labelled rows that every model answered; one that answered no row is left out."""
    there = {name: ~np.isnan(found).any(1) for name, found in probabilities.items()}
    asked = [name for name, found in there.items() if (found & (truth >= 0)).any()]
    answered = np.all([there[name] for name in asked] or [np.zeros(len(truth), bool)], axis=0)
    rows = np.flatnonzero((truth >= 0) & answered).astype(np.int64)
    chosen = {}
    for name in asked:
        exact = probabilities[name][rows].astype(np.float64)
        chosen[name] = exact / exact.sum(1, keepdims=True)
    return Labelled(rows, truth[rows], chosen)


def measure_models(
    labelled: Labelled, cancel: threading.Event | None = None
) -> dict[str, dict[str, Any]]:
    """Model → the metrics of ``mhkd.metrics.measure``, ``ece_if_calibrated``, ``resamples``.

    A larger batch is redrawn less often, as its intervals are narrower.

    Raises:
        Cancelled: ``cancel`` was set; looked at before each model.
    """
    found = {}
    resamples = max(_LEAST, min(_MOST, _ROWS_DRAWN // max(len(labelled), 1)))
    for name, probabilities in labelled.probabilities.items():
        if cancel is not None and cancel.is_set():
            raise Cancelled
        found[name] = {
            **measure(probabilities, labelled.truth, resamples=resamples),
            "ece_if_calibrated": expected_when_calibrated(probabilities, draws=resamples),
            "resamples": resamples,
        }
    return found


def measure_divergence(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> Floats:
    """Jensen–Shannon divergence of each row in bits, shape (rows,); NaN without an answer."""
    distance = jensenshannon(first.astype(np.float64), second.astype(np.float64), base=2, axis=1)
    divergence: Floats = np.asarray(distance, np.float64) ** 2
    return divergence
