"""The linear baseline: TF-IDF of words and characters, and logistic regression."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.pipeline import FeatureUnion, Pipeline

from mhkd.training.data import LabelledPosts

_STRENGTHS = [1.0, 3.0, 10.0, 30.0]


def fit_linear(posts: LabelledPosts) -> GridSearchCV:
    """Word 1–2-grams and character 2–5-grams; C chosen by log-loss on the posts' folds."""
    features = FeatureUnion(
        [
            ("words", TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)),
            (
                "characters",
                TfidfVectorizer(
                    analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True
                ),
            ),
        ]
    )
    pipeline = Pipeline([("tf_idf", features), ("linear", LogisticRegression(max_iter=2000))])
    search = GridSearchCV(
        pipeline,
        {"linear__C": _STRENGTHS},
        scoring="neg_log_loss",
        cv=PredefinedSplit(posts.folds),
    )
    return search.fit(list(posts.texts), posts.labels)


def predict_linear(model: Any, posts: LabelledPosts) -> npt.NDArray[np.float64]:
    """Probabilities, shape (posts, classes)."""
    return np.asarray(model.predict_proba(list(posts.texts)), np.float64)
