"""Where the sound of each row came from, kept as small arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from mhkd.answers import SoundAnswer

SoundOrigin = Literal["recorded", "spoken", "none"]
ORIGINS: Final[tuple[SoundOrigin, ...]] = ("recorded", "spoken", "none")
_CODES: Final = frozenset(
    {
        *("too_short", "no_speech", "no_voice", "noisy", "incomplete", "clipped"),
        *("little_speech", "mostly_pause", "unlike_training_voices", "text_differs"),
    }
)
_CUT_FROM_S: Final = 0.05  # less is rounding between rates
_LEFT_OUT: Final = "The audio teacher could not judge this recording."
_UNSPOKEN: Final = (
    "No voice can say this text: the audio teacher’s mean answer stands in its place."
)


@dataclass(frozen=True)
class RowSound:
    """What the audio teacher's answer to a row rests on.

    Attributes:
        origin: ``none`` where it heard nothing.
        heard_s: seconds that it heard; 0 where a service spoke the post, which does not tell.
        fault: why nothing was heard; None where something was, and where the row has no recording.
        findings: codes of what limits its answer.
        total_s: length of the recording in seconds; 0 where that is not told.
        text_differs: it says something else than the text; None where the two were not compared.
    """

    origin: SoundOrigin
    heard_s: float = 0.0
    fault: str | None = None
    findings: tuple[str, ...] = ()
    total_s: float = 0.0
    text_differs: bool | None = None

    @property
    def cut(self) -> bool:
        """The end of the recording was not heard."""
        return 0 < self.heard_s < self.total_s - _CUT_FROM_S


NO_RECORDING: Final = RowSound("none")
NOT_JUDGED: Final = RowSound("none", fault=_LEFT_OUT)


def describe_sound(answer: SoundAnswer) -> RowSound:
    """What is kept of the answer to a recording."""
    findings = [finding for finding in answer.findings if finding.code in _CODES]
    codes = tuple(finding.code for finding in findings)
    if answer.probabilities is not None:
        heard = answer.heard
        return RowSound(
            "recorded", heard.seconds_heard, None, codes, heard.seconds, answer.text_differs
        )
    reasons = [finding.message for finding in findings if finding.effect == "audio_left_out"]
    reason = reasons[0] if reasons else _LEFT_OUT
    return RowSound("none", 0.0, reason, codes, answer.heard.seconds)


def describe_spoken(heard_s: float | None) -> RowSound:
    """What is kept of a post that was spoken, by the seconds heard; None: not told."""
    if heard_s is not None and heard_s <= 0:
        return RowSound("none", fault=_UNSPOKEN)
    return RowSound("spoken", heard_s or 0.0)


class Sounds:
    """The sounds of all rows; written by one thread, read by others.

    Args:
        rows: of the table.
    """

    def __init__(self, rows: int) -> None:
        self._origin = np.full(rows, -1, np.int8)
        self._heard_s = np.zeros(rows, np.float32)
        self._total_s = np.zeros(rows, np.float32)
        self._fault = np.full(rows, -1, np.int32)
        self._findings = np.full(rows, -1, np.int32)
        self._differs = np.full(rows, -1, np.int8)
        self._words: list[str] = []  # messages, and codes joined by “; ”, each once

    def note(self, place: int, sound: RowSound) -> None:
        """Keeps the sound of a row."""
        self._heard_s[place] = sound.heard_s
        self._total_s[place] = sound.total_s
        self._fault[place] = self._find_word(sound.fault)
        self._findings[place] = self._find_word("; ".join(sound.findings))
        self._differs[place] = -1 if sound.text_differs is None else sound.text_differs
        self._origin[place] = ORIGINS.index(sound.origin)

    def __getitem__(self, place: int) -> RowSound | None:
        """The sound of a row, None before it is answered."""
        if self._origin[place] < 0:
            return None
        fault, codes = self._fault[place], self._findings[place]
        return RowSound(
            ORIGINS[self._origin[place]],
            float(self._heard_s[place]),
            self._words[fault] if fault >= 0 else None,
            tuple(self._words[codes].split("; ")) if codes >= 0 else (),
            float(self._total_s[place]),
            None if self._differs[place] < 0 else bool(self._differs[place]),
        )

    def __iter__(self) -> Iterator[RowSound | None]:
        return (self[place] for place in range(len(self._origin)))

    def count_origins(self) -> dict[SoundOrigin, int]:
        """Origin → answered rows."""
        return {name: int((self._origin == n).sum()) for n, name in enumerate(ORIGINS)}

    def count_findings(self) -> dict[str, int]:
        """Code of a finding → rows that were heard with it, most frequent first."""
        counts: Counter[str] = Counter()
        heard = self._findings[(self._findings >= 0) & (self._origin == 0)]
        for place, rows in Counter(heard.tolist()).items():
            for code in self._words[place].split("; "):
                counts[code] += rows
        return dict(counts.most_common())

    def count_cut(self) -> int:
        """Recordings whose end was not heard."""
        return int(((self._heard_s > 0) & (self._heard_s < self._total_s - _CUT_FROM_S)).sum())

    @property
    def differing(self) -> npt.NDArray[np.bool_]:
        """Rows whose recording says something else than the text, shape (rows,)."""
        found: npt.NDArray[np.bool_] = self._differs > 0
        return found

    def count_compared(self) -> int:
        """Recordings that were compared with their texts."""
        return int((self._differs >= 0).sum())

    def list_faults(self) -> list[tuple[int, str]]:
        """Row (from 1) and reason, where nothing was heard that should have been."""
        places = np.flatnonzero(self._fault >= 0).tolist()
        return [(place + 1, self._words[self._fault[place]]) for place in places]

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All of it, for a partial file."""
        return {
            "sound_origin": self._origin,
            "sound_heard_s": self._heard_s,
            "sound_total_s": self._total_s,
            "sound_fault": self._fault,
            "sound_findings": self._findings,
            "sound_differs": self._differs,
            "sound_words": np.array(self._words, np.str_),
        }

    def take_arrays(self, kept: Mapping[str, npt.NDArray[Any]]) -> None:
        """Takes over what ``to_arrays`` gave; lengths or comparisons that are missing are not told.

        Raises:
            ValueError: it belongs to another table.
            KeyError: something is missing.
        """
        words = [str(word) for word in kept["sound_words"]]
        origin, heard_s = kept["sound_origin"], kept["sound_heard_s"]
        fault, findings = kept["sound_fault"], kept["sound_findings"]
        total_s = kept.get("sound_total_s", np.zeros_like(heard_s))
        differs = kept.get("sound_differs", np.full_like(self._differs, -1))
        shapes = {found.shape for found in (origin, heard_s, total_s, fault, findings, differs)}
        most = max((int(found.max(initial=-1)) for found in (fault, findings)), default=-1)
        if shapes != {self._origin.shape} or most >= len(words) or origin.max(initial=-1) > 2:
            raise ValueError("the sounds do not fit")
        self._words = words
        self._origin[:], self._heard_s[:], self._total_s[:] = origin, heard_s, total_s
        self._fault[:], self._findings[:], self._differs[:] = fault, findings, differs

    def _find_word(self, word: str | None) -> int:
        if not word:
            return -1
        if word not in self._words:
            self._words.append(word)
        return self._words.index(word)


def name_sounds(sounds: Sounds, rows: Sequence[int]) -> list[str]:
    """Each row's slice by its sound; ``rows`` are places, from 0."""
    named = []
    for place in rows:
        sound = sounds[place]
        if sound is None or sound.origin == "none":
            named.append("not heard" if sound is not None and sound.fault else "no sound")
        else:
            named.append("answer limited" if sound.findings else "nothing found")
    return named
