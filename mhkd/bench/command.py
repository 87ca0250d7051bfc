"""The command ``mhkd bench``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from mhkd.device import check_device

if TYPE_CHECKING:
    from rich.table import Table

    from mhkd.bench.run import Report


def bench(
    bundle: Annotated[
        str, typer.Option("--bundle", help="Name or folder of the bundle.")
    ] = "sdcnl",
    rounds: Annotated[int, typer.Option("--rounds", min=1, max=100, help="Runs of each time.")] = 9,
    words: Annotated[
        int, typer.Option("--words", min=5, max=350, help="Words of the single post.")
    ] = 100,
    posts: Annotated[
        int, typer.Option("--posts", min=2, max=2000, help="Posts of the batch.")
    ] = 32,
    explained: Annotated[
        bool, typer.Option(help="Also time an analysis with all explanations.")
    ] = True,
    device: Annotated[
        str | None, typer.Option("--device", help="torch device; CUDA is used where present.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Time the models, each beside a reference measured in the same run."""
    check_device(device)
    from mhkd.bench.run import Plan, run_bench

    report = run_bench(
        bundle,
        Plan(rounds, words, posts, explained),
        device=device,
        say=lambda line: typer.echo(line, err=True),
    )
    if as_json:
        typer.echo(json.dumps(report.to_json(), allow_nan=False, indent=2))
        return
    from mhkd.tables import show

    show(*tabulate(report))


def tabulate(report: Report) -> list[Table]:
    """Ratios, times, and what it ran on."""
    from rich.table import Table

    ratios = Table("ratio", "by minimum", "by median", title="Ratios")
    for name, value in report.ratios.items():
        median = report.ratios_of_medians.get(name)
        ratios.add_row(
            name.replace("_", " "), f"{value:.2f}", "" if median is None else f"{median:.2f}"
        )
    times = Table("time", "minimum, ms", "median, ms", "runs", title="Times")
    for name, timing in report.times.items():
        times.add_row(
            name.replace("_", " "),
            f"{timing.minimum:,.1f}",
            f"{timing.median:,.1f}",
            str(timing.runs),
        )
    about = Table("of", "value", title="Machine, memory, plan")
    for values in (report.machine, report.memory_mb, report.plan):
        for name, found in values.items():
            shown = f"{found:,.0f} MB" if values is report.memory_mb and found else str(found)
            about.add_row(name.replace("_", " "), shown)
    for table in (ratios, times, about):
        for column in table.columns[1:]:
            column.justify = "right"
    return [ratios, times, about]
