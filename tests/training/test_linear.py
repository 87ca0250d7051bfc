import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from mhkd.training.linear import fit_head


def test_the_head_gives_scikit_learns_probabilities():
    generator = np.random.default_rng(0)
    for classes in (2, 3):
        labels = generator.integers(0, classes, 90)
        features = generator.normal(labels[:, None], [[1.0, 40.0, 0.02]], (90, 3)) + 5
        features = features.astype(np.float32)
        head = nn.Linear(3, classes)
        fit_head(head, torch.from_numpy(features), labels, 0.1)
        theirs = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
        expected = theirs.fit(features, labels).predict_proba(features)
        with torch.inference_mode():
            ours = head(torch.from_numpy(features)).softmax(-1).numpy()
        assert np.abs(ours - expected).max() < 2e-3  # weights are rounded to float16
