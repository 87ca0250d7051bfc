"""What comes out: everything the system says about one post, as frozen records.

``Analysis.to_json`` is the one serial form: the command line, the page and the
batch all use it. What is absent is null, never missing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mhkd.post import Recording

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
    unlike_training_voices, text_differs, text_not_compared, teachers_disagree, audio_left_out.

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
    """How near the post lies to the posts the student learned from.

    Attributes:
        distance: Mahalanobis distance from the training posts, in the features
            of the student's frozen lower layers.
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
class NeutralContributions:
    """The same contributions, an absent teacher replaced by what it says of a neutral input.

    Attributes:
        outputs: teacher → probability of the label for a neutral input: a text without a
            word, ten seconds of silence, no emotion word.
    """

    outputs: Mapping[str, float]
    empty: float
    shapley: Mapping[str, float | None]
    residual: float


@dataclass(frozen=True)
class TeacherPair:
    """Two teachers and their Shapley interaction index, in log-odds."""

    first: str
    second: str
    interaction: float


@dataclass(frozen=True)
class TeacherInteractions:
    """How the teachers work together: the value of a set is the log-odds of its probability.

    On probabilities the mean is additive and no pair interacts; on log-odds it does.

    Attributes:
        empty, full: log-odds with no teacher and with all.
        shapley: teacher → Shapley value.
        alone: teacher → what it adds to no teacher (add-one-in).
        last: teacher → what is lost without it (leave-one-out).
        residual: ``|sum(shapley) − (full − empty)|``.
        pairs: every pair of teachers present.
    """

    empty: float
    full: float
    shapley: Mapping[str, float | None]
    alone: Mapping[str, float | None]
    last: Mapping[str, float | None]
    residual: float
    pairs: tuple[TeacherPair, ...]


@dataclass(frozen=True)
class TeacherContributions:
    """Exact Shapley values of the teachers under their mean, in probability.

    Players are the teachers whose input is present; an absent player is null.
    The value of a set of teachers is the probability of ``target`` under the
    mean over all players, with each teacher outside the set replaced by its
    mean output on training posts.

    Attributes:
        target: the label explained.
        empty: value of no teacher. full: value of all, the teachers' probability.
        shapley: teacher → signed points of probability.
        residual: ``|sum(shapley) − (full − empty)|``.
        rule: the rule above, in words.
        neutral: the same against neutral inputs; null where they were not asked.
        interactions: the same sets on log-odds.
    """

    target: str
    empty: float
    full: float
    shapley: Mapping[str, float | None]
    residual: float
    rule: str
    neutral: NeutralContributions | None = None
    interactions: TeacherInteractions | None = None


@dataclass(frozen=True)
class StudentContributions:
    """What the student learned from each teacher: exact Shapley values over eight students.

    The value of a set of teachers is the probability of ``target`` by the student that was
    distilled from that set. The student reads text alone; this is about its training.

    Attributes:
        target: the label explained.
        empty: value of the student without teachers. full: of the shipped student.
        shapley: teacher → signed points of probability, of the shipped seed.
        sd: teacher → standard deviation of its value over the seeds; null with one seed.
        seeds: seeds of which all eight students are there.
        residual: ``|sum(shapley) − (full − empty)|``.
        rule: the rule above, in words.
    """

    target: str
    empty: float
    full: float
    shapley: Mapping[str, float]
    sd: Mapping[str, float | None]
    seeds: int
    residual: float
    rule: str


@dataclass(frozen=True)
class WordScore:
    """A word of the post, ``text[start:end]``, and its signed share of the logit."""

    text: str
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class TrustThresholds:
    """What separates an explanation that holds from one to be read with care.

    Attributes:
        min_advantage: lead of comprehensiveness over the mean random order that only 5 %
            of random orders reach.
        min_rank_correlation: of two methods; reached by 90 % of held-out posts.
        posts: held-out posts that both come from; 0 where the bundle carries none.
    """

    min_advantage: float
    min_rank_correlation: float
    posts: int


@dataclass(frozen=True)
class WordTrust:
    """How an explanation of words fares when words are taken away.

    Attributes:
        unit: what was taken away, ``word`` or ``sentence``.
        comprehensiveness: mean fall of the logit explained without the strongest 1, 5,
            10, 20 and 50 %; the larger, the better.
        sufficiency: the same with nothing but them; the smaller, the better.
        random_comprehensiveness, random_sufficiency: the same in random orders.
        second_method: the other method; null where the first is not gradients.
        rank_correlation: Spearman's, of both methods.
        overlap: share of the strongest fifth that both have in common.
        mark: ``holds``, ``caution`` or ``fails``.
        reasons: no_better_than_random, little_better_than_random,
            strongest_do_not_suffice, methods_disagree, not_converged.
        random_orders: comprehensiveness of each random order.
        thresholds: what the mark was set by.
    """

    unit: Literal["word", "sentence"]
    comprehensiveness: float
    random_comprehensiveness: float
    sufficiency: float
    random_sufficiency: float
    second_method: str | None
    rank_correlation: float | None
    overlap: float | None
    mark: Literal["holds", "caution", "fails"]
    reasons: tuple[str, ...]
    random_orders: tuple[float, ...] = ()
    thresholds: TrustThresholds | None = None


