"""``Analyser``, answered by a service at an address instead of models of one's own."""

from __future__ import annotations

import http.client
import json
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NoReturn, Self

import numpy as np
import numpy.typing as npt

from mhkd.analysis import Analysis, Attribution, Progress
from mhkd.answers import Ints, SoundAnswer, TextAnswers
from mhkd.errors import AudioError, BundleError, Cancelled, InputError, MhkdError
from mhkd.limits import MAX_SERVED_TEXTS
from mhkd.manifest import Manifest
from mhkd.post import Post, Recording
from mhkd.remote.wire import (
    read_analysis,
    read_attribution,
    read_progress,
    read_tokens,
    write_sound,
)
from mhkd.voices import VoiceComparison

TOKEN: Final = "MHKD_SERVE_TOKEN"  # noqa: S105, a name of a variable
_CONNECT_S: Final = 10.0
_SILENCE_S: Final = 60.0  # the service says something each second
_KINDS: Final[dict[str, type[MhkdError]]] = {
    "input": InputError,
    "busy": InputError,
    "audio": AudioError,
    "bundle": BundleError,
}
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
        with _call(address, "/v1/bundle", None) as answer:
            manifest = Manifest.model_validate(json.load(answer))
        with _call(address, "/v1/bundle/reports", None) as answer:
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
        on_progress: Callable[[Progress], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> Analysis:
        """See ``mhkd.analyser.Analyser.analyse``.

        Raises:
            InputError: the post or an option can't be used, or too many are waiting.
            Cancelled: ``cancel`` was set.
            MhkdError: the service is not there or broke off.
        """
        asked = _ask(post) | {"explain": explain, "target": target, "speak": speak}
        recording = post.recording
        for told in self._follow("/v1/analyse/stream", asked, cancel):
            if "done" in told:
                analysis = read_analysis(told["done"])
                if on_progress is not None:
                    on_progress(Progress("done", 1.0, analysis, recording=recording))
                return analysis
            progress = read_progress(told["progress"])
            recording = progress.recording or recording
            if on_progress is not None:
                on_progress(progress)
        raise _broke_off()

    def explain(
        self,
        post: Post,
        model: ExplainedModel,
        target: str,
        *,
        cancel: threading.Event | None = None,
    ) -> Attribution | None:
        """See ``mhkd.analyser.Analyser.explain``; raises as ``analyse`` does."""
        asked = _ask(post) | {"model": model, "target": target}
        for told in self._follow("/v1/explain/stream", asked, cancel):
            if "done" in told:
                return read_attribution(model, told["done"])
        raise _broke_off()

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

    def hear(self, post: Post, *, cancel: threading.Event | None = None) -> SoundAnswer:
        """See ``mhkd.analyser.Analyser.hear``; raises as ``analyse`` does."""
        found = self.analyse(post, explain="none", speak=False, cancel=cancel)
        audio = found.predictions["audio"]
        probabilities = None if audio is None else audio.probabilities
        return SoundAnswer(probabilities, found.given.audio, found.quality)

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
            raise _broke_off()
        joined = {model: np.concatenate(parts) for model, parts in tokens.items()}
        return TextAnswers(
            {model: np.array(rows, np.float64) for model, rows in found.items()},
            tokens={model: counts for model, counts in joined.items() if len(counts) == len(texts)},
        )

    def _follow(
        self, path: str, asked: Mapping[str, Any], cancel: threading.Event | None
    ) -> Iterator[dict[str, Any]]:
        """What the service tells, line by line; leaving the loop ends the work there."""
        with _call(self._address, path, asked) as answer:
            while True:
                if cancel is not None and cancel.is_set():
                    raise Cancelled
                told = _read_line(answer)
                if told is None:
                    return
                if "error" in told:
                    raise_fault(told["error"])
                if "waiting" in told:
                    self._waiting = int(told["waiting"])
                else:
                    yield told


def raise_fault(told: Mapping[str, Any]) -> NoReturn:
    """Raises what the service refused with."""
    code, message = str(told["code"]), str(told["message"])
    kind = _KINDS.get(code, MhkdError)
    raise kind(message, code=code)


def _ask(post: Post) -> dict[str, Any]:
    return {"text": post.text, "recording": write_sound(post.recording)}


def _call(address: str, path: str, asked: Mapping[str, Any] | None) -> Any:
    headers = {"Content-Type": "application/json"}
    if os.environ.get(TOKEN):
        headers["Authorization"] = f"Bearer {os.environ[TOKEN]}"
    content = None if asked is None else json.dumps(asked).encode("utf-8")
    request = urllib.request.Request(address + path, content, headers)  # noqa: S310, see open
    try:
        return urllib.request.urlopen(request, timeout=_SILENCE_S)  # noqa: S310
    except urllib.error.HTTPError as fault:
        _refuse(fault)
    except (OSError, http.client.HTTPException) as fault:
        raise MhkdError(
            f"The models at {address} can't be reached ({type(fault).__name__}). "
            "Try again in a minute; if it stays so, ask who runs them.",
            code="service",
        ) from fault


def _refuse(fault: urllib.error.HTTPError) -> NoReturn:
    try:
        told = json.loads(fault.read(65_536))["error"]
    except (ValueError, KeyError, TypeError, OSError):
        if fault.code in (429, 503):
            told = {
                "code": "busy",
                "message": "The models are busy. Try again in a minute.",
            }
        else:
            told = {
                "code": "service",
                "message": f"The models failed (status {fault.code}). Try again in a minute.",
            }
    raise_fault(told)


def _read_line(answer: Any) -> dict[str, Any] | None:
    try:
        line = answer.readline()
        found: dict[str, Any] | None = json.loads(line) if line else None
    except (OSError, http.client.HTTPException, ValueError) as fault:
        raise MhkdError(
            "The connection to the models broke off. Try again.", code="service"
        ) from fault
    return found


def _broke_off() -> MhkdError:
    return MhkdError("The models broke off before they had answered. Try again.", code="service")
