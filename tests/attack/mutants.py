"""Recordings and what may become of them: the corpus that the decoder is fuzzed with."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tests.audio.making import make_tone, write_by_pyav, write_by_soundfile, write_wav

_MOST_BYTES = 120_000
_BY_SOUNDFILE = (
    *(("WAV", kind) for kind in ("PCM_U8", "PCM_16", "PCM_24", "FLOAT", "ULAW", "IMA_ADPCM")),
    *(("WAVEX", "PCM_16"), ("FLAC", "PCM_16"), ("FLAC", "PCM_24"), ("AIFF", "PCM_16")),
    *(("AIFF", "FLOAT"), ("CAF", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS")),
    ("MP3", "MPEG_LAYER_III"),
)
_BY_PYAV = (
    *(("mp4", "aac", ""), ("mp4", "aac", "frag_keyframe+empty_moov"), ("mp4", "alac", "")),
    *(("adts", "aac", ""), ("webm", "libopus", ""), ("matroska", "pcm_s16le", "")),
    ("matroska", "ac3", ""),
)
_TELLING = (0, 1, 0x7F, 0x80, 0xFF)
_WORDS = (0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xFFFF_FFFE, 0x0001_0000)


def make_recordings() -> list[bytes]:
    """Short recordings of every accepted kind, and some that are not accepted."""
    tone = make_tone(0.4, 48_000)
    files = [write_by_soundfile(tone, 48_000, kind, subtype) for kind, subtype in _BY_SOUNDFILE]
    files += [write_by_pyav(tone, 48_000, kind, codec, movflags=f) for kind, codec, f in _BY_PYAV]
    stereo = np.stack([tone, -tone], axis=1)
    files += [write_by_soundfile(stereo, 48_000, kind) for kind in ("WAV", "FLAC", "OGG")]
    return [*files, write_wav(b"\x00\x10" * 800, data_size=0, riff_size=0), b"#!AMR\n" + bytes(64)]


def read_corpus() -> list[bytes]:
    """The smaller files of the folder that ``MHKD_CORPUS`` names; none where it is not set."""
    folder = os.environ.get("MHKD_CORPUS")
    if folder is None:
        return []
    files = sorted(file for file in Path(folder).rglob("*") if file.is_file())
    return [
        file.read_bytes()
        for file in files
        if file.suffix != ".csv" and 0 < file.stat().st_size <= _MOST_BYTES
    ]


def mutate(files: Sequence[bytes], number: int) -> bytes:
    """Mutant ``number`` of a corpus; the same each time."""
    dice = np.random.default_rng(number)
    data = bytearray(files[number % len(files)])
    for _ in range(int(dice.integers(1, 4))):
        way = _WAYS[int(dice.integers(len(_WAYS)))]
        data = way(data, files, dice)[: 2 * _MOST_BYTES]
    return bytes(data)


Way = Callable[[bytearray, Sequence[bytes], np.random.Generator], bytearray]


def _place(data: bytearray, dice: np.random.Generator) -> int:
    """Anywhere, and half of the time in the header."""
    reach = min(len(data), 256) if dice.random() < 0.5 else len(data)
    return int(dice.integers(max(reach, 1)))


def _flip_bits(data: bytearray, _: Sequence[bytes], dice: np.random.Generator) -> bytearray:
    for _n in range(int(dice.integers(1, 33)) if data else 0):
        data[_place(data, dice)] ^= 1 << int(dice.integers(8))
    return data


def _set_bytes(data: bytearray, _: Sequence[bytes], dice: np.random.Generator) -> bytearray:
    for _n in range(int(dice.integers(1, 9)) if data else 0):
        data[_place(data, dice)] = _TELLING[int(dice.integers(len(_TELLING)))]
    return data


def _set_words(data: bytearray, _: Sequence[bytes], dice: np.random.Generator) -> bytearray:
    if len(data) >= 8:
        place = min(_place(data, dice), len(data) - 4)
        order = "<I" if dice.random() < 0.5 else ">I"
        data[place : place + 4] = struct.pack(order, _WORDS[int(dice.integers(len(_WORDS)))])
    return data


def _cut(data: bytearray, _: Sequence[bytes], dice: np.random.Generator) -> bytearray:
    return data[: _place(data, dice)]


def _drop(data: bytearray, _: Sequence[bytes], dice: np.random.Generator) -> bytearray:
    place = _place(data, dice)
    return data[:place] + data[place + int(dice.integers(1, 4_096)) :]


def _repeat(data: bytearray, _: Sequence[bytes], dice: np.random.Generator) -> bytearray:
    place, length = _place(data, dice), int(dice.integers(1, 4_096))
    times = int(dice.integers(2, 9))
    return data[:place] + data[place : place + length] * times + data[place + length :]


def _insert(data: bytearray, _: Sequence[bytes], dice: np.random.Generator) -> bytearray:
    place = _place(data, dice)
    return data[:place] + dice.bytes(int(dice.integers(1, 512))) + data[place:]


def _splice(data: bytearray, files: Sequence[bytes], dice: np.random.Generator) -> bytearray:
    other = files[int(dice.integers(len(files)))]
    return data[: _place(data, dice)] + other[int(dice.integers(max(len(other), 1))) :]


_WAYS: tuple[Way, ...] = (
    *(_flip_bits, _flip_bits, _set_bytes, _set_words, _set_words),
    *(_cut, _drop, _repeat, _insert, _splice),
)
