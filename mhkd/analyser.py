"""The one door: a bundle is opened once, then answers and explains post after post."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import cached_property

from mhkd.analysis import (
    ATTRIBUTIONS,
    Analysis,
    Attribution,
    Fidelity,
    Progress,
    has_enough_parts,
)
from mhkd.answers import SoundAnswer, TextAnswers
from mhkd.audio.decode import read_recording
from mhkd.audio.picture import picture_sound
from mhkd.audio.transcribe import find_transcriber, say_how_to_get_it
from mhkd.batch_predictions import (
    BatchRequest,
    answer_posts,
    predict_posts,
    predict_text_batches,
)
from mhkd.bundle import BundleSummary, list_bundles
from mhkd.errors import InputError
from mhkd.limits import MAX_INSIDE_S
from mhkd.manifest import Manifest
from mhkd.models.members import LARGE, load_large_student
from mhkd.models.parts import stop_if_cancelled
from mhkd.neutral import NeutralOutputs, answer_neutral
from mhkd.open_bundle import OpenBundle
from mhkd.post import Post, Recording
from mhkd.post_run import PostRun
from mhkd.post_stages import (
    EXPLAINED,
    ExplainedModel,
    Explanations,
    OnProgress,
    go_through,
    list_answers,
    list_explanations,
)
from mhkd.predictions import Probabilities
from mhkd.text.quality import check_text, judge_text
from mhkd.voice_answers import ask_voices
from mhkd.voices import VoiceComparison

__all__ = [
    "Analyser",
    "BundleSummary",
    "ExplainedModel",
    "Explanations",
    "Manifest",
    "OnProgress",
    "check_text",
    "judge_text",
    "list_bundles",
    "picture_sound",
    "read_recording",
]


class Analyser(OpenBundle):
    """The models of one bundle, which answer and explain: safe with several callers at once."""

    def analyse(
        self,
        post: Post,
        *,
        explain: Explanations = "all",
        target: str | None = None,
        speak: bool = True,
        compare_recording: bool | None = None,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
    ) -> Analysis:
        """Asks all models about a post and explains what they say.

        Args:
            post: the post; its recording, if any, is what the audio teacher hears.
            explain: no attributions, those on words (student, emotion, text), or all.
            target: the label explained; None takes the student's most probable one.
            speak: speak a post that has no recording; else the audio teacher is left out.
            compare_recording: compare a person's recording with the text, where a transcriber is
                there; None does with all explanations.
            on_progress: called as each stage begins, and at the end. Its ``partial`` holds
                the predictions as soon as they are all there, and each attribution after that.
                From there on others come in between; ``waiting`` is the stage then.
            cancel: once set, the call ends with ``Cancelled`` within 2 s.

        Raises:
            InputError: the text or an option can't be used, or too many are waiting.
            Cancelled: ``cancel`` was set.
            MhkdError: the models took longer than ``limits.MAX_INSIDE_S``.
        """
        check_text(post.text)
        self._check_target(target)
        if explain not in EXPLAINED:
            raise InputError(f"explain is one of {', '.join(EXPLAINED)}; found '{explain}'.")
        stop_if_cancelled(cancel)
        with self._gate.entered(cancel, first=True, max_inside_s=MAX_INSIDE_S) as turn:
            run = PostRun(self._bundle, self._members, post, target, turn, lambda: self._neutral)
            answers = list_answers(run, speak=speak and post.recording is None)
            compare = explain == "all" if compare_recording is None else compare_recording
            explanations = list_explanations(run, explain, post, compare=compare)
            return go_through(run, answers, explanations, on_progress, turn)

    def explain(
        self,
        post: Post,
        model: ExplainedModel,
        target: str,
        *,
        cancel: threading.Event | None = None,
    ) -> Attribution | None:
        """Explains one model's prediction for one label.

        Returns:
            The attribution; None for ``audio`` where there is nothing to hear.

        Raises:
            InputError: no such model or label, or the text can't be used.
            Cancelled: ``cancel`` was set.
        """
        check_text(post.text)
        self._check_target(target)
        if model not in EXPLAINED["all"]:
            raise InputError(f"There is no model '{model}' to explain.")
        with self._gate.entered(cancel, max_inside_s=MAX_INSIDE_S) as turn:
            run = PostRun(self._bundle, self._members, post, target, turn)
            if model == "audio" and post.recording is None:
                run.speak()
            run.explain(model)
            return run.check(model)

    def measure_fidelity(
        self,
        post: Post,
        model: ExplainedModel,
        found: Attribution,
        *,
        cancel: threading.Event | None = None,
    ) -> Fidelity:
        """Infidelity of an explanation that ``explain`` gave, and sensitivity of gradients.

        Args:
            post: the post explained, with the sound that was heard.
            model: the model explained.
            found: the explanation.
            cancel: looked at between the passes of the model.

        Raises:
            InputError: no such model or label, the text can't be used, or the explanation is
                not of this post or has too few parts.
            Cancelled: ``cancel`` was set.
        """
        check_text(post.text)
        self._check_target(found.target)
        kind = ATTRIBUTIONS.get(model)
        if kind is None or not isinstance(found, kind):
            raise InputError(f"There is no model '{model}' with such an explanation.")
        if not has_enough_parts(found):
            raise InputError("The explanation has too few parts to take fifths of them away.")
        with self._gate.entered(cancel, max_inside_s=MAX_INSIDE_S) as turn:
            run = PostRun(self._bundle, self._members, post, cancel=turn)
            return run.measure_fidelity(model, found)

    def speak(self, text: str, *, cancel: threading.Event | None = None) -> Recording | None:
        """What ``analyse`` would speak of a text; None if nothing can be said."""
        check_text(text)
        with self._gate.entered(cancel, max_inside_s=MAX_INSIDE_S) as turn:
            run = PostRun(self._bundle, self._members, Post(text), cancel=turn)
            run.speak()
            return run.recording

    def compare_voices(
        self,
        text: str,
        *,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
    ) -> VoiceComparison:
        """What the audio teacher says of one text in every voice that is installed.

        The text is spoken outside of the gate, so that others are answered meanwhile.

        Args:
            text: the post.
            on_progress: told each voice as it begins.
            cancel: looked at before each sentence and each window of sound.

        Raises:
            InputError: the text can't be used, or too many are waiting.
            Cancelled: ``cancel`` was set.
        """
        check_text(text)

        def hear(recording: Recording) -> Mapping[str, float] | None:
            with self._gate.entered(cancel, max_inside_s=MAX_INSIDE_S) as turn:
                run = PostRun(self._bundle, self._members, Post(text, recording), cancel=turn)
                run.answer_audio()
            return None if run.audio is None else run.audio.probabilities

        words = self.manifest.audio.spoken_words
        return ask_voices(text, hear, max_words=words, on_progress=on_progress, cancel=cancel)

    def predict_texts(
        self,
        texts: Sequence[str],
        models: Sequence[str] = ("student",),
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
    ) -> dict[str, Probabilities]:
        """Calibrated probabilities of many posts: model → shape (posts, classes).

        Args:
            texts: the posts; for the audio teacher each is spoken.
            models: among text, audio, emotion, teachers, student, and student_large, which is
                loaded for this call, where the bundle has it.
            on_progress: told the model at work and the share of its posts that is done.
            cancel: looked at before each batch.

        Raises:
            InputError: no posts, or no such model.
            Cancelled: ``cancel`` was set.
        """

        def tell(model: str, done: int) -> None:
            if on_progress is not None:
                on_progress(Progress(model, done / len(texts)))

        with self._gate.entered(cancel) as turn:
            request = BatchRequest(self._scorers, self.manifest, texts, tell, turn)
            found: dict[str, Probabilities] = {}
            if LARGE in models and self.manifest.student_large is not None:
                member = load_large_student(self.manifest, self._bundle.folder, self.device)
                found[LARGE] = predict_text_batches(request, LARGE, member)
            rest = [name for name in models if name not in found]
            found |= predict_posts(request, rest) if rest else {}
            return {name: found[name] for name in models}

    @property
    def familiarity_limit(self) -> float | None:
        """Distance from which on a post is outside what the student knows; None: can't be told."""
        region = self._members.familiar
        return None if region is None else region.threshold

    def answer_texts(
        self,
        texts: Sequence[str],
        models: Sequence[str] = ("student",),
        *,
        familiar: bool = False,
        cancel: threading.Event | None = None,
    ) -> TextAnswers:
        """``predict_texts`` with what is found on the way; raises as it does.

        Text models read four windows of a post at most; ``TextAnswers.tokens`` tells how much.

        Args:
            texts: the posts; for the audio teacher each is spoken.
            models: among text, audio, emotion, teachers and student.
            familiar: measure how far each post lies from those that the student learned from.
            cancel: looked at before each batch.
        """
        with self._gate.entered(cancel) as turn:
            request = BatchRequest(self._scorers, self.manifest, texts, lambda *_: None, turn)
            return answer_posts(request, models, familiar=familiar)

    @property
    def missing_transcriber(self) -> str | None:
        """How to get what compares a recording with the text; None where it is there."""
        return say_how_to_get_it() if find_transcriber() is None else None

    def hear(
        self, post: Post, *, compare: bool = False, cancel: threading.Event | None = None
    ) -> SoundAnswer:
        """What the audio teacher says of a post's recording, as in ``analyse``.

        Args:
            post: with its recording.
            compare: also compare the recording with the text; it is written down for that.
            cancel: see below.

        Raises:
            InputError: too many are waiting.
            Cancelled: ``cancel`` was set; looked at before each window of sound.
        """
        with self._gate.entered(cancel, max_inside_s=MAX_INSIDE_S) as turn:
            return PostRun(self._bundle, self._members, post, cancel=turn).answer_sound(
                compare=compare
            )

    @cached_property
    def _neutral(self) -> NeutralOutputs:
        """Computed once for a bundle, by the first caller behind the gate."""
        return answer_neutral(self._members, self.labels)

    def _check_target(self, target: str | None) -> None:
        if target is not None and target not in self.labels:
            raise InputError(
                f"This bundle has no label '{target}'. Its labels: {', '.join(self.labels)}."
            )
