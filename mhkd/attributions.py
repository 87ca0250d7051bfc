"""What an answer rests on, as frozen records: words, emotions, sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from mhkd.attribution_checks import Fidelity, OtherBaseline, WordTrust
from mhkd.limits import FEW_OCCLUDED, FEW_WORDS


@dataclass(frozen=True)
class WordScore:
    """A word of the post, ``text[start:end]``, and its signed share of the logit."""

    text: str
    start: int
    end: int
    score: float


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
        fidelity: null where it was not asked for.
        masked: what ``trust.second_method`` says of the same post: how far the logit falls when
            each word, or each sentence, is masked. Empty where it was not asked.
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
    fidelity: Fidelity | None = None
    masked: tuple[WordScore, ...] = ()


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
        alone: all of them were removed one at a time, too, so that a single one that changes the
            answer is found wherever there is one; False for over 60 sentences.
    """

    unit: Literal["word", "sentence"]
    removed: tuple[WordScore, ...]
    label_before: str
    label_after: str | None
    probability_before: float
    probability_after: float | None
    tried: int
    texts_read: int
    alone: bool = False


@dataclass(frozen=True)
class EmotionAttribution:
    """Integrated gradients on the emotion embeddings, per word and per emotion.

    ``emotions`` shares each lexicon word's score out over the emotions it
    carries; ``unlisted`` is what falls on words outside the lexicon, so
    that all of them add up to the sum of the words. ``trust`` is null where it was not checked,
    ``fidelity`` where it was not asked for.
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
    trust: WordTrust | None = None
    fidelity: Fidelity | None = None


@dataclass(frozen=True)
class SegmentScore:
    """A stretch of sound and how much the logit falls when it is silenced.

    ``text`` holds the words spoken in it; null where that is not known.
    """

    start_s: float
    end_s: float
    score: float
    text: str | None = None


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
class SoundGradients:
    """Integrated gradients on the log-mel picture, summed over the same stretches.

    Attributes:
        segments: scores that, with what falls on padding, add up to the change of the logit.
        padding_share: share of the scores' absolute sum that falls on the padding.
        rank_correlation: Spearman's, with the occlusion; null where one does not vary.
        relative_gap, converged, steps: as of words.
        comprehensiveness, sufficiency: of their order, by noise; null for few stretches.
    """

    method: str
    baseline: str
    segments: tuple[SegmentScore, ...]
    padding_share: float
    rank_correlation: float | None
    relative_gap: float
    converged: bool
    steps: int
    comprehensiveness: float | None = None
    sufficiency: float | None = None


@dataclass(frozen=True)
class SoundChecks:
    """What stands beside the occlusion with silence.

    Attributes:
        noise: the same stretches filled with white noise as loud as the recording.
        rank_correlation: Spearman's, of both fills; null where one does not vary.
        bands: each band of frequencies taken out.
        probability: calibrated, of the label explained, for the recording as it is.
        changes: pitch, tempo and loudness changed.
        trust: how the order of silence fares with noise in its place; null for few stretches.
        gradients: the second opinion; null where it was not asked for.
    """

    noise: tuple[SegmentScore, ...]
    rank_correlation: float | None
    bands: tuple[BandScore, ...]
    probability: float
    changes: tuple[SoundChange, ...]
    trust: WordTrust | None = None
    gradients: SoundGradients | None = None


@dataclass(frozen=True)
class SoundAttribution:
    """Occlusion of spoken words, or of time segments, filled with silence.

    Attributes:
        padding_score: change of the logit when the padding is filled with noise.
        segment_s: nominal length of a segment.
        checks: null where they were not made.
        fidelity: null where it was not asked for.
    """

    target: str
    method: str
    fill: str
    segments: tuple[SegmentScore, ...]
    segment_s: float
    padding_score: float
    output: float
    checks: SoundChecks | None = None
    fidelity: Fidelity | None = None


Attribution = WordAttribution | EmotionAttribution | SoundAttribution
ATTRIBUTIONS: Final[Mapping[str, type[Attribution]]] = {
    "student": WordAttribution,
    "text": WordAttribution,
    "emotion": EmotionAttribution,
    "audio": SoundAttribution,
}


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


def is_occlusion(found: Attribution) -> bool:
    """Whether each score is the fall of the logit without one part, and not of gradients."""
    return isinstance(found, SoundAttribution) or (
        isinstance(found, WordAttribution) and found.fallback
    )


def has_enough_parts(found: Attribution) -> bool:
    """Whether an explanation can be tested by taking random fifths of its parts away."""
    parts = found.segments if isinstance(found, SoundAttribution) else found.words
    return len(parts) >= (FEW_OCCLUDED if is_occlusion(found) else FEW_WORDS)
