"""One post on its way through a bundle: read, heard, answered, explained."""

from __future__ import annotations

import platform
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt

from mhkd.analysis import (
    MODELS,
    TEACHERS,
    Analysis,
    Attributions,
    BundleReference,
    EmotionAttribution,
    Familiarity,
    Finding,
    Given,
    Heard,
    Prediction,
    PredictionSet,
    Progress,
    Read,
    SoundAttribution,
    StudentContributions,
    TeacherContributions,
    TrustThresholds,
    VoiceMeasures,
    WordAttribution,
)
from mhkd.audio.features import resample
from mhkd.audio.quality import is_audible, judge_recording
from mhkd.audio.speak import open_voice, speak_post
from mhkd.audio.transcribe import write_down
from mhkd.audio.voice import measure_voice
from mhkd.bundle import Bundle
from mhkd.conformal import collect_labels
from mhkd.errors import TranscriberError, VoiceError
from mhkd.explain.counterfactual import find_counterfactual
from mhkd.explain.emotions import explain_emotions, try_emotion_order
from mhkd.explain.orders import OrderTest
from mhkd.explain.sound import explain_sound, try_sound_order
from mhkd.explain.sound_checks import check_sound
from mhkd.explain.students import contribute_student, whole_seeds
from mhkd.explain.teachers import contribute, divergence_bits, mean_of_teachers
from mhkd.explain.trust import USUAL
from mhkd.explain.words import check_words, explain_words
from mhkd.findings import (
    find_audio_left_out,
    find_disagreement,
    find_recorded_voice,
    find_truncated,
    find_unfamiliar,
)
from mhkd.limits import HEARD_WINDOW_S, MATCHED_S, MAX_HEARD_WINDOWS
from mhkd.models.audio import EncodedSound, encode_sound
from mhkd.models.family import predict_family
from mhkd.models.members import Members
from mhkd.neutral import NeutralOutputs
from mhkd.post import Post, Recording
from mhkd.predictions import (
    Answer,
    ReadByStudent,
    answer_emotion,
    answer_sound,
    answer_student,
    answer_text,
    measure_familiarity,
    read_as_student,
)
from mhkd.text.matching import find_text_differs
from mhkd.text.quality import judge_text

Attribution = WordAttribution | EmotionAttribution | SoundAttribution

_RESAMPLED_S = HEARD_WINDOW_S * MAX_HEARD_WINDOWS + 1.0  # the filter looks past the end


