"""What each teacher says of a neutral input: no word, no sound, no emotion."""

from __future__ import annotations

import numpy as np

from mhkd.limits import HEARD_RATE_HZ, HEARD_WINDOW_S
from mhkd.models.audio import encode_sound
from mhkd.models.members import Members
from mhkd.predictions import answer_emotion, answer_sound, answer_text

NeutralOutputs = dict[str, dict[str, float]]


def answer_neutral(members: Members, labels: tuple[str, ...]) -> NeutralOutputs:
    """Teacher → label → calibrated probability for a neutral input.

    The text teacher reads a text without a word, the emotion teacher one without an emotion
    word, and the audio teacher hears one whole window of silence.

    Args:
        members: the loaded models.
        labels: in the order of the logits.
    """
    silence = np.zeros(int(HEARD_WINDOW_S * HEARD_RATE_HZ), np.float32)
    answers = {
        "text": answer_text(members.text, ""),
        "audio": answer_sound(members.audio, encode_sound(members.audio.extractor, silence)),
        "emotion": answer_emotion(members.emotion, ""),
    }
    return {
        name: dict(zip(labels, answer.probabilities.tolist(), strict=True))
        for name, answer in answers.items()
    }
