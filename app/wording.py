"""Numbers → plain words. Pure: every sentence on the page with a number in it starts here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mhkd.analysis import TEACHERS, Analysis, Finding, Prediction, PredictionSet

if TYPE_CHECKING:
    from mhkd.analyser import Manifest

MODEL_NAMES: Final[Mapping[str, str]] = {
    "student": "Student",
    "teachers": "Teachers’ mean",
    "text": "Text teacher",
    "audio": "Audio teacher",
    "emotion": "Emotion teacher",
}
MODEL_INPUTS: Final[Mapping[str, str]] = {
    "student": "text only",
    "teachers": "all of them",
    "text": "text",
    "audio": "sound",
    "emotion": "emotion words",
}
ORIGIN_BADGES: Final[Mapping[str, str]] = {
    "recorded": "recorded",
    "synthesised": "synthesised from the text",
    "none": "no sound",
}
COMPARED_NAMES: Final[Mapping[str, str]] = {
    **MODEL_NAMES,
    "student_without_teachers": "Same student, without teachers",
    "student_large": "Larger student",
    "student_large_without_teachers": "Larger student, without teachers",
    "tf_idf_linear": "TF-IDF and a linear model",
}
UNDECIDED_FROM: Final = 0.4
UNDECIDED_TO: Final = 0.6

_STAGES: Final[Mapping[str, str]] = {
    "loading": "Opening the models",
    "waiting": "Waiting for a free turn",
    "decoding": "Decoding the recording",
    "checking": "Checking the text",
    "speaking": "Speaking the post",
    "student": "Student reads the text",
    "text": "Text teacher reads the text",
    "audio": "Audio teacher listens",
    "emotion": "Emotion teacher reads the emotion words",
    "students": "Students of every set of teachers read the text",
    "explaining student": "Explaining the student",
    "explaining text": "Explaining the text teacher",
    "explaining emotion": "Explaining the emotion teacher",
    "explaining audio": "Explaining the audio teacher",
    "removing words": "Looking for words without which the answer changes",
    "checking student": "Checking the student’s explanation",
    "checking emotion": "Checking the explanation by emotions",
    "checking text": "Checking the text teacher’s explanation",
    "checking audio": "Changing how the post is said",
    "voice": "Measuring the recorded voice",
    "matching": "Comparing the recording with the text",
    "drawing": "Drawing the sound",
}
_FINDINGS: Final[Mapping[str, str]] = {
    "not_english": "The text does not look like English",
    "too_few_words": "Very few words",
    "short": "A short post",
    "repetitive": "The post repeats itself",
    "no_voice": "No voice was found in the recording",
    "little_speech": "Little speech in the recording",
    "mostly_pause": "The recording is mostly pause",
    "noisy": "The recording is noisy",
    "unlike_training_voices": "The sound is unlike the training voices",
    "text_not_compared": "The recording was not compared with the text",
    "text_differs": "The recording says something else than the text",
    "recording_of_other_text": "The recording came with another text",
    "truncated": "Not all of the post was read",
    "unfamiliar": "Outside what this model knows",
    "incomplete": "The recording is incomplete",
    "no_speech": "No speech was found in the recording",
    "too_short": "The recording is very short",
    "clipped": "The recording is clipped",
    "teachers_disagree": "The teachers disagree",
    "audio_left_out": "The audio teacher was left out",
}


@dataclass(frozen=True)
class Answer:
    """The student's answer as it is said.

    Attributes:
        headline: one sentence.
        certainty: a few words on how sure the student is.
        frequency: the probability as a natural frequency.
        label: the label that the probability belongs to.
        probability: calibrated, 0 to 1.
        of_hundred: the probability as a whole number of 100 posts.
        decided: the probability lies outside 0.4 to 0.6, and its set holds one label.
    """

    headline: str
    certainty: str
    frequency: str
    label: str
    probability: float
    of_hundred: int
    decided: bool


def say_answer(
    prediction: Prediction, sources: Mapping[str, str], held: PredictionSet | None
) -> Answer:
    """The student's answer in plain words.

    Args:
        prediction: the student's.
        sources: label → where such posts come from.
        held: its set of labels, None where the bundle does not give one.
    """
    label, probability = top_label(prediction)
    others = [name for name in prediction.probabilities if name != label]
    here = source_of(label, sources)
    there = join_words([source_of(name, sources) for name in others], "or")
    leads = probability > UNDECIDED_TO
    decided = leads and (held is None or len(held.labels) == 1)
    more = f"this post resembles posts from {here} more than posts from {there}"
    if decided:
        headline = f"{more[:1].upper()}{more[1:]}."
    elif leads:
        headline = f"Not decided: {more}, but not by enough to rule these out."
    elif len(others) > 1:
        ranked = sorted(others, key=lambda name: -prediction.probabilities[name])
        second = source_of(ranked[0], sources)
        headline = f"Not decided: this post resembles posts from {here} most, then from {second}."
    else:
        headline = f"Not decided: this post resembles posts from {here} and {there} about equally."
    of_hundred = min(round(100 * probability), 99)  # no finite test set supports 100
    return Answer(
        headline=headline,
        certainty=_say_certainty(probability),
        frequency=(
            f"Of 100 posts like those it learned from that the student answers this way, "
            f"{'at least' if of_hundred == 99 else 'about'} {of_hundred} come from {here}."
        ),
        label=label,
        probability=probability,
        of_hundred=of_hundred,
        decided=decided,
    )


def say_probability(value: float) -> str:
    """A probability with two digits, and never as certain: ``> 0.99``."""
    if value > 0.99:
        return "> 0.99"
    return "< 0.01" if value < 0.01 else f"{value:.2f}"


def say_calibration(metrics: Mapping[str, Any], data: Mapping[str, Any]) -> str | None:
    """How far the probability can be taken at its word; None where the bundle does not say.

    Args:
        metrics: of the student on the test split, as in the manifest.
        data: of the manifest.
    """
    parts = []
    candidates = data.get("validation", {}).get("student_candidates")
    if candidates:
        parts.append(f"Calibrated on {candidates[0]['n']:,} training posts that were held out.")
    if "ece" in metrics:
        parts.append(
            f"On {metrics['n']:,} test posts its probabilities were off by "
            f"{100 * metrics['ece']:.1f} points on average (ECE)"
        )
        if "ece_if_calibrated" in metrics:
            limit = 100 * metrics["ece_if_calibrated"]
            parts[-1] += f"; a perfectly calibrated model would show up to {limit:.1f}"
        parts[-1] += "."
    return " ".join(parts) or None


def say_outside(distance: float, threshold: float) -> str:
    """What it means that a post lies outside what the student learned from."""
    return (
        "It is unlike the posts the student learned from "
        f"(distance {distance:.2f}, limit {threshold:.2f}). The models still give numbers, "
        "because they can only choose between their labels; here the numbers mean little."
    )


def say_disagreement(analysis: Analysis, sources: Mapping[str, str]) -> str | None:
    """Which teachers point where, if they clearly contradict each other."""
    if not any(finding.code == "teachers_disagree" for finding in analysis.quality):
        return None
    sides: dict[str, list[str]] = {}
    for name in TEACHERS:
        prediction = analysis.predictions.get(name)
        if prediction is None:
            continue
        label, probability = top_label(prediction)
        if probability > UNDECIDED_TO:
            sides.setdefault(label, []).append(
                f"the {MODEL_NAMES[name].lower()} ({say_probability(probability)})"
            )
    told = "; ".join(
        f"to {source_of(label, sources)}: {join_words(names, 'and')}"
        for label, names in sides.items()
    )
    return f"They point to different labels. {told[:1].upper()}{told[1:]}. The mean hides this."


def say_contributions(analysis: Analysis, sources: Mapping[str, str]) -> str | None:
    """Which teacher moved the teachers' mean most, and where to."""
    found = analysis.teacher_contributions
    if found is None:
        return None
    moved = [(name, value) for name, value in found.shapley.items() if value is not None]
    name, value = max(moved, key=lambda item: abs(item[1]))
    here = source_of(found.target, sources)
    way = "toward" if value >= 0 else "away from"
    return (
        f"The {MODEL_NAMES[name].lower()} moves the teachers’ mean most: "
        f"{say_points(value)} {way} {here}."
    )