@dataclass(frozen=True)
class OtherBaseline:
    """The same gradients from another baseline, and how far the words' order hangs on it.

    Attributes:
        baseline: what stands for an absent word.
        relative_gap, converged, steps: as of the explanation itself.
        rank_correlation: Spearman's, of the words' scores from both; null where all are equal.
    """

    baseline: str
    relative_gap: float
    converged: bool
    steps: int
    rank_correlation: float | None


@dataclass(frozen=True)
class WordAttribution:
    """Integrated gradients on the input embeddings, summed to words.

    The function explained is the logit of ``target`` minus the mean of the other
    logits. Scores of all words and ``special_score`` add up to ``output − baseline_output``
    but for the gap.

    Attributes:
        relative_gap: ``|δ| / max(|F(x) − F(x₀)|, 0.1)``.
        converged: ``relative_gap`` is below 0.05, and the path is resolved.
        special_score: what falls on special tokens.
        steps: gradients that were computed.
        unit: what a score belongs to, ``word`` or ``sentence``.
        fallback: the gradients did not converge, so that each score is how far the logit falls
            when that word or sentence is replaced by the baseline; these do not add up.
            ``relative_gap`` and ``steps`` are those of the gradients.
        trust: null where it was not checked.
        other_baseline: null where it was not checked, or the scores are not gradients.
    """

    target: str
    method: str
    baseline: str
    words: tuple[WordScore, ...]
    relative_gap: float
    converged: bool
    special_score: float
    output: float
    baseline_output: float
    steps: int
    unit: Literal["word", "sentence"] = "word"
    fallback: bool = False
    trust: WordTrust | None = None
    other_baseline: OtherBaseline | None = None


@dataclass(frozen=True)
class Counterfactual:
    """A small set of words or sentences without which the student answers otherwise.

    Attributes:
        unit: ``word`` or ``sentence``.
        removed: in the order of the post, with their scores for the old answer; empty where
            removing up to ``tried`` of them changed nothing.
        label_before, label_after: the most probable label; null where nothing changed.
        probability_before, probability_after: of ``label_before``.
        tried: the largest number of words or sentences that was removed.
        texts_read: shortened posts that the student was asked about.
    """

    unit: Literal["word", "sentence"]
    removed: tuple[WordScore, ...]
    label_before: str
    label_after: str | None
    probability_before: float
    probability_after: float | None
    tried: int
    texts_read: int


@dataclass(frozen=True)
class EmotionAttribution:
    """Integrated gradients on the emotion embeddings, per word and per emotion.

    ``emotions`` shares each lexicon word's score out over the emotions it
    carries; ``unlisted`` is what falls on words outside the lexicon, so
    that all of them add up to the sum of the words.
    """

    target: str
    method: str
    baseline: str
    words: tuple[WordScore, ...]
    emotions: Mapping[str, float]
    unlisted: float
    word_emotions: Mapping[str, tuple[str, ...]]
    relative_gap: float
    converged: bool
    output: float
    baseline_output: float
    steps: int


@dataclass(frozen=True)
class SegmentScore:
    """A stretch of sound and how much the logit falls when it is silenced."""

    start_s: float
    end_s: float
    score: float


@dataclass(frozen=True)
class BandScore:
    """A band of frequencies and how much the logit falls without it."""

    band: str
    low_hz: float
    high_hz: float
    score: float


@dataclass(frozen=True)
class SoundChange:
    """The recording said otherwise, its words kept: how the logit and the probability move."""

    change: str
    logit_change: float
    probability: float


@dataclass(frozen=True)
class SoundChecks:
    """What stands beside the occlusion with silence.

    Attributes:
        noise: the same stretches filled with white noise as loud as the recording.
        rank_correlation: Spearman's, of both fills; null where one does not vary.
        bands: each band of frequencies taken out.
        probability: calibrated, of the label explained, for the recording as it is.
        changes: pitch, tempo and loudness changed.
        comprehensiveness, random_comprehensiveness: as of words, for stretches; null for few.
    """

    noise: tuple[SegmentScore, ...]
    rank_correlation: float | None
    bands: tuple[BandScore, ...]
    probability: float
    changes: tuple[SoundChange, ...]
    comprehensiveness: float | None
    random_comprehensiveness: float | None


@dataclass(frozen=True)
class SoundAttribution:
    """Occlusion of time segments, filled with silence.

    Attributes:
        padding_score: change of the logit when the padding is filled with noise.
        segment_s: nominal length of a segment.
        checks: null where they were not made.
    """

    target: str
    method: str
    fill: str
    segments: tuple[SegmentScore, ...]
    segment_s: float
    padding_score: float
    output: float
    checks: SoundChecks | None = None


@dataclass(frozen=True)
class Attributions:
    """One explanation for each prediction; null where it was not asked for.

    ``counterfactual`` is the student's.
    """

    student: WordAttribution | None = None
    text: WordAttribution | None = None
    emotion: EmotionAttribution | None = None
    audio: SoundAttribution | None = None
    counterfactual: Counterfactual | None = None


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
    """A stage of an analysis that has just begun or ended.

    Attributes:
        stage: speaking, student, text, audio, emotion, explaining student, …
        fraction: share of all stages that are done, 0 to 1.
        partial: the analysis so far, once all predictions are there.
        student: the student's prediction, which is there before the teachers'.
        familiarity: how near the post lies to the training posts, told with it.
        recording: the sound of the post, once it is spoken.
    """

    stage: str
    fraction: float
    partial: Analysis | None = None
    student: Prediction | None = None
    familiarity: Familiarity | None = None
    recording: Recording | None = None
