"""The recordings in a ZIP file. It may come from anybody.

Its list of files is read up to a size, then counted. A file is unpacked in memory when it is
asked for, up to one byte beyond the limit, whatever its header says.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, Final

from mhkd.batch.recordings import IS_A_LINK, Entry, Recordings, check_size, identify
from mhkd.errors import AudioError, InputError
from mhkd.limits import (
    MAX_ARCHIVE_BYTES,
    MAX_ARCHIVE_FILES,
    MAX_ARCHIVE_LIST_BYTES,
    MAX_UPLOAD_BYTES,
)

_FAULTS: Final = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    IndexError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
)
_ENCRYPTED, _UTF_8 = 0x1, 0x800
_KIND, _LINK = 0o170000, 0o120000
_GB: Final = 1024**3
_READ: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_TOO_MANY: Final = (
    f"The ZIP file lists more than {MAX_ARCHIVE_FILES:,} files. Give the batch in parts."
)
_TOO_MUCH: Final = (
    f"The recordings unpack to more than {MAX_ARCHIVE_BYTES // _GB} GB. Give the batch in parts."
)


def open_archive(file: BinaryIO) -> Recordings:
    """Lists a ZIP file; it is closed with the recordings.

    Raises:
        InputError: it is no ZIP file, damaged, or a limit is exceeded.
    """
    try:
        return _Archive(file).list_recordings()
    except InputError:
        file.close()
        raise
    except _FAULTS as fault:
        file.close()
        raise InputError(
            "The file can’t be read as a ZIP file: it is another kind of file, or damaged. "
            "Pack the recordings again."
        ) from fault


class _Watched:
    """A file whose list of files is given up to a size: it must be parsed to be counted."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.listed = file, False

    def read(self, size: int = -1, /) -> bytes:
        if not self.listed and size > MAX_ARCHIVE_LIST_BYTES:
            raise InputError(_TOO_MANY)
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()


class _Archive:
    def __init__(self, file: BinaryIO) -> None:
        watched = _Watched(file)
        self._zip = zipfile.ZipFile(watched)
        watched.listed = True
        self._file = file
        self._unpacked: dict[int, int] = {}  # where a file begins → its size as unpacked

    def list_recordings(self) -> Recordings:
        infos = self._zip.infolist()
        if len(infos) > MAX_ARCHIVE_FILES:
            raise InputError(_TOO_MANY)
        if sum(info.file_size for info in infos) > MAX_ARCHIVE_BYTES:
            raise InputError(_TOO_MUCH)
        told = [(info.filename, info.CRC, info.file_size, info.header_offset) for info in infos]
        return Recordings(self._enter(infos), identify(told), self._file.close)

    def _enter(self, infos: list[zipfile.ZipInfo]) -> Iterator[Entry]:
        for info in infos:
            name = _name(info)
            if not info.is_dir() and not name.startswith("__MACOSX/"):
                yield Entry(name, partial(self._read, info), _refuse(info))

    def _read(self, info: zipfile.ZipInfo) -> bytes:
        try:
            with self._zip.open(info) as opened:
                content = opened.read(MAX_UPLOAD_BYTES + 1)
        except _FAULTS as fault:
            raise AudioError(
                "This recording is damaged inside the ZIP file. Pack the recordings again."
            ) from fault
        self._unpacked[info.header_offset] = len(content)
        if sum(self._unpacked.values()) > MAX_ARCHIVE_BYTES:
            raise AudioError(_TOO_MUCH)
        return check_size(content)


def _name(info: zipfile.ZipInfo) -> str:
    """The name; some programs write UTF-8 without saying so."""
    if info.flag_bits & _UTF_8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _refuse(info: zipfile.ZipInfo) -> str | None:
    if info.flag_bits & _ENCRYPTED:
        return "This recording is encrypted with a password. Pack the recordings without one."
    if (info.external_attr >> 16) & _KIND == _LINK:
        return IS_A_LINK
    if info.compress_type not in _READ:
        return (
            "This recording is packed in a way that is not read here. Pack the recordings as a "
            "plain ZIP file (Deflate)."
        )
    return None
