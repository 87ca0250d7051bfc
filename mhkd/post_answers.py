"""One post on its way through a bundle: read, heard, answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from mhkd.analysis import (
    MODELS,
    Analysis,
    Attributions,
    Familiarity,
    Finding,
    Heard,
    Prediction,
    Progress,
    Read,
    VoiceMeasures,
)
from mhkd.audio.features import resample
from mhkd.audio.quality import is_audible, judge_recording
from mhkd.audio.speak import open_voice, speak_post
from mhkd.audio.transcribe import write_down
from mhkd.audio.voice import measure_voice
from mhkd.bundle import Bundle
from mhkd.errors import TranscriberError, VoiceError
from mhkd.findings import (
    find_audio_left_out,
    find_recorded_voice,
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
    answer_pooled,
    answer_student,
    answer_text,
    measure_familiarity,
    measure_sound_familiarity,
    pool_sound,
    read_as_student,
)
from mhkd.text.matching import find_text_differs

_RESAMPLED_S = HEARD_WINDOW_S * MAX_HEARD_WINDOWS + 1.0  # the filter looks past the end


class PostAnswers:
    """Gathers the models' answers to one post, step by step.

    Args:
        bundle: the opened bundle.
        members: its models.
        post: the post.
        target: the label explained, or None for the student's most probable one.
        cancel: ends a step with ``Cancelled`` once it is set.
        neutral: gives what the teachers say of neutral inputs, the second stand-in for an absent
            one; asked when the first answers are there.

    Attributes:
        on_share: told the share of the step under way that is done, by steps that can tell it.
    """

    def __init__(
        self,
        bundle: Bundle,
        members: Members,
        post: Post,
        target: str | None = None,
        cancel: threading.Event | None = None,
        neutral: Callable[[], NeutralOutputs] | None = None,
    ) -> None:
        self._bundle, self._members, self._post = bundle, members, post
        self._neutral = neutral
        self._target, self._cancel = target, cancel
        self._recording = post.recording
        self._sound: EncodedSound | None = None
        self._familiarity: Familiarity | None = None
        self._sound_familiarity: Familiarity | None = None
        self._read_by_student: ReadByStudent | None = None
        self._sound_findings: list[Finding] = []
        self._voice: VoiceMeasures | None = None
        self._match_findings: list[Finding] = []
        self._matched = False
        self._read: dict[str, Read | None] = dict.fromkeys(("text", "audio", "emotion", "student"))
        self._predictions: dict[str, Prediction | None] = dict.fromkeys(MODELS)
        self._family: npt.NDArray[np.float64] | None = None
        self._attributions = Attributions()
        self._timing_ms: dict[str, float] = {}
        self.on_share: Callable[[float], None] | None = None

    @property
    def student(self) -> Prediction | None:
        """The student's prediction, once it is there."""
        return self._predictions["student"]

    @property
    def audio(self) -> Prediction | None:
        """The audio teacher's prediction; None before it is there and where nothing is heard."""
        return self._predictions["audio"]

    def progress(
        self, stage: str, fraction: float, partial: Analysis | None, share: float | None = None
    ) -> Progress:
        """What is known as ``stage`` begins, or when ``share`` of it is done."""
        told = (self.student, self._familiarity, self._recording)
        return Progress(stage, fraction, partial, *told, share)

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
        if self._sound is None:
            return
        member, region = self._members.audio, self._members.sound_region
        pooled = pool_sound(member, self._sound, self._cancel)
        self._note_answer("audio", answer_pooled(member, pooled))
        if region is not None:
            self._sound_familiarity = measure_sound_familiarity(region, member, pooled)

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
        """Compares what a recording says with the text, where a transcriber is there.

        It also tells when each word is spoken, so that the sound is explained word by word.
        """
        self._listen()
        recording = self._recording
        if recording is None or self._sound is None:
            return
        self._matched = True
        start = recording.samples[: int(MATCHED_S * recording.rate_hz)]
        try:
            heard = write_down(replace(recording, samples=start), self._cancel, timed=True)
        except TranscriberError as fault:
            self._match_findings = [Finding("text_not_compared", fault.public_message)]
            return
        self._match_findings = find_text_differs(self._post.text, heard.text)
        if heard.words and not recording.words:
            self._recording = replace(recording, words=heard.words)

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

    def _listen(self) -> None:
        if self._recording is None or self._sound is not None:
            return
        findings = judge_recording(self._recording)
        self._sound_findings = list(findings)
        if not is_audible(findings):
            reason = "nothing in the recording can be used, as told above"
            self._sound_findings.append(find_audio_left_out(reason))
            return
        if self._members.sound_region is None:
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
