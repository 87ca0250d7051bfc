"""One post in several voices: how much of the audio teacher's answer is the voice?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, stdev

from mhkd.analysis import Progress
from mhkd.audio.speak import VOICE_NAMES, open_voice, speak_post
from mhkd.errors import Cancelled, VoiceError
from mhkd.post import Recording
from mhkd.voices import VoiceAnswer, VoiceComparison, VoiceSpread

Hear = Callable[[Recording], Mapping[str, float] | None]
_NOT_SPOKEN = "No word of the text can be spoken."
_NOT_HEARD = "Nothing in what was spoken can be heard."


def ask_voices(
    text: str,
    hear: Hear,
    *,
    max_words: int,
    on_progress: Callable[[Progress], None] | None = None,
    cancel: threading.Event | None = None,
) -> VoiceComparison:
    """Speaks a post in every voice and asks the audio teacher about each.

    Args:
        text: the post.
        hear: gives calibrated probabilities by label, or None for what is not heard.
        max_words: words that are spoken.
        on_progress: told each voice as it begins.
        cancel: looked at before each sentence, and by ``hear``.

    Raises:
        Cancelled: ``cancel`` was set.
    """
    answers = []
    for place, name in enumerate(VOICE_NAMES):
        if cancel is not None and cancel.is_set():
            raise Cancelled
        if on_progress is not None:
            on_progress(Progress(f"speaking as {name}", place / len(VOICE_NAMES)))
        answers.append(_ask(name, text, hear, max_words, cancel))
    return VoiceComparison(tuple(answers), measure_spread(answers))


def measure_spread(answers: Sequence[VoiceAnswer]) -> Mapping[str, VoiceSpread] | None:
    """Mean, standard deviation and range of each label's probability; None below two voices."""
    heard = {a.voice: a.probabilities for a in answers if a.probabilities is not None}
    if len(heard) < 2:
        return None
    return {
        label: _spread({v: p[label] for v, p in heard.items()}) for label in [*heard.values()][0]
    }


def _spread(values: Mapping[str, float]) -> VoiceSpread:
    lowest, *_, highest = sorted(values, key=lambda voice: values[voice])
    return VoiceSpread(
        mean=fmean(values.values()),
        sd=stdev(values.values()),
        range=values[highest] - values[lowest],
        lowest=lowest,
        highest=highest,
    )


def _ask(
    name: str, text: str, hear: Hear, max_words: int, cancel: threading.Event | None
) -> VoiceAnswer:
    try:
        voice = open_voice(name)
    except VoiceError as fault:
        return VoiceAnswer(name, 0.0, None, fault.public_message)
    recording = speak_post(text, voice, max_words=max_words, cancel=cancel)
    if recording is None:
        return VoiceAnswer(name, 0.0, None, _NOT_SPOKEN)
    found = hear(recording)
    return VoiceAnswer(name, recording.duration_s, found, _NOT_HEARD if found is None else None)
