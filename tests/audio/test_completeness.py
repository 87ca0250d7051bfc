"""Missing parts are seen in the structure of a file."""

from __future__ import annotations

import time

import numpy as np
import pytest

from mhkd.audio.completeness import check_boxes, is_cut_mp3, is_cut_mp4, is_cut_ogg, skip_id3
from mhkd.errors import AudioError
from tests.audio.making import make_tone, write_by_pyav, write_by_soundfile

_NOISE = np.random.default_rng(1).normal(0, 0.1, 44_100 * 3).astype(np.float32)
_MP3 = write_by_soundfile(_NOISE, 44_100, "MP3")
_OGG = write_by_soundfile(_NOISE, 44_100, "OGG")


def test_whole_files_are_whole() -> None:
    assert not is_cut_mp3(_MP3, 0)
    assert not is_cut_mp3(write_by_pyav(make_tone(1, 8_000), 8_000, "mp3", "libmp3lame"), 0)
    assert not is_cut_ogg(_OGG)


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 24_000, 32_000, 44_100, 48_000])
def test_frames_are_followed_at_every_rate(rate_hz: int) -> None:
    mp3 = write_by_soundfile(make_tone(2, rate_hz), rate_hz, "MP3")
    assert not is_cut_mp3(mp3, 0)
    assert is_cut_mp3(mp3[: len(mp3) - 20], 0)


def test_an_id3_tag_at_the_end_is_no_damage() -> None:
    assert not is_cut_mp3(_MP3 + b"TAG" + bytes(125), 0)


def test_damage_inside_an_mp3_is_seen() -> None:
    middle = len(_MP3) // 2
    assert is_cut_mp3(_MP3[:middle] + bytes(2_000) + _MP3[middle + 2_000 :], 0)


def test_a_cut_or_damaged_ogg_is_seen() -> None:
    assert is_cut_ogg(_OGG[: len(_OGG) // 2])
    last_page = _OGG.rfind(b"OggS")
    assert is_cut_ogg(_OGG[:last_page])
    assert is_cut_ogg(_OGG[:last_page] + b"OggX" + _OGG[last_page + 4 :])


def test_id3_is_skipped() -> None:
    assert skip_id3(b"ID3\x04\x00\x00\x00\x00\x01\x00" + bytes(128) + _MP3) == 138
    assert skip_id3(_MP3[_MP3.find(b"\xff") :]) == 0


def test_boxes_of_an_mp4() -> None:
    whole = write_by_pyav(make_tone(1, 48_000), 48_000, "mp4", "aac", movflags="faststart")
    check_boxes(whole)
    assert not is_cut_mp4(whole)
    assert is_cut_mp4(whole[:-100])
    damaged = bytearray(whole)
    damaged[4:8] = b"\xff\xff\xff\xff"
    with pytest.raises(AudioError, match="damaged"):
        check_boxes(bytes(damaged))


def test_crafted_files_end_the_walk_early() -> None:
    # 25 MB of the smallest units; the walk is bounded, so ten times less takes as long.
    def walk(size: int) -> float:
        started = time.process_time()
        is_cut_ogg((b"OggS" + bytes(23)) * (size // 27))
        is_cut_mp4(b"\x00\x00\x00\x08free" * (size // 8))
        return time.process_time() - started

    small = walk(2_700_000)
    assert walk(25_000_000) < 5 * small + 0.5
