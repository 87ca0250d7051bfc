"""Commands around training: recipes, search, data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mhkd.errors import RecipeError

WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="Processes that speak posts; all cores by default."),
]
data_app = typer.Typer(help="Data files for recipes.", no_args_is_help=True)


def recipes(
    options: Annotated[
        bool, typer.Option("--options", help="Every option of a recipe, as Markdown.")
    ] = False,
    show: Annotated[
        str | None, typer.Option("--show", help="Print this recipe, to copy and change it.")
    ] = None,
) -> None:
    """List the recipes that come with the package."""
    from mhkd.training.recipe_docs import document_options, list_recipes
    from mhkd.training.recipe_files import find_recipe

    if show is not None:
        typer.echo(find_recipe(show).read_text("utf-8"), nl=False)
        return
    if options:
        typer.echo(document_options(), nl=False)
        return
    for name, title in list_recipes().items():
        typer.echo(f"{name}\t{title}")


def train_any(
    recipe: str,
    *,
    teachers: str | None,
    data_dir: Path | None,
    run_dir: Path | None,
    out: Path | None,
    workers: int | None,
    allow_hub: bool,
) -> Path:
    """Runs a recipe of either kind; gives its bundle or, for one of the paper, its results.

    Raises:
        RecipeError: an option is not for recipes of this kind, or as ``train`` and ``train_paper``.
    """
    from mhkd.training.paper.recipe import is_paper

    def say(line: str) -> None:
        typer.echo(line, err=True)

    if is_paper(recipe):
        from mhkd.training.paper.run import train_paper

        if out is not None:
            raise RecipeError(
                "--out is for recipes that make a bundle; one of the paper leaves its results in "
                "the folder that --run-dir names."
            )
        if workers is not None:
            raise RecipeError("--workers is for embedded recipes; the paper's voices take turns.")
        places = {"data_dir": data_dir, "run_dir": run_dir}
        return train_paper(recipe, teachers=teachers, **places, allow_hub=allow_hub, say=say)
    if teachers is not None:
        raise RecipeError("--teachers is for recipes of the paper; others train every subset.")
    from mhkd.training.run import train

    places = {"data_dir": data_dir, "run_dir": run_dir, "out": out}
    return train(recipe, **places, workers=workers, allow_hub=allow_hub, say=say)


def tune(
    recipe: Annotated[str, typer.Argument(help="A YAML file, or a name such as embedded/sdcnl.")],
    part: Annotated[str, typer.Option("--part", help="text, audio, emotion or student.")],
    trials: Annotated[
        int | None, typer.Option("--trials", min=1, help="Trials, those of earlier runs included.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Folder of the data, instead of the recipe's.")
    ] = None,
    run_dir: Annotated[
        Path | None, typer.Option("--run-dir", help="Where the search is kept and goes on.")
    ] = None,
    allow_hub: Annotated[
        bool, typer.Option("--allow-hub", help="Take hub:NAME backbones from Hugging Face.")
    ] = False,
    workers: WorkersOption = None,
) -> None:
    """Search better settings of a part of a recipe, by macro-F1 on held-out training posts."""
    from mhkd.training.paper.recipe import is_paper
    from mhkd.training.paper.trials import tune_paper
    from mhkd.training.trials import tune as tune_part

    def say(line: str) -> None:
        typer.echo(line, err=True)

    places = {"data_dir": data_dir, "run_dir": run_dir}
    if is_paper(recipe):
        found = tune_paper(recipe, part, **places, trials=trials, allow_hub=allow_hub, say=say)
    else:
        found = tune_part(
            recipe, part, **places, trials=trials, workers=workers, allow_hub=allow_hub, say=say
        )
    typer.echo(f"score {found.score:.4f} after {found.trials} trials:")
    for name, value in found.settings.items():
        typer.echo(f"{part}.{name}: {value}")


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
