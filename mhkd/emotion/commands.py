"""``mhkd lexicon``: is a word–emotion lexicon any good?"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer

_NAMES = (
    "A TSV file, a name in assets/lexicons, emolex, emolex:all (its ten labels), vader or "
    "senticnet:FILE."
)
lexicon_app = typer.Typer(help="Word–emotion lexicons.", rich_markup_mode=None)


@lexicon_app.callback()
def lexicon() -> None:
    """Word–emotion lexicons."""


@lexicon_app.command()
def check(
    lexicon: Annotated[str, typer.Argument(help=_NAMES)],
    comments: Annotated[
        Path, typer.Option("--comments", help="GoEmotions CSV: columns text and label.")
    ],
    emotions: Annotated[
        str | None,
        typer.Option("--emotions", help="Only these, joined by commas; all that both have else."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare the emotions of words with those people found in whole comments."""
    from mhkd.emotion.check import check_lexicon, choose_groups
    from mhkd.emotion.lexicon import GOEMOTIONS_GROUPS, read_goemotions
    from mhkd.emotion.lexicons import open_lexicon

    opened = open_lexicon(lexicon)
    asked = None if emotions is None else [name.strip() for name in emotions.split(",")]
    groups = choose_groups(opened, GOEMOTIONS_GROUPS, asked)
    found = check_lexicon(opened, read_goemotions(comments), groups)
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(found)))
        return
    low, high = found.interval
    typer.echo(
        f"macro-F1 {found.macro_f1:.3f} [{low:.3f}, {high:.3f}] over "
        f"{len(found.emotions)} emotions, "
        f"{found.comments} comments; every emotion everywhere {found.everywhere_f1:.3f}; "
        f"{found.covered:.1%} of the comments have a word of the lexicon"
    )
    for emotion, f1 in found.f1.items():
        typer.echo(f"{emotion:12} {f1:.3f}")
