"""One post on its way through a bundle: answered, explained, and put together."""

from __future__ import annotations

import platform
from dataclasses import replace
from importlib.metadata import version
from typing import Any

from mhkd.analysis import (
    TEACHERS,
    Analysis,
    Attribution,
    BundleReference,
    EmotionAttribution,
    Fidelity,
    Finding,
    Given,
    Prediction,
    PredictionSet,
    SoundAttribution,
    StudentContributions,
    TeacherContributions,
    TrustThresholds,
    WordAttribution,
)
from mhkd.answers import SoundAnswer, tell_text_differs
from mhkd.conformal import find_prediction_set
from mhkd.explain.counterfactual import find_counterfactual
from mhkd.explain.emotions import check_emotions, explain_emotions, measure_emotions
from mhkd.explain.sound import explain_sound, measure_sound
from mhkd.explain.sound_checks import check_sound
from mhkd.explain.students import contribute_student, whole_seeds
from mhkd.explain.teachers import contribute, divergence_bits, mean_of_teachers
from mhkd.explain.trust import USUAL
from mhkd.explain.words import check_words, explain_words, measure_words
from mhkd.findings import (
    find_disagreement,
    find_other_text,
    find_truncated,
    find_unfamiliar,
    find_unlike_voice,
)
from mhkd.post_answers import PostAnswers
from mhkd.text.quality import judge_text


class PostRun(PostAnswers):
    """The answers to one post and what they rest on; see ``PostAnswers`` for how it is made."""

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
        """Adds what stands beside an explanation that is there."""
        found: Attribution | None = getattr(self._attributions, model)
        labels = self._bundle.manifest.labels
        if isinstance(found, WordAttribution):
            member = self._members.student if model == "student" else self._members.text
            found = check_words(
                member,
                self._post.text,
                labels,
                found,
                thresholds=self._thresholds(model),
                cancel=self._cancel,
            )
        elif isinstance(found, EmotionAttribution):
            found = check_emotions(
                self._members.emotion, self._post.text, labels, found, self._thresholds(model)
            )
        elif isinstance(found, SoundAttribution):
            found = check_sound(
                self._members.audio,
                self._samples(),
                labels,
                found,
                thresholds=self._thresholds(model),
                on_share=self.on_share,
                cancel=self._cancel,
            )
        changed: dict[str, Any] = {model: found}
        self._attributions = replace(self._attributions, **changed)
        return found

    def measure_fidelity(self, model: str, found: Attribution) -> Fidelity:
        """Infidelity of an explanation of one model, and sensitivity where it is of gradients."""
        members, labels, text = self._members, self._bundle.manifest.labels, self._post.text
        if isinstance(found, SoundAttribution):
            return measure_sound(members.audio, self._samples(), labels, found, cancel=self._cancel)
        if isinstance(found, EmotionAttribution):
            return measure_emotions(members.emotion, text, labels, found, cancel=self._cancel)
        member = members.student if model == "student" else members.text
        return measure_words(member, text, labels, found, cancel=self._cancel)

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

    def answer_sound(self, *, compare: bool = False) -> SoundAnswer:
        """The audio teacher's answer alone, and what bears on it.

        Args:
            compare: the recording with the text, see ``match_recording``.
        """
        self.answer_audio()
        if compare:
            self.match_recording()
        found = None if self.audio is None else self.audio.probabilities
        findings = (*self._find_in_sound(), *self._find_other_text())
        differs = tell_text_differs(findings, compared=self._matched)
        return SoundAnswer(found, self._heard(), findings, differs)

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
                *self._find_in_sound(),
                *self._find_other_text(),
                *find_disagreement(predictions),
            ),
            predictions=predictions,
            divergence_bits={
                name: _divergence(predictions[name], student) for name in (*TEACHERS, "teachers")
            },
            familiarity=self._familiarity,
            sound_familiarity=self._sound_familiarity,
            teacher_contributions=self._contributions(),
            student_contributions=self._student_contributions(),
            attributions=self._attributions,
            timing_ms={**self._timing_ms, "total": sum(self._timing_ms.values())},
            versions=_versions(),
            prediction_set=self._prediction_set(),
            ordered=manifest.ordered,
            voice=self._voice,
        )

    def _find_in_sound(self) -> list[Finding]:
        voices = self._bundle.manifest.training_voices
        unlike = find_unlike_voice(self._sound_familiarity, self._heard().origin, voices)
        return [*self._sound_findings, *unlike]

    def _find_other_text(self) -> list[Finding]:
        known = self._post.recording_of_other_text and self._post.recording is not None
        return find_other_text(self._match_findings, known=known and self.audio is not None)

    def _thresholds(self, model: str) -> TrustThresholds:
        report = self._bundle.explanation_report or {}
        found = report.get("models", {}).get(model, {}).get("thresholds")
        return TrustThresholds(**found) if found else USUAL

    def _explain_audio(self, target: str) -> SoundAttribution | None:
        self._listen()
        if self._sound is None:
            return None
        return explain_sound(
            self._members.audio,
            self._samples(),
            self._bundle.manifest.labels,
            target,
            words=() if self._recording is None else self._recording.words,
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
        neutral = None if self._neutral is None else self._neutral()
        return contribute(
            {
                name: None if (p := self._predictions[name]) is None else p.probabilities[target]
                for name in TEACHERS
            },
            {name: self._bundle.manifest.mean_outputs[name][target] for name in TEACHERS},
            target,
            None if neutral is None else {name: neutral[name][target] for name in TEACHERS},
        )

    def _prediction_set(self) -> PredictionSet | None:
        manifest, student = self._bundle.manifest, self.student
        return None if student is None else find_prediction_set(student, manifest)

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


def _divergence(first: Prediction | None, second: Prediction | None) -> float | None:
    if first is None or second is None:
        return None
    return divergence_bits(list(first.probabilities.values()), list(second.probabilities.values()))


def _versions() -> dict[str, str]:
    from mhkd import __version__

    packages = {name: version(name) for name in ("torch", "transformers", "captum")}
    return {"mhkd": __version__, **packages, "python": platform.python_version()}
