"""The command ``mhkd batch``."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mhkd.device import check_device
from mhkd.errors import InputError

if TYPE_CHECKING:
    from mhkd.batch.run import BatchRun


def batch(
    file: Annotated[Path, typer.Argument(help="CSV, Parquet or JSONL with a column of texts.")],
    out: Annotated[Path, typer.Option("--out", help="Parquet or CSV; a broken run resumes.")],
    bundle: Annotated[
        str, typer.Option("--bundle", help="Name or folder of the bundle.")
    ] = "sdcnl",
    models: Annotated[
        str, typer.Option("--models", help="Among student, text, emotion, audio; with commas.")
    ] = "student",
    text_column: Annotated[str | None, typer.Option("--text-column", help="Else guessed.")] = None,
    id_column: Annotated[str | None, typer.Option("--id-column", help="Else guessed.")] = None,
    recordings: Annotated[
        Path | None,
        typer.Option("--recordings", help="ZIP file or folder; else posts are spoken for audio."),
    ] = None,
    recording_column: Annotated[
        str | None,
        typer.Option("--recording-column", help="Names each row's recording. Else guessed."),
    ] = None,
    compare_recordings: Annotated[
        bool,
        typer.Option("--compare-recordings", help="Does each say what its text says? Slow."),
    ] = False,
    with_text: Annotated[bool, typer.Option("--with-text", help="Repeat the text.")] = False,
    bf16: Annotated[
        bool, typer.Option("--bf16", help="A rounded student, faster on a CPU with AMX.")
    ] = False,
    device: Annotated[
        str | None, typer.Option("--device", help="torch device; CUDA is used where present.")
    ] = None,
) -> None:
    """Answer every post of a file, without explanations; bad rows are listed."""
    if not file.is_file():
        raise InputError(f"There is no file {file}: expected CSV, Parquet or JSONL.")
    from mhkd.analyser import Analyser
    from mhkd.analysis import BundleReference
    from mhkd.batch.answer_file import Choice, answer_file
    from mhkd.cases.audit_notes import noting_batch

    analyser = Analyser.open(bundle, device=check_device(device), rounded=bf16)
    manifest = analyser.manifest
    digest = hashlib.sha256(manifest.model_dump_json().encode("utf-8")).hexdigest()
    choice = Choice(
        models=[name.strip() for name in models.split(",") if name.strip()],
        text=text_column,
        id=id_column,
        recordings=recordings,
        recording=recording_column,
        compare=compare_recordings,
        with_text=with_text,
        version=f"{manifest.name} {manifest.version} {digest}{' bf16' if bf16 else ''}",
    )
    reference = BundleReference(manifest.name, manifest.version, analyser.sha256)
    settings = {"models": choice.models, "recordings": recordings is not None}

    def noting(run: BatchRun) -> AbstractContextManager[None]:
        return noting_batch(run.posts.texts, reference, "command line", settings, run.count)

    with _status() as on_progress:
        answered = answer_file(analyser, file, out, choice, on_progress, noting)
    for fault in answered.faults:
        typer.echo(f"row {fault.row}: {fault.message}", err=True)
    for row, reason in answered.sound_faults:
        typer.echo(f"row {row}, its sound: {reason}", err=True)
    if answered.sounds:
        told = ", ".join(f"{name} {rows}" for name, rows in answered.sounds.items())
        typer.echo(f"sound: {told}")
    if answered.compared is not None:
        typer.echo(
            "recordings that say something else than their text: "
            f"{answered.differing} of {answered.compared} compared"
        )
    if answered.outside is not None:
        typer.echo(f"outside what this model knows: {answered.outside}")
    for model, counts in answered.states.items():
        labels = ", ".join(f"{label} {rows}" for label, rows in counts.decided.items())
        typer.echo(
            f"{model}: decided {sum(counts.decided.values())} ({labels}), "
            f"not decided {counts.not_decided}, no answer {counts.no_answer}"
        )
    if answered.truncated:
        typer.echo(f"not read to the end: {answered.truncated}")
    resumed = f" ({answered.resumed} by an earlier run)" if answered.resumed else ""
    typer.echo(f"{out}: {answered.answered} of {answered.rows} rows answered{resumed}")


@contextmanager
def _status() -> Iterator[Callable[[BatchRun], None] | None]:
    """Rows, speed and time left, where standard error is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status("opening") as status:

        def tell(run: BatchRun) -> None:
            speed, left = run.rows_per_s or 0.0, run.left_s or 0.0
            status.update(f"{run.done} of {run.total} rows, {speed:.1f}/s, {left:.0f} s left")

        yield tell