def say_points(value: float) -> str:
    """A signed difference of probabilities in points: ``+14.2 points``."""
    return f"{signed(100 * value, 1)} points"


def say_stage(stage: str) -> str:
    """A stage of the work as the page names it."""
    name = stage.replace("_", " ")
    return _STAGES.get(name, name.capitalize())


def say_finding(code: str) -> str:
    """The title of a finding."""
    return _FINDINGS.get(code, code.replace("_", " ").capitalize())


def say_message(finding: Finding, analysis: Analysis, sources: Mapping[str, str]) -> str:
    """What a finding says, with the sources of labels where it names labels."""
    if finding.code != "teachers_disagree":
        return finding.message
    return say_disagreement(analysis, sources) or finding.message


def say_agreement(bits: float | None) -> str:
    """A Jensen–Shannon divergence in words."""
    if bits is None:
        return "–"
    for limit, words in ((0.01, "agrees"), (0.05, "close"), (0.2, "differs")):
        if bits < limit:
            return f"{words} ({bits:.3f})"
    return f"contradicts ({bits:.3f})"


def say_other_bundle(of: Manifest) -> tuple[str, str]:
    """That another bundle than the one chosen now answered, as title and sentence."""
    told = f"What follows was answered by “{of.title}”, {of.name} {of.version}."
    return "Another bundle is chosen now.", told


