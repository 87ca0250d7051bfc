"""The command ``mhkd faithfulness``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mhkd.device import check_device, default_device
from mhkd.errors import InputError


def faithfulness(
    data: Annotated[
        Path, typer.Option("--data", help="CSV with id, text: posts that nothing learned from.")
    ],
    bundle: Annotated[
        str, typer.Option("--bundle", help="Name or folder of the bundle.")
    ] = "sdcnl",
    out: Annotated[Path | None, typer.Option("--out", help="The report, a JSON file.")] = None,
    into_bundle: Annotated[
        bool, typer.Option("--into-bundle", help="Into the bundle; it sets the trust marks.")
    ] = False,
    models: Annotated[
        str, typer.Option("--models", help="Among student, text, emotion, audio; with commas.")
    ] = "student,text,emotion,audio",
    posts: Annotated[
        int | None, typer.Option("--posts", min=1, help="Posts for the student; else all.")
    ] = None,
    teacher_posts: Annotated[
        int, typer.Option("--teacher-posts", min=1, help="Posts for each teacher.")
    ] = 60,
    thresholds_from: Annotated[
        Path | None,
        typer.Option("--thresholds-from", help="Other such posts, that set the marks' limits."),
    ] = None,
    threshold_posts: Annotated[
        int, typer.Option("--threshold-posts", min=1, help="How many of them for each model.")
    ] = 60,
    note: Annotated[
        str | None, typer.Option("--note", help="What else the machine did, beside the times.")
    ] = None,
    device: Annotated[
        str | None, typer.Option("--device", help="torch device; CUDA is used where present.")
    ] = None,
) -> None:
    """Measure which explanations deserve belief, on held-out posts; a broken run goes on."""
    for file in (data, *([thresholds_from] if thresholds_from else [])):
        if not file.is_file():
            raise InputError(f"There is no file {file}: expected CSV with the columns id, text.")
    if (out is None) == (not into_bundle):
        raise InputError("Give either --out or --into-bundle.")
    from mhkd.faithfulness.run import evaluate_explanations

    chosen = check_device(device)
    report = evaluate_explanations(
        bundle,
        data,
        out,
        models=[name.strip() for name in models.split(",") if name.strip()],
        posts=posts,
        teacher_posts=teacher_posts,
        thresholds_from=thresholds_from,
        threshold_posts=threshold_posts,
        device=chosen or default_device(),
        note=note,
        on_post=lambda model, done, total: typer.echo(f"{model}: {done} of {total}", err=True),
    )
    typer.echo(report)
