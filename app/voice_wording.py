"""Acoustic measures → plain words. Pure."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Final

from mhkd.analysis import Analysis, VoiceMeasure, VoiceMeasures

NO_NORMS: Final = (
    "Values of one recording, without norms for sex, age, language or device: none is marked high "
    "or low, and none says how a person is."
)
_TOLD: Final[Mapping[str, tuple[str, str, int]]] = {
    "f0_mean": ("Pitch, mean", "how high the voice is on average", 0),
    "f0_low": ("Pitch, 5th percentile", "the lowest it goes, outliers apart", 0),
    "f0_high": ("Pitch, 95th percentile", "the highest it goes, outliers apart", 0),
    "f0_range": ("Pitch range", "between those two; small in monotonous speech", 1),
    "intensity": ("Intensity", "mean level of what is not pause", 1),
    "jitter": ("Jitter, local", "difference of one cycle’s length from the next", 2),
    "shimmer": ("Shimmer, local", "difference of one cycle’s size from the next", 2),
    "hnr": ("Harmonics-to-noise ratio", "tone against breath and noise", 1),
    "speech_share": ("Speech", "share of the time that is not pause", 0),
    "pause_share": ("Pauses", "share of the time in pauses from 0.25 s on", 0),
    "articulation_rate": ("Articulation rate", "syllables, without the pauses", 1),
}
_QUALITY: Final = {"good": "good", "uncertain": "uncertain", "unusable": "not usable"}


def say_hidden(analysis: Analysis) -> str | None:
    """Why a sound has no measures; None where there is no sound, or where it has them."""
    origin = analysis.given.audio.origin
    if origin == "synthesised":
        return (
            "The sound was made by a synthesiser. Its pitch, pauses and tempo are the "
            "synthesiser’s and say nothing about anyone, so they are not shown."
        )
    if origin == "none" or analysis.voice is not None:
        return None
    if importlib.util.find_spec("parselmouth") is None:
        return (
            "Pitch, pauses and the like are measured by Praat, which is under the GPL and "
            "therefore not part of the installation. In a checkout, "
            "pip install -c constraints.txt -e '.[voice]' adds it; then start the app again."
        )
    return "The recording is too short, too quiet or incomplete, so its voice was not measured."


def list_measures(voice: VoiceMeasures) -> list[tuple[str, str, str, str]]:
    """A row for each measure: name, value with unit, quality with its reason, meaning."""
    return [
        (name, _tell(measure, digits), _judge(measure), meaning)
        for key, (name, meaning, digits) in _TOLD.items()
        if (measure := voice.measures.get(key)) is not None
    ]


def say_measured(voice: VoiceMeasures) -> str:
    """What was measured, and by what."""
    return (
        f"Measured: the first {voice.measured_s:.1f} s, of which {voice.voiced_s:.1f} s have a "
        f"pitch. {voice.method}. Jitter and shimmer are defined for a held vowel."
    )


def _tell(measure: VoiceMeasure, digits: int) -> str:
    if measure.value is None:
        return "–"
    told = f"{measure.value:.{digits}f}".replace("-", "−")
    unit = {"syllables per second of speech": "per second"}.get(measure.unit, measure.unit)
    return f"{told} {unit}"


def _judge(measure: VoiceMeasure) -> str:
    quality = _QUALITY[measure.quality]
    return quality if measure.reason is None else f"{quality}: {measure.reason}"
