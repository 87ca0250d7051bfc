"""What is measured of a finished bundle, put into it: reports, and sections of its card."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mhkd.bundle import MANIFEST
from mhkd.errors import BundleError
from mhkd.manifest import Manifest

MODEL_NAMES = {
    "student": "Student",
    "text": "Text teacher",
    "emotion": "Emotion teacher",
    "audio": "Audio teacher",
}
_LIMITS = "\n## Limits\n"


def write_json(report: Mapping[str, Any]) -> str:
    """A report as the text of its file."""
    return json.dumps(report, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def put_into_bundle(folder: Path, contents: Mapping[str, str]) -> None:
    """Writes files into a bundle, whose manifest then lists them with their hashes.

    All are written under temporary names before the first takes its place; the manifest is
    the last.

    Args:
        folder: of the bundle.
        contents: name → text.

    Raises:
        BundleError: a file can't be written; what was there is left as it was.
    """
    manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    hashes = {
        name: hashlib.sha256(text.encode("utf-8")).hexdigest() for name, text in contents.items()
    }
    listed = manifest.model_copy(update={"files": {**manifest.files, **hashes}})
    texts = {**contents, MANIFEST: listed.model_dump_json(indent=2) + "\n"}
    partial = {name: folder / f"{name.replace('/', '_')}.part" for name in texts}
    try:
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            partial[name].write_bytes(text.encode("utf-8"))
        for name, file in partial.items():
            file.replace(folder / name)
    except OSError as fault:
        raise BundleError(f"{fault.filename or folder} can't be written: {fault.strerror}.") from (
            fault
        )
    finally:
        for file in partial.values():
            file.unlink(missing_ok=True)


def put_section(card: str, section: str) -> str:
    """A model card with a section, in place of an earlier one of the same heading.

    A new one stands before the limits.

    Args:
        card: Markdown.
        section: Markdown that begins with its heading, ``## …``.
    """
    heading = section.splitlines()[0]
    earlier = re.compile(rf"^{re.escape(heading)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    whole = section.rstrip() + "\n\n"
    if earlier.search(card):
        return earlier.sub(lambda _: whole, card).rstrip() + "\n"
    if _LIMITS in card:
        return card.replace(_LIMITS, f"\n{whole}{_LIMITS.lstrip()}", 1)
    return card.rstrip() + f"\n\n{section.rstrip()}\n"
