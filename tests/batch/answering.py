"""A predictor for batches: its answer follows from the text alone."""

from types import SimpleNamespace

import numpy as np

from mhkd.analysis import Finding, Heard
from mhkd.answers import SoundAnswer, TextAnswers
from mhkd.errors import Cancelled, InputError


class ExamplePredictor:
    """P(second label) grows with the length; the word “poison” breaks it.

    A character is a token, and 100 of them are read.
    """

    labels = ("depression", "suicide")
    missing_transcriber = None

    def __init__(
        self, *, busy=0, cancel_after=None, broken=False, limit=None, deaf_after=None, least=None
    ):
        self.asked, self.heard = [], []
        sets = None if least is None else SimpleNamespace(least_probability=least)
        self.manifest = SimpleNamespace(conformal=sets, ordered=False)
        self.busy, self.cancel_after, self.broken = busy, cancel_after, broken
        self.familiarity_limit, self.deaf_after = limit, deaf_after

    def answer_texts(self, texts, models=("student",), *, familiar=False, cancel=None):
        distances = np.array([len(text) / 100 for text in texts]) if familiar else None
        spoken = np.array([0.0 if "mute" in text else 2.5 for text in texts])
        found = self.predict_texts(texts, models, cancel=cancel)
        counts = np.array([(min(len(text), 100), len(text)) for text in texts])
        tokens = {name: counts for name in ("student", "text") if name in models}
        return TextAnswers(found, distances, spoken if "audio" in models else None, tokens)

    def hear(self, post, *, compare=False, cancel=None):
        """P(second label) is the loudness; quiet sound is left out, clipped sound breaks it.

        Sound of two seconds and more says something else than the text; none is compared of a
        text that is “dumb”.
        """
        if self.deaf_after is not None and len(self.heard) >= self.deaf_after:
            raise Cancelled
        self.heard.append(post.text)
        seconds, loudness = post.recording.duration_s, float(abs(post.recording.samples).max())
        if loudness > 0.99 or self.broken:
            raise RuntimeError("shape mismatch")
        if loudness < 0.01:
            silent = Finding("no_speech", "The recording is silent.", "audio_left_out")
            other = Finding("too_few_words", "Few words.", "abstains")
            return SoundAnswer(None, Heard("recorded", seconds, 0.0, 0.0), (other, silent))
        told = Finding("little_speech", "Little.")
        found = {"depression": 1 - loudness, "suicide": loudness}
        heard = Heard("recorded", seconds, seconds, 0.0)
        if not compare or "dumb" in post.text:
            return SoundAnswer(found, heard, (told,))
        other = (Finding("text_differs", "Other words."),) if seconds >= 2 else ()
        return SoundAnswer(found, heard, (told, *other), seconds >= 2)

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
