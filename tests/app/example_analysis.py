"""An analysis written by hand, and an analyser that gives it. Its numbers are invented."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from mhkd.analysis import (
    Analysis,
    Attribution,
    Attributions,
    BundleReference,
    Familiarity,
    Fidelity,
    Finding,
    Given,
    Heard,
    Prediction,
    Progress,
    Read,
    TeacherContributions,
    VoiceAnswer,
    VoiceComparison,
    VoiceSpread,
    is_occlusion,
)
from mhkd.answers import SoundAnswer
from mhkd.errors import Cancelled
from mhkd.findings import find_other_text
from mhkd.post import Post, Recording
from tests.app.example_attributions import build_attributions

LABELS = ("depression", "suicide")
SOURCES = {"depression": "r/depression", "suicide": "r/SuicideWatch"}
TEXT = "I feel like a burden to everyone. My sister helps, and I am so tired of this grey winter."


VOICES = VoiceComparison(
    (
        VoiceAnswer("joe", 12.0, {"depression": 0.64, "suicide": 0.36}, None),
        VoiceAnswer("heart", 11.0, {"depression": 0.52, "suicide": 0.48}, None),
        VoiceAnswer("michael", 0.0, None, "The voice package 'x' is not installed: pip install x"),
    ),
    {
        "depression": VoiceSpread(0.58, 0.085, 0.12, "heart", "joe"),
        "suicide": VoiceSpread(0.42, 0.085, 0.12, "joe", "heart"),
    },
)


@dataclass
class ExampleAnalyser:
    """Stands where ``mhkd.analyser.Analyser`` stands, at a chosen pace."""

    probability: float = 0.78
    outside: bool = False
    pause_s: float = 0.0
    waiting: int = 0

    @property
    def manifest(self) -> Any:
        """What the pages read of a manifest."""
        return build_manifest()

    @property
    def sha256(self) -> str:
        """Of no file."""
        return "2" * 64

    explanation_report: Any = None
    behaviour_report: Any = None

    def read_card(self) -> str:
        """A card with what a card may not bring along."""
        return "# Example\n\n![a](http://evil.example/a.png) A card.\n"

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels."""
        return LABELS

    def analyse(
        self,
        post: Post,
        *,
        speak: bool = True,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: threading.Event | None = None,
        **_: object,
    ) -> Analysis:
        """Stages, then predictions, then one explanation after the other."""
        tell = on_progress or (lambda progress: None)
        whole = build_analysis(
            post, speak=speak, probability=self.probability, outside=self.outside
        )
        first = None
        for number, stage in enumerate(("student", "speaking", "text", "audio", "emotion")):
            spoken = self.speak(post.text) if speak and number > 1 else None
            tell(Progress(stage, number / 9, None, first, first and whole.familiarity, spoken))
            first = whole.predictions["student"]
            self._pause(cancel)
        given = Attributions()
        tell(Progress("explaining student", 5 / 9, replace(whole, attributions=given)))
        for number, model in enumerate(("student", "emotion", "text", "audio")):
            tell(Progress(f"explaining {model}", (5 + number) / 9))
            self._pause(cancel)
            given = replace(given, **{model: getattr(whole.attributions, model)})
            tell(
                Progress(
                    f"explaining {model}", (6 + number) / 9, replace(whole, attributions=given)
                )
            )
        known = post.recording_of_other_text
        return replace(whole, quality=tuple(find_other_text(whole.quality, known=known)))

    def explain(
        self, post: Post, model: str, target: str, *, cancel: threading.Event | None = None
    ) -> object:
        """The explanation for either label."""
        self._pause(cancel)
        return getattr(build_attributions(post, target, heard=True), model)

    def measure_fidelity(
        self,
        post: Post,
        model: str,
        found: Attribution,
        *,
        cancel: threading.Event | None = None,
    ) -> Fidelity:
        """Scores that foresee 80 % and hold; of sound, 70 %."""
        self._pause(cancel)
        if is_occlusion(found):
            return Fidelity(0.03, 0.1, 20, None, 0, 0.0)
        return Fidelity(0.02, 0.1, 20, 0.08, 3, 0.05)

    def compare_voices(
        self,
        text: str,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> VoiceComparison:
        """Two voices that differ by 12 points, and one that is not installed."""
        if on_progress is not None:
            on_progress(Progress("speaking as joe", 0.0))
        self._pause(cancel)
        return VOICES

    def hear(
        self, post: Post, *, compare: bool = False, cancel: threading.Event | None = None
    ) -> SoundAnswer:
        """Five points more than of the sound as it is."""
        self._pause(cancel)
        return SoundAnswer({"depression": 0.59, "suicide": 0.41}, _build_heard(post, False), ())

    def speak(self, text: str, *, cancel: threading.Event | None = None) -> Recording:
        """A sound of 12 s."""
        return build_recording(12.0, "synthesised")

    def _pause(self, cancel: threading.Event | None) -> None:
        end = time.monotonic() + self.pause_s
        while time.monotonic() < end:
            time.sleep(0.02)
            if cancel is not None and cancel.is_set():
                raise Cancelled


def build_manifest() -> Any:
    """A manifest with invented numbers."""
    text = SimpleNamespace(backbone="all-mpnet-base-v2", layers=12)
    interval = {"accuracy": [0.72, 0.81], "f1_macro": [0.72, 0.80]}
    metrics = {
        model: {
            "accuracy": value,
            "f1_macro": value,
            "auc": value + 0.07,
            "ece": 0.04,
            "ece_if_calibrated": 0.06,
            "n": 379,
            "intervals": interval,
        }
        for model, value in (
            ("text", 0.78),
            ("audio", 0.68),
            ("emotion", 0.67),
            ("teachers", 0.79),
            ("student", 0.77),
        )
    }
    return SimpleNamespace(
        name="example",
        version="0",
        title="Example",
        labels=LABELS,
        label_sources=SOURCES,
        text=text,
        student=SimpleNamespace(backbone="all-minilm-l6-v2", layers=6),
        audio=SimpleNamespace(backbone_title="Whisper base encoder", voice="joe", spoken_words=60),
        emotion=SimpleNamespace(lexicon="GoEmotions"),
        familiarity=SimpleNamespace(validation_share_outside=0.05),
        metrics={
            **metrics,
            "comparison": {"majority_class": 0.52},
            "outside": {"neutral": {"share": 0.9, "n": 500, "interval": [0.87, 0.92]}},
        },
        data={
            "train": {"posts": 1516},
            "test": {"posts": 379},
            "folds": 3,
            "validation": {"student_candidates": [{"n": 506}]},
        },
        recipe={"seed": 0},
        ordered=False,
        conformal=None,
        backbones={"all-mpnet-base-v2": "0" * 64},
        files={"student.safetensors": "1" * 64},
    )


def build_recording(duration_s: float, origin: Any, rate_hz: int = 16_000) -> Recording:
    """Something like syllables."""
    t = np.arange(int(duration_s * rate_hz)) / rate_hz
    pitch = 120 + 25 * np.sin(2 * np.pi * 0.4 * t)
    tone = sum(np.sin(2 * np.pi * k * np.cumsum(pitch) / rate_hz) / k for k in range(1, 9))
    beat = np.clip(np.sin(2 * np.pi * 1.9 * t) + 0.6 * np.sin(2 * np.pi * 0.37 * t), 0, None)
    return Recording((0.2 * tone * beat).astype(np.float32), rate_hz, origin)


def build_analysis(
    post: Post | None = None,
    *,
    speak: bool = True,
    probability: float = 0.78,
    outside: bool = False,
) -> Analysis:
    """A whole analysis of a post."""
    post = post or Post(TEXT)
    heard = _build_heard(post, speak)
    p = {"text": 0.81, "audio": 0.36 if heard.seconds else None, "emotion": 0.58}
    present = [value for value in p.values() if value is not None]
    mean = sum(present) / len(present)
    empty = {"text": 0.51, "audio": 0.50, "emotion": 0.52}
    shapley = {
        name: None if value is None else (value - empty[name]) / len(present)
        for name, value in p.items()
    }
    base = sum(empty[name] for name, value in p.items() if value is not None) / len(present)
    target = "suicide" if probability >= 0.5 else "depression"
    every: Mapping[str, float | None] = {**p, "teachers": mean, "student": probability}
    words = len(post.text.split())
    return Analysis(
        bundle=BundleReference("example", "0", "0" * 64),
        labels=LABELS,
        given=Given(len(post.text), heard),
        read={
            "text": Read(words + 9, min(words + 9, 1024)),
            "audio": None,
            "emotion": Read(words, max(words // 5, 1)),
            "teachers": None,
            "student": Read(words + 9, min(words + 9, 1024)),
        },
        quality=(Finding("teachers_disagree", "The teachers point to different labels."),),
        predictions={name: _predict(value) for name, value in every.items()},
        divergence_bits={
            "text": 0.001,
            "audio": 0.13 if heard.seconds else None,
            "emotion": 0.033,
            "teachers": 0.028,
        },
        familiarity=Familiarity(0.81 if outside else 0.52, 0.74, outside),
        teacher_contributions=TeacherContributions(
            target,
            base,
            mean,
            shapley,
            0.0,
            "Exact Shapley values over the teachers whose input is present. An absent teacher is "
            "replaced by its mean output on training posts.",
        ),
        attributions=build_attributions(post, target, heard=heard.seconds > 0),
        timing_ms={"student": 210.0, "speaking": 900.0, "text": 800.0, "audio": 1500.0},
        versions={"mhkd": "0.1.0", "torch": "2"},
    )


def _build_heard(post: Post, speak: bool) -> Heard:
    if post.recording is not None:
        seconds = post.recording.duration_s
        return Heard(post.recording.origin, seconds, min(seconds, 30.0), 0.0)
    return Heard("synthesised", 12.0, 12.0, 8.0) if speak else Heard("none", 0.0, 0.0, 0.0)


def _predict(probability: float | None) -> Prediction | None:
    if probability is None:
        return None
    return Prediction({"depression": 1 - probability, "suicide": probability}, None)
