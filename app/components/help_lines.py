"""What the page is not, and help lines: on every page, whatever the result."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.escape import write_help_lines

NOT_THIS: Final = (
    "A research tool. It labels posts, not people. It is not a diagnosis, and a low probability "
    "is no sign of safety. Nobody reads along, and nobody is alerted."
)
_FILE: Final = Path(__file__).parents[2] / "assets" / "help_lines.json"


@dataclass(frozen=True)
class HelpLines:
    """Whom one can turn to.

    Attributes:
        lines: of contact, link, name and where it answers.
        source: where the numbers come from and when they were checked.
    """

    lines: tuple[tuple[str, str, str, str], ...]
    source: str


_BUILT_IN: Final = HelpLines(
    (
        ("Call or text 988", "tel:988", "Lifeline", "US and Canada"),
        ("Call 116 123", "tel:116123", "Samaritans", "UK and Ireland"),
        ("findahelpline.com", "https://findahelpline.com", "findahelpline.com", "everywhere else"),
    ),
    "assets/help_lines.json is missing or damaged; these are the numbers of 2026-11-24. "
    "Verify locally.",
)


def show_help_lines() -> None:
    """Draws the line and the numbers."""
    known = read_help_lines()
    write_help_lines(NOT_THIS, known.lines, known.source)


def read_help_lines() -> HelpLines:
    """The numbers that come with this version; those written here where their file is lost."""
    try:
        return _read_file()
    except (OSError, ValueError, KeyError, TypeError):
        return _BUILT_IN


def _read_file() -> HelpLines:
    known = json.loads(_FILE.read_text("utf-8"))
    return HelpLines(
        tuple(
            (line["contact"], line["link"], line["name"], line["where"]) for line in known["lines"]
        ),
        f"Sources: {', '.join(line['source'] for line in known['lines'])}; "
        f"checked {known['checked']}. {known['note']}",
    )
