"""Files are told by content, and headers are not believed."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhkd import limits
from mhkd.audio.header import Header, read_header
from mhkd.errors import AudioError
from tests.audio.making import make_tone, write_by_pyav, write_by_soundfile, write_wav

_BODY = b"\x00\x10" * 16_000


@pytest.mark.parametrize(
    ("kind", "container"),
    [("WAV", "wav"), ("FLAC", "flac"), ("OGG", "ogg"), ("MP3", "mp3"), ("AIFF", "aiff")]
    + [("CAF", "caf")],
)
def test_libsndfile_containers_are_told(kind: str, container: str) -> None:
    header = read_header(write_by_soundfile(make_tone(), 16_000, kind))
    assert (header.container, header.decoder, header.cut) == (container, "libsndfile", False)


@pytest.mark.parametrize(
    ("kind", "codec", "container"),
    [("ipod", "aac", "mp4"), ("webm", "libopus", "matroska"), ("adts", "aac", "aac")],
)
def test_pyav_containers_are_told(kind: str, codec: str, container: str) -> None:
    header = read_header(write_by_pyav(make_tone(1, 48_000), 48_000, kind, codec))
    assert (header.container, header.decoder, header.cut) == (container, "pyav", False)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "PNG"),
        (b"PK\x03\x04" + bytes(50), "ZIP"),
        (b"%PDF-1.7" + bytes(50), "PDF"),
        (b"<!DOCTYPE html><html>404</html>", "web page"),
        (b"Just some words.", "plain text"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11" + bytes(50), "WMA"),
        (b"RIFF\x00\x00\x00\x00AVI " + bytes(50), "AVI"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(50), "HEIC"),
        (bytes(100), "unknown"),
        (b"\xff", "unknown"),
    ],
)
def test_other_files_are_named_with_the_cure(data: bytes, found: str) -> None:
    with pytest.raises(AudioError, match=found) as refusal:
        read_header(data)
    assert "Convert it to WAV, MP3 or M4A" in refusal.value.public_message


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (write_wav(_BODY, tag=0x0011, bits=4), "IMA ADPCM"),
        (write_wav(_BODY, tag=0x0002, bits=4), "Microsoft ADPCM"),
        (write_wav(_BODY, tag=0xABCD), "0xABCD"),
        (write_wav(_BODY, tag=0xFFFE, extra=bytes(24)), "0x0000"),
        (write_wav(_BODY, bits=0), "0 bits"),
        (write_wav(_BODY, bits=13), "13 bits"),
        (write_wav(_BODY, tag=3, bits=16), "16 bits"),
        (write_wav(_BODY, rate_hz=0), "0 samples per second"),
        (write_wav(_BODY, rate_hz=7_999), "7,999 samples per second"),
        (write_wav(_BODY, rate_hz=2**32 - 1), "samples per second"),
        (write_wav(_BODY, channels=0), "0 channels"),
        (write_wav(_BODY, channels=9), "9 channels"),
        (write_wav(_BODY, channels=65_535), "65,535 channels"),
        (write_wav(_BODY, fmt_size=4_000_000_000), "format block"),
        (write_wav(_BODY)[:30], "format block"),
        (write_wav(_BODY)[:12], "no format block"),
        (write_wav(_BODY)[:36], "no sound block"),
        (write_wav(_BODY, tag=0xFFFE), "extended format"),
    ],
)
def test_wav_headers_that_cannot_be_true_are_refused(data: bytes, found: str) -> None:
    with pytest.raises(AudioError, match=found):
        read_header(data)


def test_a_wav_of_contradictory_block_size_is_refused() -> None:
    data = bytearray(write_wav(_BODY))
    data[32:34] = struct.pack("<H", 3)
    with pytest.raises(AudioError, match="contradict"):
        read_header(bytes(data))


def test_a_wav_that_declares_more_than_it_has_is_cut_and_not_allocated() -> None:
    declared = read_header(write_wav(_BODY, data_size=3_000_000_000)).declared_s
    assert declared == pytest.approx(3e9 / 32_000)
    assert read_header(write_wav(_BODY, data_size=2**32 - 1)).declared_s is None


def test_lengths_beyond_the_limit_are_refused_from_the_header() -> None:
    frames = int(limits.MAX_AUDIO_S * 8_000) + 8_000
    flac = bytearray(write_by_soundfile(np.zeros(8_000, np.int16), 8_000, "FLAC"))
    packed = int.from_bytes(flac[18:26], "big") >> 36 << 36 | frames
    flac[18:26] = packed.to_bytes(8, "big")
    for data in (bytes(flac), write_wav(bytes(frames), rate_hz=8_000, bits=8)):
        with pytest.raises(AudioError, match="10 minutes"):
            read_header(data)


def test_codecs_inside_aiff_and_caf_are_looked_at() -> None:
    aifc = write_by_soundfile(make_tone(), 16_000, "AIFF", "ALAW")
    assert read_header(aifc).container == "aiff"
    with pytest.raises(AudioError, match="ima4"):
        read_header(aifc.replace(b"alaw", b"ima4", 1))
    caf = write_by_soundfile(make_tone(), 16_000, "CAF")
    with pytest.raises(AudioError, match="alac"):
        read_header(caf.replace(b"lpcm", b"alac", 1))


@given(st.binary(max_size=300), st.sampled_from([b"", b"RIFF", b"fLaC", b"OggS", b"ID3", b"caff"]))
def test_any_bytes_give_a_header_or_a_refusal(data: bytes, magic: bytes) -> None:
    try:
        header = read_header(magic + data)
    except AudioError as refusal:
        assert refusal.public_message
    else:
        assert isinstance(header, Header)


_FILES = tuple(
    write_by_soundfile(make_tone(0.2), 16_000, kind)
    for kind in ("WAV", "FLAC", "OGG", "MP3", "AIFF", "CAF")
)


@given(st.sampled_from(_FILES), st.integers(0, 200), st.binary(min_size=1, max_size=8))
def test_any_damage_to_a_header_gives_a_header_or_a_refusal(
    file: bytes, place: int, damage: bytes
) -> None:
    try:
        header = read_header(file[:place] + damage + file[place + len(damage) :])
    except AudioError as refusal:
        assert refusal.public_message
    else:
        assert isinstance(header, Header)
