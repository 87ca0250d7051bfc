"""An audit log without content: who did what with which version, one line of JSON each.

Every line holds the hash of the line before, so that a line that was changed, dropped or
moved is found. A file beside the log holds the last hash, so that lines missing at the end
are found as well. Whoever can rewrite both files can rewrite history; keep a copy of the last
hash elsewhere to find that, too (``mhkd audit verify --head``).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mhkd import __version__
from mhkd.analysis import BundleReference
from mhkd.errors import CaseError

LOG_VARIABLE: Final = "MHKD_AUDIT_LOG"
KEY_VARIABLE: Final = "MHKD_AUDIT_KEY"
_FIRST: Final = "0" * 64
_KEY_BYTES: Final = 32
_ONE_AT_A_TIME: Final = threading.Lock()


@dataclass(frozen=True)
class Event:
    """What happened. No field holds anything of a post.

    Attributes:
        action: analysed, refused, kept, deleted, exported, …
        pseudonym: of the one who did it.
        settings: what was chosen. outcome: what came out, as labels and codes.
        text: the post; only its keyed hash reaches the log.
    """

    action: str
    pseudonym: str
    settings: Mapping[str, Any]
    outcome: Mapping[str, Any]
    bundle: BundleReference | None = None
    text: str | None = None


@dataclass(frozen=True)
class Verified:
    """A log that is whole: how many lines, and the hash of the last."""

    lines: int
    head: str


@dataclass(frozen=True)
class AuditLog:
    """A log file and the key that hides inputs from guessing."""

    file: Path
    key_file: Path

    @classmethod
    def configured(cls) -> AuditLog | None:
        """The log that ``MHKD_AUDIT_LOG`` names; None where it is not set."""
        given = os.environ.get(LOG_VARIABLE)
        if not given:
            return None
        file = Path(given)
        key = os.environ.get(KEY_VARIABLE)
        return cls(file, Path(key) if key else file.with_name(f"{file.name}.key"))

    def check(self) -> None:
        """Makes sure that an event could be noted now.

        Raises:
            CaseError: log or key can't be written or read.
        """
        with _saying_faults(self.file), _locked(self.file):
            self._read_key()
            _last(self.file)

    def note(self, event: Event) -> None:
        """Adds an event.

        Raises:
            CaseError: it could not be noted.
        """
        with _saying_faults(self.file), _locked(self.file):
            last = _last(self.file)
            entry: dict[str, Any] = {
                "line": last.lines + 1,
                "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "action": event.action,
                "pseudonym": event.pseudonym,
                "mhkd": __version__,
                "bundle": None if event.bundle is None else vars(event.bundle),
                "settings": dict(event.settings),
                "input_hmac": self._hide(event.text),
                "outcome": dict(event.outcome),
                "previous": last.head,
            }
            entry["hash"] = _hash(entry)
            _append(self.file, _write(entry))
            _replace(_head_file(self.file), f"{entry['line']} {entry['hash']}\n")

    def _hide(self, text: str | None) -> str | None:
        if text is None:
            return None
        content = text.encode("utf-8", "surrogatepass")
        return hmac.new(self._read_key(), content, hashlib.sha256).hexdigest()

    def _read_key(self) -> bytes:
        if not self.key_file.is_file():
            self.key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            place = os.open(self.key_file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(place, "wb") as stream:
                stream.write(secrets.token_bytes(_KEY_BYTES))
        key = self.key_file.read_bytes()
        if len(key) < _KEY_BYTES:
            raise CaseError(f"The key {self.key_file} is too short: expected {_KEY_BYTES} bytes.")
        return key


def verify_log(file: Path, head: str | None = None) -> Verified:
    """Reads a whole log and checks its chain.

    Args:
        file: the log.
        head: the last hash as noted elsewhere; None takes the one in the file beside the log.

    Raises:
        CaseError: the first line that was changed, or where one is missing or moved.
    """
    try:
        lines = file.read_text("utf-8").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError) as fault:
        raise CaseError(f"The audit log {file} can't be read ({type(fault).__name__}).") from fault
    hashes = [_FIRST]
    for number, line in enumerate(lines, start=1):
        entry = _parse(line, number)
        if entry["line"] != number or entry["previous"] != hashes[-1]:
            raise CaseError(f"Before line {number}, a line was dropped, added or moved.")
        hashes.append(str(entry["hash"]))
    if head is not None and head not in hashes:
        raise CaseError("The hash given is not in the log: lines were dropped or rewritten.")
    if head is None:
        noted = _read_head(file)
        if noted.lines >= len(hashes) or hashes[noted.lines] != noted.head:
            raise CaseError(
                f"Lines are missing at the end: {noted.lines} were noted, {len(lines)} found."
            )
    return Verified(len(lines), hashes[-1])


def _parse(line: str, number: int) -> dict[str, Any]:
    try:
        entry = json.loads(line)
        if isinstance(entry, dict) and _write(entry) == line and entry["hash"] == _hash(entry):
            return entry
    except (ValueError, KeyError):
        pass
    raise CaseError(f"Line {number} was changed.")


def _hash(entry: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in entry.items() if name != "hash"}
    return hashlib.sha256(_write(rest).encode("ascii")).hexdigest()


def _write(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n"


def _head_file(file: Path) -> Path:
    return file.with_name(f"{file.name}.head")


def _read_head(file: Path) -> Verified:
    try:
        lines, head = _head_file(file).read_text("ascii").split()
        return Verified(int(lines), head)
    except (OSError, ValueError) as fault:
        raise CaseError(
            f"{_head_file(file)} is missing or damaged. Give the last hash with --head."
        ) from fault


def _last(file: Path) -> Verified:
    """Where the chain goes on. A line that was written without its head is taken up."""
    if not file.is_file() or file.stat().st_size == 0:
        if _head_file(file).is_file() and _read_head(file).lines:
            raise CaseError(f"The audit log {file} was emptied. Put it back, or start a new one.")
        return Verified(0, _FIRST)
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - 1_000_000))
        line = stream.read().splitlines(keepends=True)[-1].decode("utf-8", "replace")
    try:
        entry = json.loads(line)
        return Verified(int(entry["line"]), str(entry["hash"]))
    except (ValueError, KeyError, TypeError) as fault:
        raise CaseError(
            f"The last line of {file} is damaged. Run: mhkd audit verify {file}"
        ) from fault


def _append(file: Path, line: str) -> None:
    """Adds a line whole or not at all: half of one, on a full disk, would break the chain."""
    place = os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    try:
        before = os.fstat(place).st_size
        try:
            rest = line.encode("ascii")
            while rest:
                rest = rest[os.write(place, rest) :]
            os.fsync(place)
        except OSError:
            os.ftruncate(place, before)
            raise
    finally:
        os.close(place)


def _replace(file: Path, content: str) -> None:
    partial = file.with_name(f"{file.name}.part")
    place = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(place, "w", encoding="ascii") as stream:
            stream.write(content)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """One writer at a time, also among processes where the system has file locks."""
    with _ONE_AT_A_TIME:
        file.parent.mkdir(parents=True, exist_ok=True)
        if sys.platform == "win32":
            yield
            return
        import fcntl

        place = os.open(file.with_name(f"{file.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(place, fcntl.LOCK_EX)
            yield
        finally:
            os.close(place)


@contextmanager
def _saying_faults(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise CaseError(
            f"The audit log {file} can't be written: {fault.strerror}. Nothing is analysed "
            f"without it; mend it, or unset {LOG_VARIABLE}."
        ) from fault
