"""Commands around training: recipes, search, data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

data_app = typer.Typer(help="Data files for recipes.", no_args_is_help=True)


def recipes(
    options: Annotated[
        bool, typer.Option("--options", help="Every option of a recipe, as Markdown.")
    ] = False,
) -> None:
    """List the recipes that come with the package."""
    from mhkd.training.recipe_docs import document_options, list_recipes

    if options:
        typer.echo(document_options(), nl=False)
        return
    for name, title in list_recipes().items():
        typer.echo(f"{name}\t{title}")


@data_app.command("prepare")
def prepare_data(
    name: Annotated[str, typer.Argument(help="sdcnl, idendep, goemotions or cams.")],
    source: Annotated[Path, typer.Option("--source", help="Folder of the download.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the new files.")],
    any_version: Annotated[
        bool, typer.Option("--any-version", help="Other numbers of rows than published, too.")
    ] = False,
) -> None:
    """Rebuild the data files of a recipe from a published data set that you have downloaded."""
    from mhkd.training.prepare.write import prepare

    facts = prepare(name, source, out, any_version=any_version)
    for file, found in facts["files"].items():
        labels = ", ".join(f"{label} {count}" for label, count in found.get("labels", {}).items())
        typer.echo(f"{out / file}: {found['rows']} rows{f' ({labels})' if labels else ''}")
    typer.echo(f"licence: {facts['licence']}; source: {facts['origin']}")


@data_app.command("list")
def list_data() -> None:
    """List the data sets, where each is published and under which terms."""
    from mhkd.training.prepare.sources import SOURCES

    for source in SOURCES.values():
        typer.echo(f"{source.name}\t{source.origin}\tlicence: {source.licence}")
