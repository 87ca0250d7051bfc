"""Acoustic measures of a recorded voice, by Praat through praat-parselmouth.

praat-parselmouth is under the GPL, so it is an extra (``voice``), is imported here alone
and never needed. The measures describe a sound. They have no norms here for sex, age or device,
and say nothing about a person. Sources: Praat's own definitions; De Looze & Hirst 2008 for the
range of pitch that is searched; de Jong & Wempe 2009 for syllables.
"""

from __future__ import annotations

import importlib.util
import warnings
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mhkd import limits
from mhkd.analysis import MeasureQuality, VoiceMeasure, VoiceMeasures
from mhkd.audio.voicing import Voicing, measure_voicing
from mhkd.post import Recording

Values = npt.NDArray[np.float64]

_SEARCHED_HZ: Final = (60.0, 600.0)
_STEP_S: Final = 0.01
_FULL_SCALE_DB: Final = 20 * np.log10(1 / 2e-5)  # Praat's dB of an RMS of 1
_PAUSE_DB: Final = -25.0  # below the loudest
_MIN_PAUSE_S: Final = 0.25
_MIN_SOUNDING_S: Final = 0.1
_DIP_DB: Final = 2.0  # between two syllables
_PERIODS: Final = (0, 0, 0.0001, 0.02, 1.3)  # Praat's own limits for jitter and shimmer
_MAX_AMPLITUDES: Final = 1.6
_SUSTAINED_S: Final = 2.0


@dataclass(frozen=True, eq=False)
class _Contours:
    """What Praat gives: pitch (0 where there is none), intensity and stretches of sound."""

    pitch_hz: Values
    pitch_times: Values
    level_db: Values
    level_times: Values
    sounding: tuple[tuple[float, float], ...]
    seconds: float

    @property
    def voiced(self) -> Values:
        """Pitch where there is one."""
        found: Values = self.pitch_hz[self.pitch_hz > 0]
        return found

    @property
    def voiced_s(self) -> float:
        """Seconds with a pitch."""
        return len(self.voiced) * _STEP_S

    @property
    def longest_voiced_s(self) -> float:
        """The longest stretch with a pitch throughout."""
        gaps = np.flatnonzero(np.concatenate(([0.0], self.pitch_hz, [0.0])) == 0)
        return float(np.diff(gaps).max() - 1) * _STEP_S if len(gaps) > 1 else 0.0

    @property
    def sounding_s(self) -> float:
        """Seconds that are not pause."""
        return sum(end - start for start, end in self.sounding)


def is_installed() -> bool:
    """praat-parselmouth is there."""
    return importlib.util.find_spec("parselmouth") is not None


def measure_voice(recording: Recording) -> VoiceMeasures | None:
    """Measures the first ``limits.VOICE_MEASURED_S`` seconds of a person's recording.

    Returns:
        The measures; None for a synthesised sound, for one too short to have a pitch, and where
        praat-parselmouth is not installed.
    """
    if recording.origin != "recorded" or not is_installed():
        return None
    if recording.duration_s < limits.MIN_VOICE_S:
        return None
    samples = recording.samples[: int(limits.VOICE_MEASURED_S * recording.rate_hz)]
    judged = replace(recording, samples=samples)
    import parselmouth

    # Praat warns of sounds without pauses, which is no fault
    warnings.filterwarnings("ignore", category=parselmouth.PraatWarning)
    sound = parselmouth.Sound(samples.astype(np.float64), recording.rate_hz)
    contours, pitch = _trace(sound, parselmouth.praat.call)
    voicing = measure_voicing(judged)
    clipped = bool((np.abs(samples) >= limits.CLIPPED_LEVEL).mean() > limits.MAX_CLIPPED_SHARE)
    measures = {
        **_measure_pitch(contours, voicing),
        **_measure_loudness(contours, clipped=clipped),
        **_measure_cycles(sound, pitch, contours, voicing, parselmouth.praat.call, clipped=clipped),
        **_measure_tempo(contours, voicing),
    }
    method = f"Praat {parselmouth.PRAAT_VERSION} by praat-parselmouth {parselmouth.VERSION}"
    return VoiceMeasures(judged.duration_s, contours.voiced_s, method, measures)


