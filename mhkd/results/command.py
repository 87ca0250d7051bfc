"""``mhkd results``: the tables and figures of one or more bundles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def results(
    bundles: Annotated[
        list[str] | None, typer.Argument(help="Names or folders; all embedded ones by default.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder of the files.")] = Path("results"),
) -> None:
    """Write what the bundles reach, beside what was published: CSV, Markdown, figures.

    Also every model's probabilities for every test post, by id, and the points of the curves.
    """
    from mhkd.bundle import PREDICTIONS_FILE, list_bundles, load_bundle
    from mhkd.results.levers import tell_levers
    from mhkd.results.rows import (
        collect_rows,
        collect_variants,
        published_source,
    )
    from mhkd.results.tables import (
        build_curves,
        build_frame,
        build_markdown,
        draw_rows,
    )
    from mhkd.results.twins import collect_twins, tell_twins

    names = bundles or [summary.name for summary in list_bundles()]
    opened = [load_bundle(name) for name in names]
    tasks = [collect_rows(bundle) for bundle in opened]
    twins = [pair for bundle in opened for pair in collect_twins(bundle)]
    levers = [tell_levers(bundle.manifest) for bundle in opened]
    variants = [row for bundle in opened for row in collect_variants(bundle)]
    rows = [row for task in tasks for row in task] + variants
    out.mkdir(parents=True, exist_ok=True)
    _replace(out / "results.csv", build_frame(rows).to_csv(index=False))
    tables = build_markdown(rows, published_source())
    _replace(out / "results.md", "\n".join([tables, tell_twins(twins), *levers]))
    for bundle, task in zip(opened, tasks, strict=True):
        name = bundle.manifest.name
        figure = draw_rows(task).to_html(include_plotlyjs=True, full_html=True)
        _replace(out / f"{name}.html", figure)
        curves = build_curves(bundle.manifest.metrics)
        _replace(out / f"{name}-curves.csv", curves.to_csv(index=False))
        predictions = bundle.folder / PREDICTIONS_FILE
        if predictions.is_file():
            _replace(out / f"{name}-predictions.csv", predictions.read_text("utf-8"))
    typer.echo(out)


def _replace(file: Path, content: str) -> None:
    partial = file.with_suffix(".part")
    partial.write_text(content, "utf-8")
    partial.replace(file)
