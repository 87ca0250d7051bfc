"""What comes out: everything the system says about one post, as frozen records.

``Analysis.to_json`` is the one serial form: the command line, the page and the
batch all use it. What is absent is null, never missing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mhkd.attribution_checks import Fidelity, OtherBaseline, TrustThresholds, WordTrust
from mhkd.attributions import (
    ATTRIBUTIONS,
    Attribution,
    Attributions,
    BandScore,
    Counterfactual,
    EmotionAttribution,
    SegmentScore,
    SoundAttribution,
    SoundChange,
    SoundChecks,
    SoundGradients,
    WordAttribution,
    WordScore,
    has_enough_parts,
    is_occlusion,
)
from mhkd.contributions import (
    NeutralContributions,
    StudentContributions,
    TeacherContributions,
    TeacherInteractions,
    TeacherPair,
)
from mhkd.post import Recording
from mhkd.voices import VoiceAnswer, VoiceComparison, VoiceSpread

__all__ = [
    "ATTRIBUTIONS",
    "Analysis",
    "Attribution",
    "Attributions",
    "AudioOrigin",
    "BandScore",
    "BundleReference",
    "Counterfactual",
    "EmotionAttribution",
    "Familiarity",
    "Fidelity",
    "Finding",
    "FindingEffect",
    "Given",
    "Heard",
    "MODELS",
    "MeasureQuality",
    "NeutralContributions",
    "OtherBaseline",
    "Prediction",
    "PredictionSet",
    "Progress",
    "Read",
    "SCHEMA_VERSION",
    "SegmentScore",
    "SoundAttribution",
    "SoundChange",
    "SoundChecks",
    "SoundGradients",
    "SoundPicture",
    "StudentContributions",
    "TEACHERS",
    "TeacherContributions",
    "TeacherInteractions",
    "TeacherPair",
    "TrustThresholds",
    "VoiceAnswer",
    "VoiceComparison",
    "VoiceMeasure",
    "VoiceMeasures",
    "VoiceSpread",
    "WordAttribution",
    "WordScore",
    "WordTrust",
    "has_enough_parts",
    "is_occlusion",
]

SCHEMA_VERSION = "1.1"
TEACHERS = ("text", "audio", "emotion")
MODELS = (*TEACHERS, "teachers", "student")

FindingEffect = Literal["told", "audio_left_out", "abstains"]
MeasureQuality = Literal["good", "uncertain", "unusable"]
AudioOrigin = Literal["recorded", "synthesised", "none"]


@dataclass(frozen=True)
class BundleReference:
    """The bundle that answered; ``sha256`` is the hash of its manifest."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True)
class Heard:
    """The sound of a post, and what the audio teacher heard of it.

    Attributes:
        origin: ``recorded``, ``synthesised`` or ``none``.
        seconds: length of the sound.
        seconds_heard: length that reached the audio teacher (0 if it was left out).
        padding_s: silence added to fill the last window.
    """

    origin: AudioOrigin
    seconds: float
    seconds_heard: float
    padding_s: float


@dataclass(frozen=True)
class Given:
    """The size of what went in. The post itself is not repeated."""

    characters: int
    audio: Heard


@dataclass(frozen=True)
class Read:
    """Tokens (text models: sub-words, emotion: words) that reached a model."""

    tokens_total: int
    tokens_read: int


@dataclass(frozen=True)
class Finding:
    """Something about the input that bears on the answer.

    ``code`` is stable: not_english, too_few_words, short, repetitive, truncated, unfamiliar,
    incomplete, no_speech, no_voice, too_short, little_speech, mostly_pause, clipped, noisy,
    unlike_training_voices, text_differs, recording_of_other_text (in place of the former),
    text_not_compared, teachers_disagree, audio_left_out.

    Attributes:
        effect: ``told``: the answer stands; ``audio_left_out``: the audio teacher has nothing
            to judge; ``abstains``: below the quality at which an answer is given at all. The
            numbers are there all the same, as the forced choice that they are.
    """

    code: str
    message: str
    effect: FindingEffect = "told"


@dataclass(frozen=True)
class VoiceMeasure:
    """One acoustic measure.

    Attributes:
        value: null where it is unusable.
        quality: ``good``, ``uncertain`` or ``unusable``: of the measurement, not of the voice.
        reason: why it is not good.
    """

    value: float | None
    unit: str
    quality: MeasureQuality
    reason: str | None


@dataclass(frozen=True)
class VoiceMeasures:
    """Acoustic measures of a recorded voice.

    Attributes:
        measured_s: seconds measured, from the beginning. voiced_s: those with a pitch.
        measures: f0_mean, f0_low and f0_high (5th and 95th percentile), f0_range, intensity,
            jitter, shimmer (both local), hnr, speech_share, pause_share, articulation_rate.
    """

    measured_s: float
    voiced_s: float
    method: str
    measures: Mapping[str, VoiceMeasure]


