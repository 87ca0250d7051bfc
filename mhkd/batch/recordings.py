"""The recordings of a batch: one ZIP file, or a folder. Nothing is ever unpacked to disk.

Names, of rows and of files, are keys to compare and never paths: a row can reach no file but
those that were listed.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from mhkd.errors import AudioError, InputError
from mhkd.limits import MAX_TABLE_ROWS, MAX_UPLOAD_BYTES

IS_A_LINK = "This recording is a link to another file. Give the recording itself."
TOO_LARGE = (
    f"This recording has more than {MAX_UPLOAD_BYTES // 1024**2} MB. Save it as MP3 or M4A, or "
    "cut it to the part that belongs to the post."
)


@dataclass(frozen=True, eq=False)
class Entry:
    """One file among the recordings.

    Attributes:
        name: as it is listed, with folders.
        read: gives its content, at most ``MAX_UPLOAD_BYTES``; raises ``AudioError``.
        refusal: why it can't be used, None where it may.
    """

    name: str
    read: Callable[[], bytes]
    refusal: str | None = None


class Recordings:
    """Recordings by their names.

    Args:
        entries: the files.
        identity: the same for the same files.
        close: called when they are not needed any more.

    Raises:
        InputError: there is no file, or none that can be used.
    """

    def __init__(
        self, entries: Iterable[Entry], identity: str, close: Callable[[], None] | None = None
    ) -> None:
        self.identity, self._close = identity, close
        self._by_name: dict[str, list[Entry]] = {}
        self._by_last: dict[str, list[Entry]] = {}
        reasons: list[str | None] = []
        for entry in entries:
            name = tidy_name(entry.name)
            last = name.rsplit("/", 1)[-1]
            if not last or last.startswith(("._", ".DS_Store")):
                continue  # what a Mac writes beside each file
            self._by_name.setdefault(name, []).append(entry)
            self._by_last.setdefault(last, []).append(entry)
            reasons.append(entry.refusal)
        if not reasons:
            raise InputError("There is no file among the recordings: expected at least one.")
        if None not in reasons:
            raise InputError(f"None of the {len(reasons):,} recordings can be used. {reasons[0]}")
        self._count = len(reasons)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, name: object) -> bool:
        try:
            return self._find(str(name)).refusal is None
        except AudioError:
            return False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, name: str) -> bytes:
        """The content of the recording that a row names.

        It is looked for by its whole name, and else by its last part, where only one has it.

        Raises:
            AudioError: there is none of this name, or it can't be used. Names are not quoted.
        """
        entry = self._find(name)
        if entry.refusal is not None:
            raise AudioError(entry.refusal)
        return entry.read()

    def close(self) -> None:
        """Lets go of the files."""
        if self._close is not None:
            self._close()

    def _find(self, name: str) -> Entry:
        wanted = tidy_name(name)
        exact = self._by_name.get(wanted, [])
        if len(exact) > 1:
            raise AudioError(
                "Two recordings have exactly this name, so it is not clear which is meant. "
                "Rename one of them."
            )
        found = exact or self._by_last.get(wanted.rsplit("/", 1)[-1], [])
        if len(found) > 1:
            raise AudioError(
                "Several recordings have this file name, in different folders. "
                "Write the folder before the name."
            )
        if not found:
            raise AudioError("There is no recording of this name among those given.")
        return found[0]


def tidy_name(name: str) -> str:
    """A name as it is compared: composed letters, slashes, no ``./`` in front."""
    told = unicodedata.normalize("NFC", name).strip().replace("\\", "/")
    while told.startswith("./"):
        told = told[2:]
    return told


def open_recordings(place: Path) -> Recordings:
    """The recordings in a ZIP file, or in a folder and those below it.

    Raises:
        InputError: there is no such place, it can't be read, or a limit is exceeded.
    """
    if place.is_dir():
        return _list_folder(place)
    from mhkd.batch.archive import open_archive

    try:
        file = place.open("rb")
    except OSError as fault:
        raise InputError(f"{place} can't be read: {fault.strerror}.") from fault
    return open_archive(file)


def _list_folder(folder: Path) -> Recordings:
    entries: list[Entry] = []
    told: list[object] = []
    for parent, _, names in os.walk(folder):  # links to folders are not followed
        for name in sorted(names):
            file = Path(parent, name)
            if len(entries) >= MAX_TABLE_ROWS:
                raise InputError(f"{folder} holds more than {MAX_TABLE_ROWS:,} files.")
            try:
                facts = file.lstat()
            except OSError as fault:
                raise InputError(f"{file} can't be read: {fault.strerror}.") from fault
            told.append((str(file), facts.st_size, facts.st_mtime_ns))
            entries.append(_enter_file(folder, file))
    return Recordings(entries, identify(told))


def identify(told: Sequence[object]) -> str:
    """A hash of what is listed."""
    import hashlib

    listed = repr(sorted(map(repr, told))).encode("utf-8", "surrogateescape")
    return hashlib.sha256(listed).hexdigest()


def _enter_file(folder: Path, file: Path) -> Entry:
    def read() -> bytes:
        try:
            with file.open("rb") as opened:
                content = opened.read(MAX_UPLOAD_BYTES + 1)
        except OSError as fault:
            raise AudioError(f"This recording can't be read: {fault.strerror}.") from fault
        return check_size(content)

    refusal = None
    if file.is_symlink():
        refusal = IS_A_LINK
    elif not file.is_file():
        refusal = "This is no file that holds a recording."
    return Entry(file.relative_to(folder).as_posix(), read, refusal)


def check_size(content: bytes) -> bytes:
    """The content, unless it is beyond the limit; raises ``AudioError``."""
    if len(content) > MAX_UPLOAD_BYTES:
        raise AudioError(TOO_LARGE)
    return content
