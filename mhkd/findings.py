"""What about the input or the answers bears on how far they can be relied on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mhkd.analysis import AudioOrigin, Familiarity, Finding, Prediction, Read

_CLEAR = 0.6  # a teacher below this probability takes no side
_MATCHING = ("text_differs", "text_not_compared")
_NAMES = {
    "text": "the text teacher",
    "audio": "the audio teacher",
    "emotion": "the emotion teacher",
    "student": "the student",
}


def find_truncated(read: Mapping[str, Read | None]) -> list[Finding]:
    """Text models that did not read the whole post, in one finding."""
    cut = {
        name: tokens
        for name in ("student", "text")
        if (tokens := read.get(name)) is not None and tokens.tokens_read < tokens.tokens_total
    }
    if not cut:
        return []
    counts = "; ".join(
        f"{_NAMES[name]} read {tokens.tokens_read:,} of {tokens.tokens_total:,} tokens"
        for name, tokens in cut.items()
    )
    return [
        Finding(
            "truncated",
            f"The post is longer than the models read: {counts}. "
            "What lies beyond has no part in the answer.",
        )
    ]


def find_unfamiliar(familiarity: Familiarity | None) -> list[Finding]:
    """A post unlike those that the student learned from."""
    if familiarity is None or not familiarity.outside:
        return []
    return [
        Finding(
            "unfamiliar",
            "This post is outside what this model knows: it is unlike the posts that the "
            f"student learned from (distance {familiarity.distance:.2f}, limit "
            f"{familiarity.threshold:.2f}). Its probabilities mean little here.",
            "abstains",
        )
    ]


def find_disagreement(predictions: Mapping[str, Prediction | None]) -> list[Finding]:
    """Teachers that clearly point to different labels (each with at least 0.6)."""
    sides: dict[str, list[str]] = {}
    for name in ("text", "audio", "emotion"):
        prediction = predictions.get(name)
        if prediction is None:
            continue
        label, probability = max(prediction.probabilities.items(), key=lambda item: item[1])
        if probability >= _CLEAR:
            sides.setdefault(label, []).append(f"{_NAMES[name]} ({probability:.0%})")
    if len(sides) < 2:
        return []
    told = "; ".join(f"{label}: {' and '.join(names)}" for label, names in sides.items())
    return [
        Finding(
            "teachers_disagree",
            f"The teachers point to different labels. {told}. Their mean hides this.",
        )
    ]


def find_audio_left_out(reason: str) -> Finding:
    """The audio teacher did not take part."""
    return Finding(
        "audio_left_out",
        f"The audio teacher was left out: {reason}. The other models answered without it.",
        "audio_left_out",
    )


def find_other_text(found: Sequence[Finding], *, known: bool) -> list[Finding]:
    """Findings with the one that a recording came with another text, told once.

    Args:
        found: about the post; what comparing its recording with its text found goes where
            ``known``.
        known: the recording came with another text, whatever was compared.
    """
    if not known:
        return list(found)
    return [
        *(finding for finding in found if finding.code not in _MATCHING),
        Finding(
            "recording_of_other_text",
            "This recording came with another text, such as the post before an edit. The audio "
            "teacher hears the words as they were, the other models read them as they are now; "
            "where these differ, their answers are about different things.",
        ),
    ]


def find_unlike_voice(
    familiarity: Familiarity | None, origin: AudioOrigin, voices: Sequence[str]
) -> list[Finding]:
    """A sound that lies outside the voices that the audio teacher learned from.

    Args:
        familiarity: of the sound; None where it was not measured.
        origin: of the sound that was heard.
        voices: the synthetic voices of the training corpus.
    """
    if familiarity is None or not familiarity.outside:
        return []
    count = f"{len(voices)} synthetic voice{'' if len(voices) == 1 else 's'}"
    kind = "This recorded voice" if origin == "recorded" else "This sound"
    return [
        Finding(
            "unlike_training_voices",
            f"{kind} lies outside those that the audio teacher learned from, {count} "
            f"({', '.join(voices)}; distance {familiarity.distance:.2f}, limit "
            f"{familiarity.threshold:.2f}). How it takes such a voice’s pitch, pauses and room was "
            "never tested: rely on its answer less than on the others.",
        )
    ]


def find_recorded_voice(origin: AudioOrigin, voices: Sequence[str]) -> list[Finding]:
    """A person's voice, where the audio teacher learned from synthetic voices alone.

    Args:
        origin: of the sound that was heard.
        voices: the synthetic voices of the training corpus.
    """
    if origin != "recorded" or not voices:
        return []
    count = f"{len(voices)} synthetic voice{'' if len(voices) == 1 else 's'}"
    return [
        Finding(
            "unlike_training_voices",
            f"This is a recorded voice. The audio teacher learned from {count} "
            f"({', '.join(voices)}) and from no person, so how it takes a person’s pitch, pauses "
            "and room was never tested: rely on its answer less than on the others.",
        )
    ]