@dataclass(frozen=True)
class Prediction:
    """Calibrated probabilities and the logits they come from, by label.

    ``logits`` is null for the teachers' mean, which is a mean of probabilities.
    """

    probabilities: Mapping[str, float]
    logits: Mapping[str, float] | None


@dataclass(frozen=True)
class Familiarity:
    """How near a post, or its sound, lies to those that the models learned from.

    Attributes:
        distance: of a post, cosine distance from the centre of the training posts, of sentence
            embeddings by the student's backbone as it was before training; 0 to 2.
        threshold: above it the post is outside what the model knows; the share
            of validation posts that lie above it stands in the bundle.
        outside: ``distance > threshold``.
    """

    distance: float
    threshold: float
    outside: bool


@dataclass(frozen=True)
class PredictionSet:
    """The labels that the student cannot tell apart at a stated coverage.

    Attributes:
        labels: at least the most probable one.
        coverage: share of posts like those it was calibrated on whose set holds their label.
        n: held-out posts that it was calibrated on.
    """

    labels: tuple[str, ...]
    coverage: float
    n: int


@dataclass(frozen=True)
class Analysis:
    """Everything that is said about one post.

    Attributes:
        read: model → tokens read; null for a model that did not run.
        predictions: model → prediction, for ``MODELS``; null for a teacher left out.
        divergence_bits: teacher or ``teachers`` → Jensen–Shannon divergence from the student.
        student_contributions: null where the bundle has no students of all subsets.
        timing_ms: stage → wall time.
        prediction_set: the student's; null where the bundle does not carry what it needs.
        ordered: the labels are steps of a scale, lowest first.
        voice: of a recorded voice; null for a synthesised one, for none, and where the extra
            that measures it is not installed.
        voices: the post in several voices; null where it was not asked for.
        sound_familiarity: how near its sound lies to the training voices, Mahalanobis distance
            of what the audio teacher's head reads; null where it was not measured.
    """

    bundle: BundleReference
    labels: tuple[str, ...]
    given: Given
    read: Mapping[str, Read | None]
    quality: tuple[Finding, ...]
    predictions: Mapping[str, Prediction | None]
    divergence_bits: Mapping[str, float | None]
    familiarity: Familiarity | None
    teacher_contributions: TeacherContributions | None
    attributions: Attributions
    timing_ms: Mapping[str, float]
    versions: Mapping[str, str]
    prediction_set: PredictionSet | None = None
    ordered: bool = False
    student_contributions: StudentContributions | None = None
    voice: VoiceMeasures | None = None
    voices: VoiceComparison | None = None
    sound_familiarity: Familiarity | None = None

    @property
    def abstained(self) -> tuple[str, ...]:
        """Codes of the findings for which no answer is given; the numbers are a forced choice."""
        return tuple(finding.code for finding in self.quality if finding.effect == "abstains")

    def to_json(self) -> dict[str, Any]:
        """The analysis as plain values, ready for ``json.dumps``."""
        plain = dataclasses.asdict(self)
        given = plain.pop("given")
        contributions = {
            "teachers": plain.pop("teacher_contributions"),
            "student": plain.pop("student_contributions"),
        }
        return {
            "schema_version": SCHEMA_VERSION,
            "bundle": plain.pop("bundle"),
            "labels": list(plain.pop("labels")),
            "input": given,
            "abstained": list(self.abstained),
            **plain,
            "contributions": contributions,
        }


@dataclass(frozen=True)
class SoundPicture:
    """A recording as it can be drawn.

    Attributes:
        times_s: shape (columns,), left edge of each column.
        bands_hz: shape (rows,), centre of each mel band.
        level_db: shape (rows, columns), relative to the loudest cell.
        low, high: shape (columns,), envelope of the waveform in [-1, 1].
    """

    times_s: tuple[float, ...]
    bands_hz: tuple[float, ...]
    level_db: tuple[tuple[float, ...], ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Progress:
    """A stage of an analysis that has just begun, goes on or ended.

    Attributes:
        stage: speaking, student, text, audio, emotion, explaining student, …
        fraction: share of all stages that are done, 0 to 1.
        partial: the analysis so far, once all predictions are there.
        student: the student's prediction, which is there before the teachers'.
        familiarity: how near the post lies to the training posts, told with it.
        recording: the sound of the post, once it is spoken.
        share: share of this stage that is done, 0 to 1; None where it begins or can't tell.
    """

    stage: str
    fraction: float
    partial: Analysis | None = None
    student: Prediction | None = None
    familiarity: Familiarity | None = None
    recording: Recording | None = None
    share: float | None = None
