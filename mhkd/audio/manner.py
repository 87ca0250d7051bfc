"""The same words, said otherwise: pitch, tempo and loudness of a recording."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from mhkd.errors import InputError
from mhkd.limits import MAX_GAIN_DB, MAX_SEMITONES, MAX_TEMPO, MIN_TEMPO
from mhkd.post import Recording

Samples = npt.NDArray[np.float32]

_FFT: Final = 512


class Ratio(NamedTuple):
    """A pitch as the number that it is multiplied by, ``over / under``."""

    over: int
    under: int


# With a ratio of small numbers resampling is quick, with 2^(n/12) it is not. The largest miss is
# 4 cents, a twenty-fifth of a semitone.
SEMITONES: Final[dict[int, Ratio]] = {
    0: Ratio(1, 1),
    1: Ratio(18, 17),
    2: Ratio(9, 8),
    3: Ratio(19, 16),
    4: Ratio(24, 19),
}


@dataclass(frozen=True)
class Manner:
    """How a recording is said otherwise; as it stands, nothing is changed.

    Attributes:
        semitones: added to the pitch, −4 to 4.
        tempo: times as fast, 0.75 to 1.25.
        gain_db: added to the loudness, −12 to 12.

    Raises:
        InputError: one of them lies outside.
    """

    semitones: int = 0
    tempo: float = 1.0
    gain_db: float = 0.0

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("pitch in semitones", self.semitones, -MAX_SEMITONES, MAX_SEMITONES),
            ("tempo", self.tempo, MIN_TEMPO, MAX_TEMPO),
            ("loudness in dB", self.gain_db, -MAX_GAIN_DB, MAX_GAIN_DB),
        ):
            if not low <= value <= high:  # nor is it, of a NaN
                raise InputError(
                    f"A change of {name} is from {low:g} to {high:g}; found {value:g}. "
                    "Choose one within."
                )
        if self.semitones != int(self.semitones):
            raise InputError(f"Pitch changes by whole semitones; found {self.semitones:g}.")

    @property
    def is_neutral(self) -> bool:
        """Nothing is changed."""
        return self == Manner()


@dataclass(frozen=True, eq=False)
class SaidOtherwise:
    """A recording after its change.

    Attributes:
        recording: what came of it; its words' places are not known.
        gain_db: what was added to the loudness: less than was asked for where the loudest
            sample would have left [-1, 1].
    """

    recording: Recording
    gain_db: float


def change_recording(heard: Recording, manner: Manner) -> SaidOtherwise:
    """A recording with pitch, tempo and loudness changed, the words kept.

    Pitch and tempo by one pass of torchaudio's phase vocoder (Flanagan and Golden, 1966). Its
    loudness is limited, not clipped, so that nothing but the loudness changes with it.

    Args:
        heard: at 16 kHz.
        manner: the change.
    """
    samples = heard.samples
    if manner.semitones or manner.tempo != 1:
        ratio = SEMITONES[abs(manner.semitones)]
        if manner.semitones < 0:
            ratio = Ratio(ratio.under, ratio.over)
        samples = _stretch(samples, ratio, manner.tempo)
    peak = float(np.abs(samples).max(initial=0))
    gain_db = min(manner.gain_db, -20 * float(np.log10(peak))) if peak else manner.gain_db
    if gain_db:
        samples = np.clip(amplify(samples, gain_db), -1, 1)  # of the last bit of rounding
    return SaidOtherwise(replace(heard, samples=samples, words=()), gain_db)


def shift_pitch(samples: Samples, ratio: Ratio) -> Samples:
    """The samples with their pitch times ``ratio``, at the same tempo."""
    return _stretch(samples, ratio, 1.0)


def change_tempo(samples: Samples, tempo: float) -> Samples:
    """The samples faster (above 1) or slower, at the same pitch."""
    import torch
    import torchaudio.functional as audio

    hop = _FFT // 4
    window = torch.hann_window(_FFT)
    spectrum = torch.stft(
        torch.from_numpy(np.array(samples)), _FFT, hop, window=window, return_complex=True
    )
    advance = torch.linspace(0, torch.pi * hop, spectrum.shape[0])[:, None]
    stretched = audio.phase_vocoder(spectrum, tempo, advance)
    length = round(len(samples) / tempo)
    found: Samples = torch.istft(stretched, _FFT, hop, window=window, length=length).numpy()
    return found


def amplify(samples: Samples, gain_db: float) -> Samples:
    """The samples louder or softer, not kept in any range."""
    return samples * np.float32(10 ** (gain_db / 20))


def _stretch(samples: Samples, ratio: Ratio, tempo: float) -> Samples:
    """Stretched by both at once, then resampled to the pitch; shape (samples / tempo,)."""
    import torch
    import torchaudio.functional as audio

    longer = change_tempo(samples, tempo * ratio.under / ratio.over)
    if ratio.over == ratio.under:
        return longer
    length = round(len(samples) / tempo)
    found = audio.resample(torch.from_numpy(longer), ratio.over, ratio.under)[:length]
    padded: Samples = torch.nn.functional.pad(found, (0, length - len(found))).numpy()
    return padded
