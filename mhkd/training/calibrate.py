"""Temperature scaling (Guo et al., On Calibration of Modern Neural Networks, ICML 2017)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

Floats = npt.NDArray[np.float64]


def fit_temperature(logits: Floats, truth: npt.NDArray[np.int64]) -> float:
    """The temperature that makes the log-loss of held-out logits least.

    Args:
        logits: shape (posts, classes), of posts the model has not seen.
        truth: shape (posts,).
    """
    rows = np.arange(len(truth))

    def log_loss(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return float(-scaled[rows, truth].mean())

    found = minimize_scalar(log_loss, bounds=(np.log(0.05), np.log(20)), method="bounded")
    return float(np.exp(found.x))


def calibrated(logits: Floats, temperature: float) -> Floats:
    """Probabilities, shape (posts, classes)."""
    probabilities: Floats = softmax(logits / temperature, axis=1)
    return probabilities
