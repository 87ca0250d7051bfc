"""``Analyser``, answered by a service at an address instead of models of one's own."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Literal, NoReturn, Self

import numpy as np
import numpy.typing as npt

from mhkd.analysis import Analysis, Attribution, Progress
from mhkd.answers import Ints, SoundAnswer, TextAnswers, tell_text_differs
from mhkd.errors import Cancelled, InputError, MhkdError
from mhkd.findings import find_other_text
from mhkd.limits import MAX_SERVED_TEXTS
from mhkd.manifest import Manifest
from mhkd.post import Post, Recording
from mhkd.remote.calls import broke_off, call, raise_fault, read_line
from mhkd.remote.wire import (
    COMPARES,
    read_analysis,
    read_attribution,
    read_progress,
    read_tokens,
    write_sound,
)
from mhkd.voices import VoiceComparison

Explanations = Literal["none", "words", "all"]
ExplainedModel = Literal["student", "text", "emotion", "audio"]


class RemoteAnalyser:
    """Stands where an ``Analyser`` stands, and has no models.

    Attributes:
        manifest: of the bundle that the service holds.
        reports: its ``sha256``, ``card``, and the reports ``explanations`` and ``behaviour``.
    """

    def __init__(
        self, address: str, manifest: Manifest, reports: Mapping[str, Any] | None = None
    ) -> None:
        self.manifest, self.reports = manifest, reports or {}
        self._address, self._waiting = address, 0

    @classmethod
    def open(cls, address: str) -> Self:
        """Asks the service what it holds.

        Args:
            address: such as ``https://models.example.org``; a token in the environment
                variable ``MHKD_SERVE_TOKEN`` goes with each call.

        Raises:
            MhkdError: there is no such service.
        """
        if not address.startswith(("http://", "https://")):
            raise InputError(f"'{address}' is no address: expected http:// or https://.")
        address = address.rstrip("/")
        with call(address, "/v1/bundle", None) as answer:
            manifest = Manifest.model_validate(json.load(answer))
        with call(address, "/v1/bundle/reports", None) as answer:
            return cls(address, manifest, json.load(answer))

    @property
    def labels(self) -> tuple[str, ...]:
        """In the order of the logits."""
        return self.manifest.labels

    @property
    def sha256(self) -> str:
        """Of the bundle's manifest, as the service has it."""
        return str(self.reports.get("sha256", "unknown"))

    @property
    def explanation_report(self) -> dict[str, Any] | None:
        """See ``Analyser.explanation_report``."""
        return self.reports.get("explanations")

    @property
    def behaviour_report(self) -> dict[str, Any] | None:
        """See ``Analyser.behaviour_report``."""
        return self.reports.get("behaviour")

    def read_card(self) -> str | None:
        """See ``Analyser.read_card``."""
        return self.reports.get("card")

    @property
    def waiting(self) -> int:
        """Callers in the service's queue, as it last said."""
        return self._waiting

    def analyse(
        self,
        post: Post,
        *,
        explain: Explanations = "all",
        target: str | None = None,
        speak: bool = True,
        compare_recording: bool | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> Analysis:
        """See ``mhkd.analyser.Analyser.analyse``.

        A service that does not know ``compare_recording`` compares with all explanations alone.

        Raises:
            InputError: the post or an option can't be used, or too many are waiting.
            Cancelled: ``cancel`` was set.
            MhkdError: the service is not there or broke off.
        """
        asked = self._ask(post) | {"explain": explain, "target": target, "speak": speak}
        if compare_recording is not None and self._knows_of_comparing:
            asked["compare_recording"] = compare_recording
        recording = post.recording
        for told in self._follow("/v1/analyse/stream", asked, cancel):
            if "done" in told:
                analysis = self._tell_other_text(read_analysis(told["done"]), post)
                if on_progress is not None:
                    on_progress(Progress("done", 1.0, analysis, recording=recording))
                return analysis
            progress = read_progress(told["progress"])
            if progress.partial is not None:
                partial = self._tell_other_text(progress.partial, post)
                progress = replace(progress, partial=partial)
            recording = progress.recording or recording
            if on_progress is not None:
                on_progress(progress)
        raise broke_off()

    def explain(
        self,
        post: Post,
        model: ExplainedModel,
        target: str,
        *,
        cancel: threading.Event | None = None,
    ) -> Attribution | None:
        """See ``mhkd.analyser.Analyser.explain``; raises as ``analyse`` does."""
        asked = self._ask(post) | {"model": model, "target": target}
        for told in self._follow("/v1/explain/stream", asked, cancel):
            if "done" in told:
                return read_attribution(model, told["done"])
        raise broke_off()

    def measure_fidelity(self, *_: object, **__: object) -> NoReturn:
        """Is not part of what the service does.

        Raises:
            MhkdError: always.
        """
        raise MhkdError(
            "The service that answers here does not measure infidelity and sensitivity. "
            "An installation with models of its own does.",
            code="service",
        )

    def compare_voices(
        self,
        text: str,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> VoiceComparison:
        """See ``mhkd.analyser.Analyser.compare_voices``; spoken here, heard by the service."""
        from mhkd.voice_answers import ask_voices

        def hear(recording: Recording) -> Mapping[str, float] | None:
            found = self.analyse(Post(text, recording), explain="none", cancel=cancel)
            audio = found.predictions["audio"]
            return None if audio is None else audio.probabilities

        words = self.manifest.audio.spoken_words
        return ask_voices(text, hear, max_words=words, on_progress=on_progress, cancel=cancel)

    def predict_texts(
        self,
        texts: Sequence[str],
        models: Sequence[str] = ("student",),
        on_progress: Callable[[Progress], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> dict[str, npt.NDArray[np.float64]]:
        """See ``mhkd.analyser.Analyser.predict_texts``; raises as ``analyse`` does."""
        return dict(self._answer_texts(texts, models, on_progress, cancel).probabilities)

    familiarity_limit: Final = None  # the service tells no distances of many posts

    def answer_texts(
        self,
        texts: Sequence[str],
        models: Sequence[str] = ("student",),
        *,
        familiar: bool = False,
        cancel: threading.Event | None = None,
    ) -> TextAnswers:
        """See ``mhkd.analyser.Analyser.answer_texts``; raises as ``analyse`` does.

        Distances and seconds of speech are not told by the service and stay None; how much of a
        post was read is told by services that do.
        """
        return self._answer_texts(texts, models, None, cancel)

    @property
    def missing_transcriber(self) -> str | None:
        """What is missing for comparing recordings with texts; None where the service does."""
        if self.reports.get(COMPARES):
            return None
        return (
            "The service that answers here does not compare recordings with texts. Ask who runs "
            "it for the extra “transcribe” and a Whisper model."
        )

    def hear(
        self, post: Post, *, compare: bool = False, cancel: threading.Event | None = None
    ) -> SoundAnswer:
        """See ``mhkd.analyser.Analyser.hear``; raises as ``analyse`` does."""
        found = self.analyse(
            post, explain="none", speak=False, compare_recording=compare, cancel=cancel
        )
        audio = found.predictions["audio"]
        probabilities = None if audio is None else audio.probabilities
        compared = audio is not None and "matching" in found.timing_ms
        differs = tell_text_differs(found.quality, compared=compared)
        return SoundAnswer(probabilities, found.given.audio, found.quality, differs)

    @property
    def _knows_of_comparing(self) -> bool:
        """The service is new enough to take the fields that are about recordings of other texts."""
        return COMPARES in self.reports

    def _ask(self, post: Post) -> dict[str, Any]:
        asked: dict[str, Any] = {"text": post.text, "recording": write_sound(post.recording)}
        if post.recording_of_other_text and self._knows_of_comparing:
            asked["recording_of_other_text"] = True
        return asked

    def _tell_other_text(self, analysis: Analysis, post: Post) -> Analysis:
        """Adds what an older service is not told."""
        if self._knows_of_comparing or post.recording is None:
            return analysis
        known = post.recording_of_other_text and analysis.predictions["audio"] is not None
        return replace(analysis, quality=tuple(find_other_text(analysis.quality, known=known)))

    def _answer_texts(
        self,
        texts: Sequence[str],
        models: Sequence[str],
        on_progress: Callable[[Progress], None] | None,
        cancel: threading.Event | None,
    ) -> TextAnswers:
        found: dict[str, list[Any]] = {model: [] for model in models}
        tokens: dict[str, list[Ints]] = {}
        for start in range(0, len(texts), MAX_SERVED_TEXTS):
            asked = {"texts": list(texts[start : start + MAX_SERVED_TEXTS]), "models": list(models)}
            for told in self._follow("/v1/predict/stream", asked, cancel):
                if "tokens" in told:
                    for model, counts in read_tokens(told["tokens"]).items():
                        tokens.setdefault(model, []).append(counts)
                if "done" in told:
                    for model, rows in told["done"].items():
                        found[model] += rows
            if on_progress is not None:
                done = min(1.0, (start + MAX_SERVED_TEXTS) / len(texts))
                on_progress(Progress(models[-1], done))
        if any(len(rows) != len(texts) for rows in found.values()):
            raise broke_off()
        joined = {model: np.concatenate(parts) for model, parts in tokens.items()}
        return TextAnswers(
            {model: np.array(rows, np.float64) for model, rows in found.items()},
            tokens={model: counts for model, counts in joined.items() if len(counts) == len(texts)},
        )

    def _follow(
        self, path: str, asked: Mapping[str, Any], cancel: threading.Event | None
    ) -> Iterator[dict[str, Any]]:
        """What the service tells, line by line; leaving the loop ends the work there."""
        with call(self._address, path, asked) as answer:
            while True:
                if cancel is not None and cancel.is_set():
                    raise Cancelled
                told = read_line(answer)
                if told is None:
                    return
                if "error" in told:
                    raise_fault(told["error"])
                if "waiting" in told:
                    self._waiting = int(told["waiting"])
                else:
                    yield told
