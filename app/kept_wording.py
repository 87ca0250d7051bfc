"""What is said of a text without marks, and of a case as far as it was kept. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.wording import join_words
from mhkd.analysis import Analysis
from mhkd.cases.reading import KeptAnalysis, LostWords, read_kept
from mhkd.cases.records import deidentify
from mhkd.cases.wordless import keep_words_of

REPLACED: Final = (
    "Addresses, links, user names, phone numbers, dates, postcodes and other numbers are replaced"
)
NOT_ANONYMOUS: Final = (
    "This is not anonymous: what happened, where, and who said it can still point to a person."
)
OF_REPORT: Final = (
    f"De-identified by patterns. {REPLACED}; names are not looked for. {NOT_ANONYMOUS}"
)
OF_CASE: Final = (
    "De-identified when the case was kept, and read by the one who kept it. " + NOT_ANONYMOUS
)
_MODELS: Final = {
    "student": "the student",
    "text": "the text teacher",
    "emotion": "the emotion teacher",
    "audio": "the audio teacher",
}
_PARTS: Final[Mapping[str, str]] = {
    "prediction_set": "the student’s set of labels",
    "familiarity": "how near the post lies to the training posts",
    "sound_familiarity": "how near the sound lies to the training voices",
    "voice": "measures of the voice",
    "voices": "the answers in other voices",
    "contributions.teachers": "what each teacher contributes",
    "contributions.student": "what the student learned from each teacher",
    "attributions.counterfactual": "what would change the student’s answer",
    **{f"attributions.{key}": f"what {name} rests on" for key, name in _MODELS.items()},
    **{
        f"attributions.{key}.trust": f"how the explanation of {name} stood its test"
        for key, name in _MODELS.items()
    },
}


def strip_post(analysis: Analysis, post: str) -> tuple[str, KeptAnalysis]:
    """The post without the marks that the patterns find, and its analysis on that text.

    Args:
        analysis: of ``post``.
        post: as it was analysed.
    """
    text = deidentify(post).text
    return text, read_kept(keep_words_of(analysis, text, post=post), text)


def say_absent(kept: KeptAnalysis) -> str | None:
    """What was not stored with a case, in one sentence; None where all of it was."""
    names = [_PARTS[part] for part in kept.absent if part in _PARTS]
    if not names:
        return None
    return (
        f"Not stored with this case: {join_words(names, 'and')}. Nothing is computed anew, so it "
        "is left out here."
    )


def say_lost(lost: LostWords, unit: str = "word") -> str:
    """Why words of an explanation are not drawn, or which of them are not.

    Args:
        lost: the words without a place in the text.
        unit: what a score belongs to, ``word`` or ``sentence``.
    """
    if lost.why == "not_kept":
        return f"The {unit}s are not stored: no text was kept."
    if lost.why == "no_places":
        return f"The {unit}s are not drawn: they were kept without their places in the text."
    if lost.why == "unfit":
        return f"The {unit}s are not drawn: their places don’t fit the text that was kept."
    if lost.count == lost.of:
        return f"The {unit}s are not drawn: none of them stands in the de-identified text."
    told = "1 was" if lost.count == 1 else f"{lost.count:,} were"
    return (
        f"Of {lost.of:,} {unit}s, {told} replaced or taken out of the text, with "
        f"{100 * lost.share:.0f} % of all scores by size; what stands there now has no colour."
    )


def list_lost(kept: KeptAnalysis) -> dict[str, str]:
    """Explanation → what is said of its words that have no place in the text."""
    told = {}
    for name, lost in kept.lost.items():
        if name == "counterfactual" and lost.why == "taken_out":
            told[name] = "They are not marked: not all of them stand in the de-identified text."
            continue
        found = getattr(kept.analysis.attributions, name)
        told[name] = say_lost(lost, getattr(found, "unit", "word"))
    return told