class PostRun:
    """Gathers what the models say about one post, step by step.

    Args:
        bundle: the opened bundle.
        members: its models.
        post: the post.
        target: the label explained, or None for the student's most probable one.
        cancel: ends a step with ``Cancelled`` once it is set.
        neutral: what the teachers say of neutral inputs, the second stand-in for an absent one.
    """

    def __init__(
        self,
        bundle: Bundle,
        members: Members,
        post: Post,
        target: str | None = None,
        cancel: threading.Event | None = None,
        neutral: NeutralOutputs | None = None,
    ) -> None:
        self._bundle, self._members, self._post = bundle, members, post
        self._neutral = neutral
        self._target, self._cancel = target, cancel
        self._recording = post.recording
        self._sound: EncodedSound | None = None
        self._familiarity: Familiarity | None = None
        self._read_by_student: ReadByStudent | None = None
        self._sound_findings: list[Finding] = []
        self._voice: VoiceMeasures | None = None
        self._match_findings: list[Finding] = []
        self._read: dict[str, Read | None] = dict.fromkeys(("text", "audio", "emotion", "student"))
        self._predictions: dict[str, Prediction | None] = dict.fromkeys(MODELS)
        self._family: npt.NDArray[np.float64] | None = None
        self._attributions = Attributions()
        self._timing_ms: dict[str, float] = {}

    @property
    def student(self) -> Prediction | None:
        """The student's prediction, once it is there."""
        return self._predictions["student"]

    def progress(self, stage: str, fraction: float, partial: Analysis | None) -> Progress:
        """What is known as ``stage`` begins."""
        return Progress(stage, fraction, partial, self.student, self._familiarity, self._recording)

    @property
    def target(self) -> str:
        """The label explained."""
        if self._target is not None:
            return self._target
        student = self._predictions["student"] or self.answer_student()
        return max(student.probabilities, key=lambda label: student.probabilities[label])

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Keeps the wall time of a stage."""
        start = time.perf_counter()
        yield
        self._timing_ms[stage.replace(" ", "_")] = (time.perf_counter() - start) * 1000

    def speak(self) -> None:
        """Speaks a post that came without a recording; a missing voice is a finding."""
        settings = self._bundle.manifest.audio
        try:
            voice = open_voice(settings.voice)
        except VoiceError as fault:
            reason = f"the post can't be spoken. {fault.public_message.rstrip('.')}"
            self._sound_findings = [find_audio_left_out(reason)]
            return
        self._recording = speak_post(
            self._post.text,
            voice,
            max_words=settings.spoken_words,
            cancel=self._cancel,
        )
        if self._recording is None:
            self._sound_findings = [find_audio_left_out("no word of the text can be spoken")]

    @property
    def recording(self) -> Recording | None:
        """The sound of the post: given, spoken, or none."""
        return self._recording

    def answer_student(self) -> Prediction:
        """The student's answer, and whether it knows such posts."""
        student, familiar = self._members.student, self._members.familiar
        read = self._read_as_student()
        prediction = self._note_answer("student", answer_student(student, read))
        if familiar is not None:
            self._familiarity = measure_familiarity(familiar, read)
        return prediction

    def answer_text(self) -> None:
        """The text teacher's answer."""
        self._note_answer("text", answer_text(self._members.text, self._post.text, self._cancel))

    def answer_emotion(self) -> None:
        """The emotion teacher's answer."""
        self._note_answer("emotion", answer_emotion(self._members.emotion, self._post.text))

    def answer_audio(self) -> None:
        """The audio teacher's answer, where there is something to hear."""
        self._listen()
        if self._sound is not None:
            self._note_answer("audio", answer_sound(self._members.audio, self._sound, self._cancel))

    @property
    def has_family(self) -> bool:
        """Whether the bundle has students of subsets of the teachers."""
        return self._members.family is not None

    def answer_family(self) -> None:
        """The answers of the students of every subset of the teachers, where there are any."""
        family = self._members.family
        if family is not None:
            read = self._read_as_student()
            self._family = predict_family(family, read.batch, self._cancel, read.lower)[:, 0]

    def measure_voice(self) -> None:
        """The measures of a recorded voice that can be judged."""
        self._listen()
        if self._recording is not None and self._sound is not None:
            self._voice = measure_voice(self._recording)

    def match_recording(self) -> None:
        """Compares what a recording says with the text, where a transcriber is there."""
        self._listen()
        recording = self._recording
        if recording is None or self._sound is None:
            return
        start = recording.samples[: int(MATCHED_S * recording.rate_hz)]
        try:
            heard = write_down(replace(recording, samples=start), self._cancel)
        except TranscriberError as fault:
            self._match_findings = [Finding("text_not_compared", fault.public_message)]
            return
        self._match_findings = find_text_differs(self._post.text, heard.text)

    def explain(self, model: str) -> Attribution | None:
        """Explains one model's prediction; None for audio that is not heard."""
        manifest, members, text = self._bundle.manifest, self._members, self._post.text
        labels, target = manifest.labels, self.target
        found: Attribution | None
        if model == "audio":
            found = self._explain_audio(target)
        elif model == "emotion":
            found = explain_emotions(
                members.emotion,
                text,
                labels,
                target,
                manifest.emotion.emotions,
                cancel=self._cancel,
            )
        else:
            member = members.student if model == "student" else members.text
            found = explain_words(member, text, labels, target, cancel=self._cancel)
        changed: dict[str, Any] = {model: found}
        self._attributions = replace(self._attributions, **changed)
        return found

    def check(self, model: str) -> Attribution | None:
        """Adds what stands beside an explanation of words or sound that is there."""
        found: Attribution | None = getattr(self._attributions, model)
        if isinstance(found, WordAttribution):
            member = self._members.student if model == "student" else self._members.text
            labels = self._bundle.manifest.labels
            found = check_words(
                member,
                self._post.text,
                labels,
                found,
                thresholds=self._thresholds(model),
                cancel=self._cancel,
            )
        elif isinstance(found, SoundAttribution):
            labels = self._bundle.manifest.labels
            found = check_sound(
                self._members.audio, self._samples(), labels, found, cancel=self._cancel
            )
        changed: dict[str, Any] = {model: found}
        self._attributions = replace(self._attributions, **changed)
        return found

    def seek_counterfactual(self) -> None:
        """What would have to go for the student to answer otherwise; needs its explanation."""
        explained = self._attributions.student
        if explained is not None:
            found = find_counterfactual(
                self._members.student,
                self._post.text,
                self._bundle.manifest.labels,
                explained,
                cancel=self._cancel,
            )
            self._attributions = replace(self._attributions, counterfactual=found)

    def try_order(self, model: str) -> OrderTest | None:
        """Does the order of an explanation that is there hold? Emotion and audio teacher."""
        labels, members = self._bundle.manifest.labels, self._members
        found = getattr(self._attributions, model)
        if isinstance(found, EmotionAttribution):
            return try_emotion_order(members.emotion, self._post.text, labels, found)
        if isinstance(found, SoundAttribution):
            samples = self._samples()
            return try_sound_order(members.audio, samples, labels, found, cancel=self._cancel)
        return None

    def snapshot(self) -> Analysis:
        """The analysis as far as it has come; all predictions must be there."""
        manifest = self._bundle.manifest
        predictions = {**self._predictions, "teachers": self._mean_prediction()}
        student = predictions["student"]
        return Analysis(
            bundle=BundleReference(manifest.name, manifest.version, self._bundle.sha256),
            labels=manifest.labels,
            given=Given(len(self._post.text), self._heard()),
            read=dict(self._read),
            quality=(
                *judge_text(self._post.text),
                *find_truncated(self._read),
                *find_unfamiliar(self._familiarity),
                *self._sound_findings,
                *self._match_findings,
                *find_disagreement(predictions),
            ),
            predictions=predictions,
            divergence_bits={
                name: _divergence(predictions[name], student) for name in (*TEACHERS, "teachers")
            },
            familiarity=self._familiarity,
            teacher_contributions=self._contributions(),
            student_contributions=self._student_contributions(),
            attributions=self._attributions,
            timing_ms={**self._timing_ms, "total": sum(self._timing_ms.values())},
            versions=_versions(),
            prediction_set=self._prediction_set(),
            ordered=manifest.ordered,
            voice=self._voice,
        )

    def _read_as_student(self) -> ReadByStudent:
        if self._read_by_student is None:
            self._read_by_student = read_as_student(
                self._members.student, self._post.text, self._cancel
            )
        return self._read_by_student

    def _note_answer(self, model: str, answer: Answer) -> Prediction:
        self._read[model] = answer.read
        prediction = answer.to_prediction(self._bundle.manifest.labels)
        self._predictions[model] = prediction
        return prediction

    def _thresholds(self, model: str) -> TrustThresholds:
        report = self._bundle.explanation_report or {}
        found = report.get("models", {}).get(model, {}).get("thresholds")
        return TrustThresholds(**found) if found else USUAL

    def _listen(self) -> None:
        if self._recording is None or self._sound is not None:
            return
        findings = judge_recording(self._recording)
        self._sound_findings = list(findings)
        if not is_audible(findings):
            reason = "nothing in the recording can be used, as told above"
            self._sound_findings.append(find_audio_left_out(reason))
            return
        self._sound_findings += find_recorded_voice(
            self._recording.origin, self._bundle.manifest.training_voices
        )
        self._sound = encode_sound(self._members.audio.extractor, self._samples())

    def _samples(self) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        recording = self._recording
        if recording is None:
            return np.zeros(0, np.float32)
        start = recording.samples[: int(_RESAMPLED_S * recording.rate_hz)]
        return resample(replace(recording, samples=start))

    def _explain_audio(self, target: str) -> SoundAttribution | None:
        self._listen()
        if self._sound is None:
            return None
        return explain_sound(
            self._members.audio,
            self._samples(),
            self._bundle.manifest.labels,
            target,
            cancel=self._cancel,
        )

    def _mean_prediction(self) -> Prediction | None:
        present = [p for name in TEACHERS if (p := self._predictions[name]) is not None]
        if not present:
            return None
        return Prediction(
            {
                label: mean_of_teachers([p.probabilities[label] for p in present])
                for label in self._bundle.manifest.labels
            },
            None,
        )

    def _contributions(self) -> TeacherContributions | None:
        target = self.target
        return contribute(
            {
                name: None if (p := self._predictions[name]) is None else p.probabilities[target]
                for name in TEACHERS
            },
            {name: self._bundle.manifest.mean_outputs[name][target] for name in TEACHERS},
            target,
            None
            if self._neutral is None
            else {name: self._neutral[name][target] for name in TEACHERS},
        )

    def _prediction_set(self) -> PredictionSet | None:
        manifest, student = self._bundle.manifest, self.student
        found = manifest.conformal
        if found is None or student is None:
            return None
        labels = collect_labels(
            student.probabilities, found.least_probability, ordered=manifest.ordered
        )
        return PredictionSet(labels, found.coverage, found.n)

    def _student_contributions(self) -> StudentContributions | None:
        if self._family is None:
            return None
        students = self._bundle.manifest.family
        names = [(frozenset(student.teachers), student.seed) for student in students]
        place = self._bundle.manifest.labels.index(self.target)
        found = dict(zip(names, self._family[:, place].tolist(), strict=True))
        values = {
            seed: {subset: value for (subset, of), value in found.items() if of == seed}
            for seed in whole_seeds(names)
        }
        return contribute_student(values, self.target) if values else None

    def _heard(self) -> Heard:
        if self._recording is None:
            return Heard("none", 0.0, 0.0, 0.0)
        seconds = self._recording.duration_s
        if self._sound is None:
            return Heard(self._recording.origin, seconds, 0.0, 0.0)
        return Heard(
            self._recording.origin,
            seconds,
            min(seconds, self._sound.seconds_heard),
            self._sound.padding_s,
        )


def _divergence(first: Prediction | None, second: Prediction | None) -> float | None:
    if first is None or second is None:
        return None
    return divergence_bits(list(first.probabilities.values()), list(second.probabilities.values()))


def _versions() -> dict[str, str]:
    from mhkd import __version__

    packages = {name: version(name) for name in ("torch", "transformers", "captum")}
    return {"mhkd": __version__, **packages, "python": platform.python_version()}