def _trace(sound: Any, call: Any) -> tuple[_Contours, Any]:
    """Pitch in the range that the voice itself has, intensity and pauses."""
    first = sound.to_pitch_ac(_STEP_S, _SEARCHED_HZ[0], pitch_ceiling=_SEARCHED_HZ[1])
    found = first.selected_array["frequency"]
    found = found[found > 0]
    low, high = _SEARCHED_HZ
    if len(found):
        lower, upper = np.quantile(found, (0.25, 0.75))
        low, high = max(0.75 * lower, low), min(1.5 * upper, high)
    pitch = sound.to_pitch_ac(_STEP_S, low, pitch_ceiling=high)
    intensity = sound.to_intensity(_SEARCHED_HZ[0], _STEP_S)
    pauses = call(
        *(sound, "To TextGrid (silences)", 100, 0, _PAUSE_DB, _MIN_PAUSE_S, _MIN_SOUNDING_S),
        *("pause", "sounding"),
    )
    contours = _Contours(
        pitch_hz=pitch.selected_array["frequency"],
        pitch_times=pitch.xs(),
        level_db=intensity.values[0] - _FULL_SCALE_DB,
        level_times=intensity.xs(),
        sounding=_list_sounding(pauses, call),
        seconds=float(sound.duration),
    )
    return contours, pitch


def _list_sounding(grid: Any, call: Any) -> tuple[tuple[float, float], ...]:
    return tuple(
        (
            call(grid, "Get start time of interval", 1, number),
            call(grid, "Get end time of interval", 1, number),
        )
        for number in range(1, call(grid, "Get number of intervals", 1) + 1)
        if call(grid, "Get label of interval", 1, number) == "sounding"
    )


def _measure_pitch(contours: _Contours, voicing: Voicing) -> dict[str, VoiceMeasure]:
    reason, good = _judge_voiced(contours, voicing)
    names = {"f0_mean": "Hz", "f0_low": "Hz", "f0_high": "Hz", "f0_range": "semitones"}
    if not good and contours.voiced_s < limits.MIN_VOICE_S:
        return {name: VoiceMeasure(None, unit, "unusable", reason) for name, unit in names.items()}
    low, high = np.quantile(contours.voiced, (0.05, 0.95))
    values = (contours.voiced.mean(), low, high, 12 * np.log2(high / low))
    return {
        name: VoiceMeasure(float(value), unit, "good" if good else "uncertain", reason)
        for (name, unit), value in zip(names.items(), values, strict=True)
    }


def _measure_loudness(contours: _Contours, *, clipped: bool) -> dict[str, VoiceMeasure]:
    inside = np.zeros(len(contours.level_times), bool)
    for start, end in contours.sounding:
        inside |= (contours.level_times >= start) & (contours.level_times <= end)
    unit = "dB of full scale"
    if not inside.any():
        return {"intensity": VoiceMeasure(None, unit, "unusable", "no sound above the pauses")}
    mean = 10 * np.log10(np.mean(10 ** (contours.level_db[inside] / 10)))
    reason = "the recording is clipped" if clipped else "depends on microphone and distance"
    return {"intensity": VoiceMeasure(float(mean), unit, "uncertain", reason)}


