"""The numbers of each figure of a case, as rows for CSV. Pure; no word of the post is in them."""

from __future__ import annotations

from app.batch_numbers import Numbers
from app.wording import MODEL_NAMES, Answer
from mhkd.analysis import (
    MODELS,
    Analysis,
    EmotionAttribution,
    SoundAttribution,
    SoundPicture,
    TeacherContributions,
)


def list_frequency(answer: Answer) -> Numbers:
    """The probability that the dots show."""
    row = (answer.label, answer.probability, answer.of_hundred)
    return Numbers(("label", "calibrated probability", "of 100 posts"), [row])


def list_models(analysis: Analysis) -> Numbers:
    """Model → probability of every label, and the divergence from the student."""
    rows = []
    for model in MODELS:
        prediction = analysis.predictions.get(model)
        told = [
            None if prediction is None else prediction.probabilities[n] for n in analysis.labels
        ]
        rows.append((MODEL_NAMES[model], *told, analysis.divergence_bits.get(model)))
    header = ("model", *(f"P({name})" for name in analysis.labels), "divergence, bits")
    return Numbers(header, rows)


def list_contributions(found: TeacherContributions) -> Numbers:
    """From the value of no teacher to the value of all."""
    rows: list[tuple[str, float | None]] = [("no teacher", found.empty)]
    rows += [(MODEL_NAMES[name], value) for name, value in found.shapley.items()]
    rows += [("all teachers", found.full), ("residual", found.residual)]
    return Numbers(("step", f"probability of {found.target}"), rows)


def list_emotions(found: EmotionAttribution) -> Numbers:
    """Emotion → share of the logit."""
    rows = [*found.emotions.items(), ("unlisted words", found.unlisted)]
    return Numbers(("emotion", f"share of the logit of {found.target}"), rows)


def list_sound(picture: SoundPicture, found: SoundAttribution | None) -> Numbers:
    """Column of the picture → envelope, score of its stretch, and level of each band."""
    header = ("seconds", "wave low", "wave high", "score of the stretch")
    bands = (f"{hz:.0f} Hz, dB" for hz in picture.bands_hz)
    rows = [
        (
            round(at, 4),
            round(picture.low[column], 4),
            round(picture.high[column], 4),
            _score_at(found, at),
            *(round(level[column], 1) for level in picture.level_db),
        )
        for column, at in enumerate(picture.times_s)
    ]
    return Numbers((*header, *bands), rows)


def list_stretches(found: SoundAttribution) -> Numbers:
    """Stretch of sound → how far the logit falls when it is silenced."""
    rows = [(part.start_s, part.end_s, part.score) for part in found.segments]
    return Numbers(("from, s", "to, s", f"fall of the logit of {found.target}"), rows)


def _score_at(found: SoundAttribution | None, at_s: float) -> float | None:
    parts = () if found is None else found.segments
    return next((part.score for part in parts if part.start_s <= at_s < part.end_s), None)
