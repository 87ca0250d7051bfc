"""How good a bundle's models are on a file of labelled posts."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mhkd.analyser import Analyser, OnProgress
from mhkd.errors import InputError
from mhkd.metrics import expected_when_calibrated, measure, without_nan
from mhkd.training.data import read_posts_file

_COLUMNS = ("id", "text", "label")
_SEED = 0


def evaluate_file(
    analyser: Analyser,
    file: Path,
    models: Sequence[str] = ("student",),
    *,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> dict[str, Any]:
    """Metrics with 95 % intervals, model → name → value; what can't be computed is None.

    The ECE has no interval; ``ece_if_calibrated`` is what 95 % of calibrated models stay below.

    Args:
        analyser: the opened bundle.
        file: CSV in UTF-8 (or Parquet) with the columns id, text, label.
        models: among ``mhkd.analysis.MODELS``.
        on_progress: see ``Analyser.predict_texts``.
        cancel: looked at before each batch.

    Raises:
        RecipeError: the file can't be read or lacks a column.
        InputError: no posts, or a label that the bundle does not have.
        Cancelled: ``cancel`` was set.
    """
    table = read_posts_file(file, _COLUMNS)
    unknown = sorted(set(table["label"]) - set(analyser.labels))
    if unknown:
        raise InputError(
            f"{file} has the label '{unknown[0]}'; the bundle has {', '.join(analyser.labels)}."
        )
    truth = np.array([analyser.labels.index(label) for label in table["label"]], np.int64)
    found = analyser.predict_texts(table["text"].tolist(), models, on_progress, cancel)
    return {
        name: without_nan(
            {
                **measure(found[name], truth, seed=_SEED),
                "ece_if_calibrated": expected_when_calibrated(found[name], seed=_SEED),
            }
        )
        for name in models
    }
