"""What an upload is, told from its first bytes before any decoder sees it.

Content decides, never the file name. WAV, FLAC, AIFF and CAF headers are read
here, because a decoder believes what a header says and some codecs inside
these containers have had memory faults (libsndfile's ADPCM). Nothing here
allocates more than the upload itself.

Sources: Multimedia Programming Interface (RIFF WAVE); RFC 9639 (FLAC); AIFF-C
draft, Apple 1991; Apple Core Audio Format Specification 1.0.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from mhkd import limits
from mhkd.audio.completeness import check_boxes, is_cut_mp3, is_cut_mp4, is_cut_ogg, skip_id3
from mhkd.errors import AudioError

Container = Literal["wav", "flac", "ogg", "mp3", "aiff", "caf", "mp4", "matroska", "aac", "amr"]
Decoder = Literal["libsndfile", "pyav"]

ACCEPTED: Final = "WAV, FLAC, OGG, Opus, MP3, AIFF, CAF, M4A, AAC, MP4, WebM, MKA, 3GP or AMR"
CURE: Final = "Convert it to WAV, MP3 or M4A and try again."

_PCM, _FLOAT, _ALAW, _MULAW, _EXTENSIBLE = 0x0001, 0x0003, 0x0006, 0x0007, 0xFFFE
_WAV_BITS: Final = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64), _ALAW: (8,), _MULAW: (8,)}
_WAV_NAMES: Final = {
    0x0002: "Microsoft ADPCM",
    0x0011: "IMA ADPCM",
    0x0031: "GSM 6.10",
    0x0055: "MP3 inside WAV",
    0x0160: "Windows Media Audio",
    0x0161: "Windows Media Audio",
}
_AIFC_CODECS: Final = frozenset(
    b"NONE twos sowt in24 in32 fl32 FL32 fl64 FL64 ulaw ULAW alaw ALAW".split()
)
_CAF_CODECS: Final = frozenset((b"lpcm", b"ulaw", b"alaw"))
_MAX_CHUNKS: Final = 1_000  # real files have some ten
_STREAMED_SIZES: Final = (0, 0xFFFFFFFF)
_FTYP_PICTURES: Final = (b"heic", b"heix", b"mif1", b"msf1", b"avif")

_FOREIGN: Final = (
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF document"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a program"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media (WMA)"),
    (b"RF64", "a 64-bit WAV (RF64)"),
    (b"RIFX", "a big-endian WAV (RIFX)"),
    (b"riff", "a Wave64 file"),
    (b"wvpk", "a WavPack file"),
    (b"MAC ", "a Monkey's Audio file"),
    (b"MThd", "a MIDI file, which holds notes and no sound"),
    (b".snd", "an AU file"),
    (b"FLV", "a Flash video"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file it stands for"),
)


@dataclass(frozen=True)
class _Chunk:
    name: bytes
    body: int
    size: int


@dataclass(frozen=True)
class _Layout:
    frame_bytes: int
    rate_hz: int


@dataclass(frozen=True)
class Header:
    """What the first look at an upload tells.

    Attributes:
        container: kind of file.
        decoder: the library that will decode it.
        declared_s: length in seconds that the header promises, or None.
        cut: the structure shows that part of the recording is missing.
        size_field: where a WAV's unwritten data size stands, or None. Its
            writer streamed and never came back to fill it in.
    """

    container: Container
    decoder: Decoder
    declared_s: float | None = None
    cut: bool = False
    size_field: int | None = None


def read_header(data: bytes) -> Header:
    """Tells the container by content and checks what its header promises.

    Raises:
        AudioError: not an accepted kind of file, a codec that is not accepted,
            or a rate, channel count or length outside the limits.
    """
    start = skip_id3(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return _read_wav(data)
    if data[start : start + 4] == b"fLaC":
        return _read_flac(data, start)
    if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        return _read_aiff(data)
    if data[:4] == b"caff":
        return _read_caf(data)
    if data[:4] == b"OggS":
        return Header("ogg", "libsndfile", cut=is_cut_ogg(data))
    if data[4:8] in (b"ftyp", b"moov", b"mdat", b"wide") and data[8:12] not in _FTYP_PICTURES:
        check_boxes(data)
        return Header("mp4", "pyav", cut=is_cut_mp4(data))
    if data[:4] == b"\x1a\x45\xdf\xa3":
        return Header("matroska", "pyav")
    if data[:5] == b"#!AMR":
        return Header("amr", "pyav")
    return _read_frames(data, start)


def _read_frames(data: bytes, start: int) -> Header:
    """The header of AAC or MP3, which begin with their first frame."""
    sync = int.from_bytes(data[start : start + 2], "big")
    if sync & 0xFFF6 == 0xFFF0:
        return Header("aac", "pyav")
    if start or (sync & 0xFFE0 == 0xFFE0 and sync & 6):
        return Header("mp3", "libsndfile", cut=is_cut_mp3(data, start))
    raise AudioError(f"This is {_name_foreign(data)}. Expected a recording: {ACCEPTED}. {CURE}")


def check_rate(rate_hz: int) -> None:
    """Raises ``AudioError`` for a sample rate outside the limits."""
    if not limits.MIN_RATE_HZ <= rate_hz <= limits.MAX_RATE_HZ:
        raise AudioError(
            f"The recording has {rate_hz:,} samples per second; expected "
            f"{limits.MIN_RATE_HZ:,} to {limits.MAX_RATE_HZ:,}. "
            "Save it again at 16 000 or 44 100 samples per second."
        )


def check_channels(channels: int) -> None:
    """Raises ``AudioError`` for a number of channels outside the limits."""
    if not limits.MIN_CHANNELS <= channels <= limits.MAX_CHANNELS:
        raise AudioError(
            f"The recording has {channels:,} channels; expected "
            f"{limits.MIN_CHANNELS} to {limits.MAX_CHANNELS}. Save it again as mono or stereo."
        )


def check_length(seconds: float) -> None:
    """Raises ``AudioError`` for a recording that is longer than the limit."""
    if seconds > limits.MAX_AUDIO_S:
        raise AudioError(
            f"The recording is longer than {limits.MAX_AUDIO_S / 60:.0f} minutes, the most that "
            "is accepted. Cut it to the part that belongs to the post."
        )


def refuse_codec(found: str) -> AudioError:
    """The error for sound stored in a way that is not accepted."""
    return AudioError(f"The sound in this file is stored as {found}, which isn't accepted. {CURE}")


def _refuse_damaged(what: str, problem: str) -> AudioError:
    return AudioError(
        f"This looks like {what}, but its header is damaged: {problem}. "
        "Record it or export it again, as WAV, MP3 or M4A."
    )


def _name_foreign(data: bytes) -> str:
    for magic, name in _FOREIGN:
        if data.startswith(magic):
            return name
    if data[:4] == b"RIFF":
        return "a RIFF file that is not WAV (such as AVI or WebP)"
    if data[4:8] == b"ftyp":
        return "a picture (HEIC or AVIF)"
    opening = data[:512].lstrip().lower()
    if opening.startswith((b"<!doctype html", b"<html")):
        return "a web page (perhaps an error page saved in place of the recording)"
    if opening and all(byte in b"\t\r\n" or 32 <= byte < 127 for byte in opening):
        return "plain text"
    return "a file of an unknown kind"


def _read_wav(data: bytes) -> Header:
    form: bytes | None = None
    for chunk in _walk_chunks(data, "<4sI"):
        if chunk.name == b"fmt ":
            form = data[chunk.body : chunk.body + min(chunk.size, 40)]
            if chunk.size < 16 or chunk.body + chunk.size > len(data):
                raise _refuse_damaged("a WAV file", "its format block is cut or of impossible size")
        elif chunk.name == b"data":
            if form is None:
                raise _refuse_damaged("a WAV file", "sound comes before its format block")
            return _measure_wav(data, _check_wav_format(form), chunk)
    missing = "format" if form is None else "sound"
    raise _refuse_damaged("a WAV file", f"it has no {missing} block")


def _walk_chunks(data: bytes, layout: str) -> Iterator[_Chunk]:
    """The first chunks of a RIFF or FORM file; ``layout`` is of their heads."""
    position = 12
    for _ in range(_MAX_CHUNKS):
        if position + 8 > len(data):
            return
        name, size = struct.unpack_from(layout, data, position)
        yield _Chunk(name, position + 8, size)
        position += 8 + size + size % 2


def _check_wav_format(form: bytes) -> _Layout:
    tag, channels, rate, _, block, bits = struct.unpack_from("<HHIIHH", form)
    if tag == _EXTENSIBLE:
        if len(form) < 40:
            raise _refuse_damaged("a WAV file", "its extended format block is cut")
        tag = struct.unpack_from("<H", form, 24)[0]
    if tag not in _WAV_BITS:
        raise refuse_codec(_WAV_NAMES.get(tag, f"WAV codec 0x{tag:04X}"))
    if bits not in _WAV_BITS[tag]:
        raise refuse_codec(f"samples of {bits} bits")
    check_rate(rate)
    check_channels(channels)
    if block != channels * bits // 8:
        raise _refuse_damaged("a WAV file", "channels, bits and block size contradict each other")
    return _Layout(block, rate)


def _measure_wav(data: bytes, layout: _Layout, chunk: _Chunk) -> Header:
    size, available = chunk.size, len(data) - chunk.body
    riff_size = struct.unpack_from("<I", data, 4)[0]
    unwritten = size == 0 and available > 0 and riff_size in _STREAMED_SIZES
    streamed = size >= 0xFFFFFF00  # written to a pipe: the length was never known
    frames = size // layout.frame_bytes
    present = available // layout.frame_bytes
    real = present if unwritten else min(frames, present)
    check_length(real / layout.rate_hz)
    return Header(
        "wav",
        "libsndfile",
        declared_s=None if unwritten or streamed else frames / layout.rate_hz,
        cut=unwritten,
        size_field=chunk.body - 4 if unwritten else None,
    )


def _read_flac(data: bytes, start: int) -> Header:
    if len(data) < start + 42 or data[start + 4] & 0x7F != 0:
        raise _refuse_damaged("a FLAC file", "its stream information is missing")
    packed = int.from_bytes(data[start + 18 : start + 26], "big")
    rate = packed >> 44
    check_rate(rate)
    check_channels((packed >> 41 & 0b111) + 1)
    frames = packed & (1 << 36) - 1
    check_length(frames / rate)
    return Header("flac", "libsndfile", declared_s=frames / rate if frames else None)


def _read_aiff(data: bytes) -> Header:
    for chunk in _walk_chunks(data, ">4sI"):
        if chunk.name != b"COMM":
            continue
        if chunk.size < 18 or chunk.body + chunk.size > len(data):
            break
        body = chunk.body
        channels, frames = struct.unpack_from(">HI", data, body)
        check_channels(channels)
        codec = data[body + 18 : body + 22] if data[8:12] == b"AIFC" else b"NONE"
        if codec not in _AIFC_CODECS:
            raise refuse_codec(f"AIFF codec {_show_code(codec)}")
        rate = _read_extended(data[body + 8 : body + 18])
        check_rate(rate)
        check_length(min(frames, len(data)) / rate)
        return Header("aiff", "libsndfile", declared_s=frames / rate)
    raise _refuse_damaged("an AIFF file", "its format block is missing or cut")


def _read_extended(number: bytes) -> int:
    """The whole part of an 80-bit extended float, 0 where it is no sample rate."""
    exponent = int.from_bytes(number[:2], "big") - 16383
    mantissa = int.from_bytes(number[2:10], "big")
    return mantissa >> (63 - exponent) if 0 <= exponent < 31 else 0


def _read_caf(data: bytes) -> Header:
    if len(data) < 52 or data[8:12] != b"desc":
        raise _refuse_damaged("a CAF file", "its format block is missing or cut")
    rate, codec = struct.unpack_from(">d4s", data, 20)
    channels = struct.unpack_from(">I", data, 44)[0]
    if codec not in _CAF_CODECS:
        raise refuse_codec(f"CAF codec {_show_code(codec)}")
    check_rate(int(rate) if 0 <= rate < 2**31 else 0)
    check_channels(channels)
    return Header("caf", "libsndfile")


def _show_code(code: bytes) -> str:
    return code.decode("ascii", "replace") if code.isalnum() else f"0x{code.hex()}"
