"""A predictor for batches: its answer follows from the text alone."""

import numpy as np

from mhkd.errors import Cancelled, InputError


class ExamplePredictor:
    """P(second label) grows with the length; the word “poison” breaks it."""

    labels = ("depression", "suicide")

    def __init__(self, *, busy=0, cancel_after=None, broken=False):
        self.asked = []
        self.busy, self.cancel_after, self.broken = busy, cancel_after, broken

    def predict_texts(self, texts, models=("student",), on_progress=None, cancel=None):
        if self.busy:
            self.busy -= 1
            raise InputError("The model is busy.", code="busy")
        if self.cancel_after is not None and len(self.asked) >= self.cancel_after:
            raise Cancelled
        if self.broken or any("poison" in text for text in texts):
            raise RuntimeError("shape mismatch")
        self.asked += texts
        p = np.array([(len(text) % 97) / 97 for text in texts])
        found = np.stack([1 - p, p], axis=1)
        return {m: found if m == "student" else found[:, ::-1] for m in models}
