"""An analyser for batches that answers by hand; as a page: ``streamlit run`` this file."""

from __future__ import annotations

import runpy
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

_ROOT = Path(__file__).resolve().parents[2]
if str(_ROOT) not in sys.path:
    sys.path.insert(0, str(_ROOT))

from mhkd.analysis import Finding, Heard  # noqa: E402
from mhkd.answers import SoundAnswer, TextAnswers  # noqa: E402
from mhkd.errors import Cancelled  # noqa: E402
from mhkd.post import Post  # noqa: E402
from tests.app.example_analysis import ExampleAnalyser  # noqa: E402

WORDS = (
    *("I", "walk", "and", "it", "rains", "my", "sister", "calls", "me"),
    *("in", "the", "evening", "of", "a", "long", "week"),
)


LIMIT = 0.74
READ = 60


@dataclass
class BatchAnalyser(ExampleAnalyser):
    """The word “alone” speaks for the second label; the rest is chance, the same each time."""

    familiarity_limit: float | None = LIMIT
    missing_transcriber: str | None = None

    @cached_property
    def manifest(self) -> Any:
        """Its sets hold both labels up to a probability of 0.67."""
        found = super().manifest
        found.conformal = SimpleNamespace(least_probability=0.33, coverage=0.9, n=500)
        return found

    def answer_texts(
        self,
        texts: Sequence[str],
        models: Sequence[str] = ("student",),
        *,
        familiar: bool = False,
        cancel: threading.Event | None = None,
    ) -> TextAnswers:
        """Texts with the words “my rains” are outside what is known; of each 60 words are read."""
        found = self.predict_texts(texts, models, cancel=cancel)
        distances = [LIMIT + (0.1 if "my rains" in text else -0.1) for text in texts]
        words = [len(text.split()) for text in texts]
        counts = np.array([(min(count, READ), count) for count in words])
        tokens = {name: counts for name in ("student", "text") if name in models}
        return TextAnswers(found, np.array(distances) if familiar else None, tokens=tokens)

    def hear(
        self, post: Post, *, compare: bool = False, cancel: threading.Event | None = None
    ) -> SoundAnswer:
        """As of the text; a recording below 0.5 s is left out.

        A recording of a post with “alone” says something else than that.
        """
        if post.recording is None or post.recording.duration_s < 0.5:
            told = Finding("too_short", "The recording is too short.", "audio_left_out")
            return SoundAnswer(None, Heard("recorded", 0.2, 0.0, 0.0), (told,))
        time.sleep(self.pause_s)
        found = dict(zip(self.labels, _answer("audio", post.text), strict=True))
        seconds = post.recording.duration_s
        heard = Heard("recorded", seconds, seconds, 0.0)
        if not compare:
            return SoundAnswer(found, heard, ())
        differs = "alone" in post.text
        told = (Finding("text_differs", "Other words."),) if differs else ()
        return SoundAnswer(found, heard, told, differs)

    def predict_texts(
        self,
        texts: Sequence[str],
        models: Sequence[str] = ("student",),
        on_progress: object = None,
        cancel: threading.Event | None = None,
    ) -> dict[str, npt.NDArray[np.float64]]:
        """Model → shape (posts, classes)."""
        for _ in texts:
            if cancel is not None and cancel.is_set():
                raise Cancelled
            time.sleep(self.pause_s)
        return {model: np.array([_answer(model, text) for text in texts]) for model in models}


def write_posts(rows: int, *, labelled: bool = True) -> str:
    """CSV of posts; row 4 is empty, row 6 holds markup."""
    lines = ["id,text,label,forum" if labelled else "id,text"]
    for row in range(rows):
        label = ("depression", "suicide")[crc32(b"%d" % row) % 2]
        words = [WORDS[crc32(b"%d %d" % (row, n)) % len(WORDS)] for n in range(10 + row % 90)]
        if label == "suicide":
            words.append("alone")
        text = "" if row == 3 else " ".join(words)
        if row == 5:
            text = "<img src=x onerror=alert(1)> **bold** " + text
        told = f",{label},{'north' if row % 3 else 'south'}" if labelled else ""
        lines.append(f"p{row},{text}{told}")
    return "\n".join(lines) + "\n"


def _answer(model: str, text: str) -> tuple[float, float]:
    chance = (crc32(f"{model} {text}".encode()) % 1000) / 1000 - 0.5
    logit = (1.2 if "alone" in text else -1.2) + 4 * chance
    p = float(1 / (1 + np.exp(-logit)))
    return 1 - p, p


if __name__ == "__main__":
    from app import models

    models.load_analyser = lambda: BatchAnalyser(pause_s=0.03)
    runpy.run_path(str(_ROOT / "app" / "main.py"), run_name="__main__")
