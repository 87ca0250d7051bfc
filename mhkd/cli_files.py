"""What the commands read and write: a post, a recording, JSON, the stage at work."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mhkd.errors import InputError
from mhkd.limits import MAX_CHARS, MAX_UPLOAD_BYTES

if TYPE_CHECKING:
    from mhkd.analyser import OnProgress
    from mhkd.analysis import Progress
    from mhkd.post import Recording

_MAX_TEXT_BYTES = 8 * MAX_CHARS  # longer is refused unread; check_text counts the characters


def print_json(value: Any) -> None:
    """Prints one JSON object."""
    typer.echo(json.dumps(value, allow_nan=False, indent=2))


def read_text(text: str | None, file: Path | None) -> str:
    """The post that was given by --text or --text-file.

    Raises:
        InputError: neither or both were given, or the file can't be read.
    """
    if (text is None) == (file is None):
        raise InputError("Give the post with either --text or --text-file.")
    if text is not None:
        return text
    content = _read_bytes(Path(str(file)), _MAX_TEXT_BYTES, f"{MAX_CHARS:,} characters")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise InputError(f"{file} is not text in UTF-8. Save it as UTF-8.") from fault


def read_audio(file: Path) -> Recording:
    """The recording in a file.

    Raises:
        InputError: it can't be read, or is larger than an upload may be.
    """
    from mhkd.analyser import read_recording

    limit = f"{MAX_UPLOAD_BYTES // 1024**2} MB"
    return read_recording(_read_bytes(file, MAX_UPLOAD_BYTES, limit))


def _read_bytes(file: Path, max_bytes: int, limit: str) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(max_bytes + 1)
    except OSError as fault:
        raise InputError(f"{file} can't be read: {fault.strerror}.") from fault
    if len(content) > max_bytes:
        raise InputError(f"{file} is too large: expected at most {limit}. Give a shorter one.")
    return content


def write_wav(recording: Recording, file: Path) -> None:
    """Writes a recording as 16-bit WAV.

    Raises:
        InputError: it can't be written.
    """
    import soundfile

    content = io.BytesIO()  # soundfile does not tell why a file took no more
    soundfile.write(content, recording.samples, recording.rate_hz, format="WAV", subtype="PCM_16")
    partial = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        partial.write_bytes(content.getbuffer())
        partial.replace(file)
    except OSError as fault:
        raise InputError(f"{file} can't be written: {fault.strerror}.") from fault
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def show_status() -> Iterator[OnProgress | None]:
    """The stage at work, where standard error is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status("opening") as status:

        def tell(progress: Progress) -> None:
            status.update(f"{progress.stage} ({progress.fraction:.0%})")

        yield tell