def _measure_cycles(
    sound: Any, pitch: Any, contours: _Contours, voicing: Voicing, call: Any, *, clipped: bool
) -> dict[str, VoiceMeasure]:
    """Jitter, shimmer and harmonics-to-noise ratio."""
    units = {"jitter": "%", "shimmer": "%", "hnr": "dB"}
    reason, good = _judge_voiced(contours, voicing)
    if contours.voiced_s < limits.MIN_VOICE_S:
        return {name: VoiceMeasure(None, unit, "unusable", reason) for name, unit in units.items()}
    floor = float(max(contours.voiced.min() * 0.9, _SEARCHED_HZ[0]))
    harmonicity = sound.to_harmonicity_cc(_STEP_S, floor).values
    heard = harmonicity[harmonicity > -200]
    points = call([sound, pitch], "To PointProcess (cc)")
    values = {
        "jitter": 100 * call(points, "Get jitter (local)", *_PERIODS),
        "shimmer": 100 * call([sound, points], "Get shimmer (local)", *_PERIODS, _MAX_AMPLITUDES),
        "hnr": float(heard.mean()) if len(heard) else np.nan,
    }
    if good and contours.longest_voiced_s < _SUSTAINED_S:
        good, reason = False, "defined for a vowel held for some seconds; speech gives more"
    if voicing.clearness_db < limits.CLEAN_VOICE_DB:
        good, reason = False, "noise of the recording counts as noise of the voice"
    if clipped:
        good, reason = False, "the recording is clipped"
    return {
        name: VoiceMeasure(None, units[name], "unusable", "too few regular cycles")
        if not np.isfinite(value)
        else VoiceMeasure(float(value), units[name], "good" if good else "uncertain", reason)
        for name, value in values.items()
    }


def _measure_tempo(contours: _Contours, voicing: Voicing) -> dict[str, VoiceMeasure]:
    seconds, sounding = contours.seconds, contours.sounding_s
    reason: str | None = None
    quality: MeasureQuality = "good"
    if seconds < limits.TEMPO_S:
        reason, quality = f"less than {limits.TEMPO_S:g} s were recorded", "uncertain"
    if voicing.clearness_db < limits.CLEAN_VOICE_DB:
        reason, quality = "noise can count as speech", "uncertain"
    share = min(sounding / seconds, 1.0)
    rate = _count_syllables(contours) / sounding if sounding >= _MIN_SOUNDING_S else None
    return {
        "speech_share": VoiceMeasure(100 * share, "%", quality, reason),
        "pause_share": VoiceMeasure(100 * (1 - share), "%", quality, reason),
        "articulation_rate": VoiceMeasure(
            rate,
            "syllables per second of speech",
            "unusable" if rate is None else "uncertain",
            reason or "syllables are counted as peaks of loudness, not as words",
        ),
    }


def _count_syllables(contours: _Contours) -> int:
    """Peaks of intensity that are voiced and stand 2 dB above the dip before them."""
    level, times = contours.level_db, contours.level_times
    if len(level) < 3:
        return 0
    limit = np.quantile(level, 0.99) + _PAUSE_DB
    peaks = 1 + np.flatnonzero((level[1:-1] > level[:-2]) & (level[1:-1] >= level[2:]))
    count, lowest_from = 0, 0
    for peak in peaks:
        dip = level[lowest_from : peak + 1].min()
        voiced = np.interp(times[peak], contours.pitch_times, contours.pitch_hz > 0) > 0.5
        if level[peak] < limit or not voiced or level[peak] - dip < _DIP_DB:
            continue
        count, lowest_from = count + 1, int(peak)
    return count


def _judge_voiced(contours: _Contours, voicing: Voicing) -> tuple[str | None, bool]:
    """Why measures of the pitch are not good, and whether they are."""
    if contours.voiced_s < limits.MIN_VOICE_S:
        return f"less than {limits.MIN_VOICE_S:g} s have a pitch", False
    if contours.voiced_s < limits.GOOD_VOICED_S:
        return f"only {contours.voiced_s:.1f} s have a pitch", False
    if voicing.clearness_db < limits.CLEAN_VOICE_DB:
        return f"the voice stands only {voicing.clearness_db:.0f} dB out of its noise", False
    return None, True
