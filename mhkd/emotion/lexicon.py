"""Word–emotion lexicons: a file of word, emotion and strength; any may be plugged in.

The shipped one is derived from GoEmotions as the NRC Hashtag (Twitter Emotion
Corpus) lexicon was derived from hashtags (Mohammad and Kiritchenko,
Computational Intelligence 31(2), 2015): a word is associated with an emotion
if it is clearly more frequent in texts that carry it.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from mhkd.emotion.words import split_words
from mhkd.errors import InputError

# The 27 emotions of GoEmotions, gathered; rare ones alone would have too few comments.
GOEMOTIONS_GROUPS: Mapping[str, tuple[str, ...]] = {
    "anger": ("anger", "annoyance", "disapproval"),
    "disgust": ("disgust",),
    "fear": ("fear", "nervousness"),
    "sadness": ("sadness", "grief", "disappointment"),
    "remorse": ("remorse", "embarrassment"),
    "confusion": ("confusion", "curiosity"),
    "surprise": ("surprise", "realization"),
    "joy": ("joy", "amusement", "excitement", "pride", "relief", "admiration", "gratitude"),
    "love": ("love", "caring", "desire"),
    "optimism": ("optimism", "approval"),
}


@dataclass(frozen=True)
class Lexicon:
    """Words and the emotions they carry.

    Attributes:
        name: the file's name without ending.
        emotions: all emotions, in a fixed order.
        words: word, lower case → its emotions, in that order.
    """

    name: str
    emotions: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Association:
    """How strongly a word goes with an emotion.

    Attributes:
        strength: PMI with the emotion minus PMI with its absence, in bits.
        count: texts with this word and this emotion.
    """

    word: str
    emotion: str
    strength: float
    count: int


def load_lexicon(file: Path) -> Lexicon:
    """Reads a tab-separated file: word, emotion, and anything after.

    Lines that start with ``#`` are comments.

    Raises:
        InputError: the file is missing, not UTF-8, or a line has no emotion.
    """
    if not file.is_file():
        raise InputError(f"The lexicon {file} is missing.")
    found: dict[str, set[str]] = {}
    try:
        lines = file.read_text("utf-8").splitlines()
    except UnicodeDecodeError as fault:
        raise InputError(f"The lexicon {file} is not UTF-8 text.") from fault
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.split("\t")
        if len(parts) < 2 or not parts[1].strip():
            raise InputError(f"{file}, line {number}: expected a word, a tab and an emotion.")
        found.setdefault(parts[0].strip().lower(), set()).add(parts[1].strip())
    emotions = tuple(sorted(set().union(*found.values()))) if found else ()
    words = {word: tuple(sorted(its)) for word, its in sorted(found.items())}
    return Lexicon(file.stem, emotions, words)


def derive_lexicon(
    texts: Iterable[tuple[str, Sequence[str]]],
    groups: Mapping[str, Sequence[str]],
    *,
    min_count: int = 8,
    min_strength: float = 1.0,
) -> list[Association]:
    """Derives word–emotion associations from texts with emotion labels.

    ``strength = log2(p(word | emotion) / p(word | no emotion))``, counted in
    texts with add-half smoothing; kept where its lower 95 % bound is above 0
    and it is at least ``min_strength``. Function words and contractions are left
    out: they go with the grammar of a comment, not with its emotion.

    Args:
        texts: pairs of a text and its labels.
        groups: emotion → labels gathered under it.
        min_count: least texts with the word and the emotion.
        min_strength: least strength, in bits.
    """
    emotion_of = {label: emotion for emotion, labels in groups.items() for label in labels}
    with_word: Counter[str] = Counter()
    with_both: Counter[tuple[str, str]] = Counter()
    with_emotion: Counter[str] = Counter()
    total = 0
    for text, labels in texts:
        words = {word.text for word in split_words(text)}
        emotions = {emotion_of[label] for label in labels if label in emotion_of}
        total += 1
        with_word.update(words)
        with_emotion.update(emotions)
        with_both.update((word, emotion) for word in words for emotion in emotions)
    kept = []
    for (word, emotion), both in with_both.items():
        if both < min_count or len(word) < 3 or word in ENGLISH_STOP_WORDS or "'" in word:
            continue
        inside, outside = with_emotion[emotion], total - with_emotion[emotion]
        other = with_word[word] - both
        ratio = math.log(((both + 0.5) / (inside + 1)) / ((other + 0.5) / (outside + 1)))
        error = math.sqrt(1 / (both + 0.5) + 1 / (other + 0.5))
        strength = ratio / math.log(2)
        if ratio - 1.96 * error > 0 and strength >= min_strength:
            kept.append(Association(word, emotion, strength, both))
    return sorted(kept, key=lambda a: (a.word, a.emotion))


def read_goemotions(file: Path) -> list[tuple[str, tuple[str, ...]]]:
    """Reads a GoEmotions CSV with the columns text and label, labels joined by ``|``.

    Raises:
        InputError: the file is missing or lacks a column.
    """
    if not file.is_file():
        raise InputError(f"The file {file} is missing: expected a CSV with text and label.")
    with file.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        if not {"text", "label"} <= set(reader.fieldnames or ()):
            raise InputError(f"{file} lacks a column: expected text and label.")
        return [(row["text"], tuple(row["label"].split("|"))) for row in reader]


def save_lexicon(associations: Sequence[Association], file: Path, notes: Sequence[str]) -> None:
    """Writes associations as ``load_lexicon`` reads them, with ``notes`` as comments."""
    lines = [f"# {note}" for note in notes]
    lines += [f"{a.word}\t{a.emotion}\t{a.strength:.2f}\t{a.count}" for a in associations]
    partial = file.with_suffix(".part")
    partial.write_text("\n".join(lines) + "\n", "utf-8")
    partial.replace(file)
