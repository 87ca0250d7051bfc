"""A linear head fitted on frozen features, and where fine-tuning starts from.

Source: Kumar et al., Fine-tuning can distort pretrained features, ICLR 2022
(linear probing, then fine-tuning).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import nn

_MAX_ITERATIONS = 3000


@torch.no_grad()
def fit_head(
    head: nn.Linear, features: torch.Tensor, labels: npt.NDArray[np.int64], strength: float
) -> None:
    """Sets ``head`` to the logistic regression of ``labels`` on ``features``, in place.

    The regression sees standardised features; the scaling is folded into the head, which
    reads them as they are. Weights are rounded to float16, as they are stored.

    Args:
        features: shape (posts, width).
        labels: shape (posts,).
        strength: of the L2 penalty, inverse: a small value holds the weights small.
    """
    scaler = StandardScaler().fit(features.numpy())
    fitted = LogisticRegression(C=strength, max_iter=_MAX_ITERATIONS)
    fitted.fit(scaler.transform(features.numpy()), labels)
    weight, bias = fitted.coef_, fitted.intercept_
    if len(weight) == 1:  # two classes: scikit-learn keeps the difference of their logits
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    weight = (weight / scaler.scale_).astype(np.float16).astype(np.float64)
    head.weight.copy_(torch.from_numpy(weight))
    head.bias.copy_(torch.from_numpy(bias - weight @ scaler.mean_))
