"""Whether a recording can be judged, and what its faults mean for the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from mhkd import limits
from mhkd.analysis import Finding
from mhkd.audio.voicing import Voicing, measure_voicing
from mhkd.post import Recording

_FRAME_S: Final = 0.02  # one pitch period of the lowest voices fits in
_LEFT_OUT: Final = "The audio teacher is left out; the others answer."


def judge_recording(recording: Recording) -> list[Finding]:
    """The faults of a recording.

    ``too_short``, ``no_speech``, ``no_voice``, ``incomplete`` and, where it is extreme,
    ``noisy`` leave the audio teacher out; ``clipped``, ``little_speech``, ``mostly_pause`` and
    otherwise ``noisy`` are told.

    Silence, a constant and steps between constants count as no speech: after the
    mean of each 20 ms is taken off, nothing rises above ``limits.SILENCE_DBFS``.
    Sound with a pitch that is no speech, such as music, is not told apart from a voice.
    """
    findings: list[Finding] = []
    if recording.duration_s < limits.MIN_AUDIO_S:
        findings.append(
            _leave_out(
                "too_short",
                f"The recording is {recording.duration_s:.2f} s long; from {limits.MIN_AUDIO_S} s "
                "on, something can be heard in it.",
            )
        )
    elif _measure_loudest_dbfs(recording) < limits.SILENCE_DBFS:
        findings.append(
            _leave_out("no_speech", "The recording is silent: no speech was found in it.")
        )
    else:
        findings += _judge_loudness(recording)
        findings += _judge_voice(measure_voicing(recording))
    if "incomplete" in recording.findings:
        findings.append(
            Finding(
                "incomplete",
                "Part of the recording is missing or damaged, so the audio teacher is left out. "
                "Give a whole recording to have it judged.",
                "audio_left_out",
            )
        )
    return findings


def is_audible(findings: Sequence[Finding]) -> bool:
    """False where the audio teacher has nothing to judge and is left out."""
    return not any(finding.effect == "audio_left_out" for finding in findings)


def _judge_loudness(recording: Recording) -> list[Finding]:
    if _measure_clipped_share(recording.samples) <= limits.MAX_CLIPPED_SHARE:
        return []
    return [
        Finding(
            "clipped",
            "The recording was too loud for the microphone and is clipped. The audio "
            "teacher hears it distorted: rely on its answer less.",
        )
    ]


def _judge_voice(voicing: Voicing) -> list[Finding]:
    if voicing.voiced_s < limits.MIN_VOICED_S:
        return [
            _leave_out(
                "no_voice",
                "No voice with a pitch was found in the recording: it is noise, a whisper, or "
                "speech that noise covers.",
            )
        ]
    noise = f"The voice stands only {voicing.clearness_db:.0f} dB out of its noise"
    if voicing.clearness_db < limits.ABSTAIN_NOISY_DB:
        return [
            _leave_out(
                "noisy",
                f"{noise}; below {limits.ABSTAIN_NOISY_DB:g} dB the noise is about as loud as the "
                "speech.",
            )
        ]
    findings = []
    if voicing.clearness_db < limits.NOISY_DB:
        findings.append(
            Finding(
                "noisy",
                f"{noise} or hoarseness. The audio teacher learned from sound without noise: rely "
                "on its answer less.",
            )
        )
    return findings + _judge_amount(voicing)


def _judge_amount(voicing: Voicing) -> list[Finding]:
    if voicing.voiced_s < limits.LITTLE_VOICED_S:
        return [
            Finding(
                "little_speech",
                f"The recording holds {voicing.voiced_s:.1f} s of voice, a few words at most. The "
                "audio teacher learned from whole sentences: rely on its answer less.",
            )
        ]
    share = voicing.voiced_s / voicing.measured_s
    if voicing.measured_s >= limits.PAUSE_JUDGED_S and share < limits.MOSTLY_PAUSE_SHARE:
        return [
            Finding(
                "mostly_pause",
                f"Voice fills {share:.0%} of the recording, of read speech half and more. The rest "
                "is pause or noise, and the audio teacher hears that, too.",
            )
        ]
    return []


def _leave_out(code: str, message: str) -> Finding:
    return Finding(code, f"{message} {_LEFT_OUT}", "audio_left_out")


def _measure_loudest_dbfs(recording: Recording) -> float:
    """Level of the loudest 20 ms in dB of full scale, each freed of its mean."""
    size = max(int(_FRAME_S * recording.rate_hz), 2)
    whole = len(recording.samples) // size * size
    frames = recording.samples[:whole].reshape(-1, size)  # (frames, samples)
    loudest = float(frames.std(axis=1).max()) if len(frames) else 0.0
    return 20.0 * float(np.log10(max(loudest, 1e-10)))


def _measure_clipped_share(samples: npt.NDArray[np.float32]) -> float:
    """Share of samples at full scale that have two such neighbours.

    A loud but undistorted wave touches full scale at single samples.
    """
    full = np.abs(samples) >= limits.CLIPPED_LEVEL
    inner = full[:-2] & full[1:-1] & full[2:]
    return float(inner.sum()) / max(len(samples), 1)