def say_length(text: str, max_chars: int) -> str:
    """How much of the permitted length a text uses."""
    if len(text) > max_chars:
        return (
            f"{len(text):,} of at most {max_chars:,} characters. Shorten the text; "
            "it stays here as it is."
        )
    return f"{len(text):,} of {max_chars:,} characters"


def say_interval(metrics: Mapping[str, Any], name: str, *, percent: bool = True) -> str:
    """A metric with its 95 % interval: ``78.1 % (73.7–82.0)``.

    The ECE with the limit of a calibrated model instead: ``11.0 % (> 8.6)``, ``4.0 % (≤ 7.1)``.
    """
    value = metrics.get(name)
    if not isinstance(value, int | float):
        return "–"
    if name == "ece":
        limit = metrics.get("ece_if_calibrated")
        way = "" if limit is None else f" ({'>' if value > limit else '≤'} {100 * limit:.1f})"
        return f"{100 * value:.1f} %{way}"
    factor, digits, unit = (100, 1, " %") if percent else (1, 3, "")
    bounds = metrics.get("intervals", {}).get(name)
    told = f"{factor * value:.{digits}f}{unit}"
    if bounds:
        told += f" ({factor * bounds[0]:.{digits}f}–{factor * bounds[1]:.{digits}f})"
    return told


def say_rate(rate: Mapping[str, Any]) -> str:
    """A share with its 95 % interval, or a dash where it was not measured."""
    if rate.get("share") is None:
        return "–"
    return say_share_of(rate["share"], rate["interval"])


def say_share_of(share: float, interval: Sequence[float]) -> str:
    """A share with its interval, in percent."""
    low, high = interval
    return f"{100 * share:.1f} % ({100 * low:.1f}–{100 * high:.1f})"


def signed(value: float, digits: int) -> str:
    """A number with its sign, a true minus, and no minus before zero."""
    told = f"{abs(value):.{digits}f}"
    if float(told) == 0:
        return told
    return f"+{told}" if value > 0 else f"−{told}"


def top_label(prediction: Prediction) -> tuple[str, float]:
    """The most probable label and its probability."""
    return max(prediction.probabilities.items(), key=lambda item: item[1])


def source_of(label: str, sources: Mapping[str, str]) -> str:
    """Where posts of a label come from; the label itself where nothing is known."""
    return sources.get(label, label)


def _say_certainty(probability: float) -> str:
    for limit, words in ((0.6, "not decided"), (0.75, "somewhat more"), (0.9, "clearly more")):
        if probability <= limit:
            return words
    return "much more"


def capitalise(words: str) -> str:
    """The words with a capital first letter."""
    return words[:1].upper() + words[1:]


def join_words(parts: list[str], word: str) -> str:
    """``a, b and c`` with ``word`` before the last."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"
