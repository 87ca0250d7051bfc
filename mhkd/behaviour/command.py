"""The command ``mhkd behaviour``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mhkd.device import check_device

if TYPE_CHECKING:
    from mhkd.analyser import Analyser


def behaviour(
    bundle: Annotated[
        str, typer.Option("--bundle", help="Name or folder of the bundle.")
    ] = "sdcnl",
    models: Annotated[
        str, typer.Option("--models", help="Among student, text, emotion; with commas.")
    ] = "student,text,emotion",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    into_bundle: Annotated[
        bool, typer.Option("--into-bundle", help="Into the bundle and its model card.")
    ] = False,
    device: Annotated[
        str | None, typer.Option("--device", help="torch device; CUDA is used where present.")
    ] = None,
) -> None:
    """Ask written pairs of posts: what should change an answer, and what should not."""
    from mhkd.analyser import Analyser
    from mhkd.behaviour.run import ask_cases
    from mhkd.reports import write_json

    analyser = Analyser.open(bundle, device=check_device(device))
    chosen = [name.strip() for name in models.split(",") if name.strip()]
    report = ask_cases(analyser, chosen)
    if into_bundle:
        _put(bundle, analyser, report)
    if as_json:
        typer.echo(write_json(report), nl=False)
        return
    from mhkd.behaviour.card import tell_behaviour

    typer.echo(tell_behaviour(report), nl=False)


def _put(bundle: str, analyser: Analyser, report: dict[str, Any]) -> None:
    from mhkd.behaviour.card import tell_behaviour
    from mhkd.bundle import BEHAVIOUR_FILE, CARD, find_bundle
    from mhkd.reports import put_into_bundle, put_section, write_json

    contents = {BEHAVIOUR_FILE: write_json(report)}
    card = analyser.read_card()
    if card is not None:
        contents[CARD] = put_section(card, tell_behaviour(report))
    folder = find_bundle(bundle)
    put_into_bundle(folder, contents)
    typer.echo(f"{folder / BEHAVIOUR_FILE}", err=True)
