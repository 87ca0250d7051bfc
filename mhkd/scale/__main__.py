"""``python -m mhkd.scale``: scores many posts, or serves the models to many readers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from mhkd.errors import MhkdError
from mhkd.scale import require_ray

app = typer.Typer(
    name="mhkd.scale",
    help="mhkd on Ray: scores millions of posts, serves many readers.",
    add_completion=False,
    rich_markup_mode=None,
)

AddressOption = Annotated[
    str | None, typer.Option("--address", help="A Ray cluster; else this machine alone.")
]
BundleOption = Annotated[str, typer.Option("--bundle", help="Name or folder of the bundle.")]


@app.command()
def score(
    source: Annotated[Path, typer.Argument(help="Parquet file, or a folder of them.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the answers; resumes there.")],
    bundle: BundleOption = "sdcnl",
    models: Annotated[
        str, typer.Option("--models", help="Among student, text, emotion, audio; with commas.")
    ] = "student",
    id_column: Annotated[str, typer.Option("--id-column", help="Unique ids.")] = "id",
    text_column: Annotated[str, typer.Option("--text-column", help="The posts.")] = "text",
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes with models.")] = 1,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Of each worker.")] = 1,
    part_rows: Annotated[
        int, typer.Option("--part-rows", min=1, help="Rows of a part; a broken run loses less.")
    ] = 10_000,
    block_bytes: Annotated[
        int, typer.Option("--block-bytes", min=1, help="Posts that a worker takes together.")
    ] = 524_288,
    bf16: Annotated[
        bool, typer.Option("--bf16", help="A rounded student, faster on CPUs with AMX.")
    ] = False,
    address: AddressOption = None,
) -> None:
    """Answer every post of a large source; a broken run goes on by id."""
    from mhkd.scale.score import Job
    from mhkd.scale.score import score as score_job

    chosen = tuple(name.strip() for name in models.split(",") if name.strip())
    job = Job(
        source,
        out,
        bundle,
        id_column,
        text_column,
        chosen,
        workers,
        threads,
        bf16,
        rows_of_a_part=part_rows,
        bytes_of_a_block=block_bytes,
    )
    done = score_job(
        job, address=address, on_rows=lambda rows: typer.echo(f"{rows:,} rows", err=True)
    )
    typer.echo(
        f"{out}: {done.answered:,} answered, {done.faults:,} not, {done.resumed:,} by earlier runs"
    )


@app.command()
def serve(
    bundle: BundleOption = "sdcnl",
    host: Annotated[str, typer.Option("--host", help="Where it answers.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Where it answers.")] = 8600,
    replicas: Annotated[int, typer.Option("--replicas", min=1, help="Copies.")] = 1,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Of each copy.")] = 2,
    address: AddressOption = None,
) -> None:
    """Serve the analyser over HTTP, with OpenAPI at /openapi.json."""
    from mhkd.scale.serve import serve_forever

    serve_forever(bundle, host, port, replicas=replicas, threads=threads, address=address)


def main() -> int:
    """Runs one command; 0, or 2 after one line on standard error."""
    try:
        require_ray()
        app(standalone_mode=False)
    except MhkdError as fault:
        typer.echo(f"mhkd.scale: {fault.public_message}", err=True)
        return 2
    except typer.TyperException as fault:
        typer.echo(f"mhkd.scale: {fault.format_message()}", err=True)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
