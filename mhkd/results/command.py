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
    """Write what the bundles reach, beside what was published: CSV, Markdown, figures."""
    from mhkd.bundle import list_bundles, load_bundle
    from mhkd.results.rows import collect_rows, find_comparison, published_source
    from mhkd.results.tables import build_frame, build_markdown, draw_rows, tell_comparisons

    names = bundles or [summary.name for summary in list_bundles()]
    opened = [load_bundle(name) for name in names]
    tasks = [collect_rows(bundle) for bundle in opened]
    compared = [pair for bundle in opened if (pair := find_comparison(bundle)) is not None]
    rows = [row for task in tasks for row in task]
    out.mkdir(parents=True, exist_ok=True)
    _replace(out / "results.csv", build_frame(rows).to_csv(index=False))
    tables = build_markdown(rows, published_source())
    _replace(out / "results.md", "\n".join([tables, tell_comparisons(compared)]))
    for task in tasks:
        file = out / f"{task[0].task}.html"
        _replace(file, draw_rows(task).to_html(include_plotlyjs=True, full_html=True))
    typer.echo(out)


def _replace(file: Path, content: str) -> None:
    partial = file.with_suffix(".part")
    partial.write_text(content, "utf-8")
    partial.replace(file)
