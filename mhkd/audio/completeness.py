"""Whether an upload's structure shows that part of it is missing.

Decoders pass over missing frames in silence, so the frames of MP3, the pages
of Ogg and the boxes of MP4 are followed here. Only lengths are read.

Sources: ISO/IEC 11172-3 and 13818-3 (MPEG audio frames); RFC 3533 (Ogg pages);
ISO/IEC 14496-12 (boxes); id3.org (ID3v2.4).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mhkd.errors import AudioError

_KBPS_V1: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBPS_V2: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES_V1: Final = (44_100, 48_000, 32_000)
_TAGS: Final = (b"TAG", b"APETAGEX", b"LYRICS", b"ID3")
# More frames, pages or boxes than the longest accepted recording has, so that a
# crafted file can't keep the walk going for seconds.
_MAX_STEPS: Final = 100_000
_LAYER_3: Final = 1
_VERSION_1: Final = 3


@dataclass(frozen=True)
class _Box:
    name: bytes
    end: int


def skip_id3(data: bytes) -> int:
    """Where the sound begins after ID3v2 tags at the start; 0 without one."""
    position = 0
    while data[position : position + 3] == b"ID3" and len(data) >= position + 10:
        size = 0
        for byte in data[position + 6 : position + 10]:
            size = size << 7 | byte & 0x7F
        position += 10 + size
    return position


def is_cut_mp3(data: bytes, start: int) -> bool:
    """True if frames are damaged inside, the last is cut, or some are missing.

    The number of frames is known where the encoder wrote it (Xing or Info tag).
    """
    position = _find_frames(data, start)
    if position is None:
        return False
    promised = _read_promised_frames(data, position)
    found = 0
    while position + 4 <= len(data) and found < _MAX_STEPS:
        length = _measure_frame(data, position)
        if length is None:
            ended = data.startswith(_TAGS, position) or _find_frames(data, position) is None
            return not ended or found < promised
        position += length
        found += 1
    cut = position > len(data)
    return cut or found - cut < promised


def is_cut_ogg(data: bytes) -> bool:
    """True if a page is damaged or cut, or the last page does not end its stream."""
    position, ended = 0, False
    for _ in range(_MAX_STEPS):
        if position >= len(data):
            break
        if data[position : position + 4] != b"OggS" or position + 27 > len(data):
            return True
        segments = data[position + 26]
        table = data[position + 27 : position + 27 + segments]
        ended = bool(data[position + 5] & 4)
        position += 27 + segments + sum(table)
    return position != len(data) or not ended


def check_boxes(data: bytes) -> None:
    """Raises ``AudioError`` unless the top of an MP4 file is a row of boxes with an index."""
    names = {box.name for box in _walk_boxes(data)}
    if not all(all(32 <= byte < 127 for byte in name) for name in names):
        raise AudioError(
            "This looks like an M4A or MP4 file, but its structure is damaged. "
            "Record it or export it again, as WAV, MP3 or M4A."
        )
    if b"moov" not in names:
        raise AudioError(
            "This M4A or MP4 file has no index, so its sound can't be found: the recording "
            "or the transfer was broken off. Copy it again from where it was made."
        )


def is_cut_mp4(data: bytes) -> bool:
    """True if the last box of an MP4 file reaches beyond the file."""
    return any(box.end > len(data) for box in _walk_boxes(data))


def _walk_boxes(data: bytes) -> Iterator[_Box]:
    position = 0
    for _ in range(_MAX_STEPS):
        if position + 8 > len(data):
            return
        size, name = struct.unpack_from(">I4s", data, position)
        if size == 1 and position + 16 <= len(data):
            size = struct.unpack_from(">Q", data, position + 8)[0]
        elif size == 0:
            size = len(data) - position
        position += max(size, 8)
        yield _Box(name, position)


def _find_frames(data: bytes, start: int) -> int | None:
    """Where two MP3 frames follow each other, or None."""
    position = data.find(b"\xff", start)
    while position != -1:
        length = _measure_frame(data, position)
        if length is not None and _measure_frame(data, position + length) is not None:
            return position
        position = data.find(b"\xff", position + 1)
    return None


def _measure_frame(data: bytes, position: int) -> int | None:
    """Length in bytes of the MPEG layer III frame at ``position``, or None."""
    if position + 4 > len(data):
        return None
    sync, coded = data[position : position + 2], data[position + 2]
    version, layer = sync[1] >> 3 & 3, sync[1] >> 1 & 3
    bitrate, rate = coded >> 4, coded >> 2 & 3
    unknown = version == 1 or layer != _LAYER_3 or bitrate in (0, 15) or rate == 3
    if sync[0] != 0xFF or sync[1] < 0xE0 or unknown:
        return None
    first = version == _VERSION_1
    kbps = (_KBPS_V1 if first else _KBPS_V2)[bitrate]
    rate_hz = _RATES_V1[rate] // {_VERSION_1: 1, 2: 2, 0: 4}[version]
    return (144 if first else 72) * kbps * 1000 // rate_hz + (coded >> 1 & 1)


def _read_promised_frames(data: bytes, position: int) -> int:
    """Frames that the Xing or Info tag of the first frame promises, itself included."""
    frame = data[position : position + 64]
    found = next(filter(lambda at: at != -1, map(frame.find, (b"Xing", b"Info"))), -1)
    if found == -1 or len(frame) < found + 12 or not frame[found + 7] & 1:
        return 0
    return int.from_bytes(frame[found + 8 : found + 12], "big") + 1
