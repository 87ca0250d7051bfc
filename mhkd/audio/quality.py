"""Whether a recording can be judged, and what its faults mean for the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from mhkd import limits
from mhkd.analysis import Finding
from mhkd.post import Recording

_FRAME_S: Final = 0.02  # one pitch period of the lowest voices fits in
_LEFT_OUT: Final = "The audio teacher is left out; the others answer."


def judge_recording(recording: Recording) -> list[Finding]:
    """The faults of a recording: ``too_short``, ``no_speech``, ``clipped``, ``incomplete``.

    Silence, a constant and steps between constants count as no speech: after the
    mean of each 20 ms is taken off, nothing rises above ``limits.SILENCE_DBFS``.
    Sound that is no speech (music, noise) is not told apart from speech.
    """
    findings: list[Finding] = []
    if recording.duration_s < limits.MIN_AUDIO_S:
        findings.append(
            Finding(
                "too_short",
                f"The recording is {recording.duration_s:.2f} s long; from {limits.MIN_AUDIO_S} s "
                f"on, something can be heard in it. {_LEFT_OUT}",
            )
        )
    elif _measure_loudest_dbfs(recording) < limits.SILENCE_DBFS:
        findings.append(
            Finding("no_speech", f"The recording is silent: no speech was found in it. {_LEFT_OUT}")
        )
    elif _measure_clipped_share(recording.samples) > limits.MAX_CLIPPED_SHARE:
        findings.append(
            Finding(
                "clipped",
                "The recording was too loud for the microphone and is clipped. The audio "
                "teacher hears it distorted: rely on its answer less.",
            )
        )
    if "incomplete" in recording.findings:
        findings.append(
            Finding(
                "incomplete",
                "Part of the recording is missing or damaged, so the audio teacher is left out. "
                "Give a whole recording to have it judged.",
            )
        )
    return findings


def is_audible(findings: Sequence[Finding]) -> bool:
    """False where the audio teacher has nothing to judge and is left out."""
    unusable = ("no_speech", "too_short", "incomplete")
    return not any(finding.code in unusable for finding in findings)


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
