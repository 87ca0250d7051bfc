"""An analysis on one page, in plain words: what speaks for it and against, what was not read.

Pure. Words of the post are kept apart from sentences, so that they are escaped where drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.wording import MODEL_NAMES, say_finding, say_points, source_of
from app.words_wording import say_reasons
from mhkd.analysis import Analysis, PredictionSet, WordAttribution

_WORDS: Final = 4
_MARKS: Final = ' \t\n.,;:!?…"“”()[]'
_LEAST_SHARE: Final = 0.15  # of the strongest word; weaker ones say little
_LEAST_POINTS: Final = 0.01
_SAID_ELSEWHERE: Final = ("teachers_disagree", "truncated", "unfamiliar", "audio_left_out")


@dataclass(frozen=True)
class Side:
    """What speaks for an answer, or against it.

    Attributes:
        words: of the post, strongest first.
        teachers: sentences on the teachers' mean.
    """

    words: tuple[str, ...]
    teachers: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """One page.

    Attributes:
        target: the label that both sides are about.
        words_fail: why words are not named, None where they can be.
        caution: why those that are named are to be taken with care, None where they hold.
        unread: what was not read or heard, or heard differently than one may think.
        limits: titles of other findings about the input that bear on the answer.
    """

    target: str
    toward: Side
    against: Side
    words_fail: str | None
    caution: str | None
    unread: tuple[str, ...]
    limits: tuple[str, ...] = ()


def summarise(analysis: Analysis) -> Summary:
    """What the one page says beside the answer itself."""
    found = analysis.attributions.student
    student = analysis.predictions["student"]
    target = (
        found.target
        if found is not None
        else max(student.probabilities, key=lambda k: student.probabilities[k])
        if student
        else analysis.labels[-1]
    )
    fails = _say_words_fail(found)
    return Summary(
        target,
        _find_side(analysis, None if fails else found, target, 1),
        _find_side(analysis, None if fails else found, target, -1),
        fails,
        _say_caution(found),
        tuple(_list_unread(analysis)),
        tuple(
            f"{say_finding(finding.code)}."
            for finding in analysis.quality
            if finding.effect == "told" and finding.code not in _SAID_ELSEWHERE
        ),
    )


def say_set(
    found: PredictionSet | None, sources: Mapping[str, str], *, ordered: bool, decided: bool
) -> str | None:
    """The student's set of labels, None where the bundle does not give one.

    Args:
        decided: the answer itself is decided.
    """
    if found is None:
        return None
    names = [source_of(label, sources) for label in found.labels]
    share = f"{100 * found.coverage:.0f} % of sets made this way hold the right label"
    if len(names) == 1 and not decided:
        return (
            f"A set of labels at {100 * found.coverage:.0f} % would hold {names[0]} alone: {share} "
            "on average, which does not decide a post as close as this one."
        )
    if len(names) == 1:
        return f"At {100 * found.coverage:.0f} % only {names[0]} remains ({share})."
    told = (
        f"from {names[0]} to {names[-1]}"
        if ordered and len(names) > 2
        else f"{', '.join(names[:-1])} or {names[-1]}"
    )
    return f"At {100 * found.coverage:.0f} % not decided: {told} ({share})."


def _say_words_fail(found: WordAttribution | None) -> str | None:
    if found is None:
        return "Being looked for …"
    if found.trust is not None and found.trust.mark == "fails":
        return "No words are named: their explanation failed its test."
    return None


def _say_caution(found: WordAttribution | None) -> str | None:
    trust = None if found is None else found.trust
    if trust is None or trust.mark != "caution":
        return None
    return f"The words are to be taken with care: {say_reasons(trust)}."


def _find_side(analysis: Analysis, found: WordAttribution | None, target: str, sign: int) -> Side:
    words: list[str] = []
    if found is not None and found.words:
        strongest = max(abs(word.score) for word in found.words)
        ranked = sorted(found.words, key=lambda word: -sign * word.score)
        for word in ranked:
            told = word.text.strip(_MARKS) or word.text
            if sign * word.score < _LEAST_SHARE * strongest or len(words) == _WORDS:
                break
            if told.casefold() not in {other.casefold() for other in words}:
                words.append(told)
    return Side(tuple(words), tuple(_list_teachers(analysis, target, sign)))


def _list_teachers(analysis: Analysis, target: str, sign: int) -> list[str]:
    found = analysis.teacher_contributions
    if found is None:
        return []
    turned = sign if found.target == target else -sign
    moved = [(name, v) for name, v in found.shapley.items() if v is not None]
    return [
        f"{MODEL_NAMES[name].lower()} {say_points(value)}"
        for name, value in sorted(moved, key=lambda item: -abs(item[1]))
        if turned * value >= _LEAST_POINTS
    ]


def _list_unread(analysis: Analysis) -> list[str]:
    told = []
    for name in ("student", "text"):
        read = analysis.read.get(name)
        if read is not None and read.tokens_read < read.tokens_total:
            told.append(
                f"The {MODEL_NAMES[name].lower()} read {read.tokens_read:,} of "
                f"{read.tokens_total:,} tokens."
            )
    heard = analysis.given.audio
    if analysis.predictions.get("audio") is None:
        why = [f.message for f in analysis.quality if f.effect == "audio_left_out"]
        told += why or ["The audio teacher heard nothing."]
    elif heard.seconds_heard < heard.seconds - 0.05:
        told.append(f"{heard.seconds_heard:.1f} of {heard.seconds:.1f} s were heard.")
    if heard.origin == "synthesised":
        told.append("The sound is a synthesiser’s, made from the same text.")
    return told or ["All of it was read and heard."]
