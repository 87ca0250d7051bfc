"""The command line. Exit status 0, or 2 with one line on standard error."""

from __future__ import annotations

import dataclasses
import os
import sys
import warnings
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mhkd.batch.command import batch
from mhkd.behaviour.command import behaviour
from mhkd.bench.command import bench
from mhkd.cases.commands import audit_app, cases_app
from mhkd.cli_files import print_json, read_audio, read_text, show_status, write_wav
from mhkd.device import check_device
from mhkd.emotion.commands import lexicon_app
from mhkd.errors import InputError, MhkdError
from mhkd.faithfulness.command import faithfulness
from mhkd.limits import MAX_SPOKEN_WORDS
from mhkd.results.command import results
from mhkd.training.commands import WorkersOption, data_app, recipes, train_any, tune

FAULT = 2

app = typer.Typer(
    name="mhkd",
    help="Three teachers, one student: what a mental-health post resembles, and why. "
    "Labels posts, not people; not a diagnosis.",
    add_completion=False,
    rich_markup_mode=None,
)

app.add_typer(cases_app, name="cases")
app.add_typer(audit_app, name="audit")
app.add_typer(data_app, name="data")
app.add_typer(lexicon_app, name="lexicon")
app.command()(results)


class Explain(StrEnum):
    """Which attributions are made."""

    none = "none"
    words = "words"
    all = "all"


BundleOption = Annotated[str, typer.Option("--bundle", help="Name or folder of the bundle.")]
TextOption = Annotated[str | None, typer.Option("--text", help="The post.")]
TextFileOption = Annotated[
    Path | None, typer.Option("--text-file", help="File with the post, UTF-8.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
DeviceOption = Annotated[
    str | None, typer.Option("--device", help="torch device; CUDA is used where present.")
]


@app.command()
def analyse(
    bundle: BundleOption = "sdcnl",
    text: TextOption = None,
    text_file: TextFileOption = None,
    audio: Annotated[
        Path | None, typer.Option("--audio", help="Recording; without it the post is spoken.")
    ] = None,
    no_audio: Annotated[bool, typer.Option("--no-audio", help="Leave the audio out.")] = False,
    explain: Annotated[Explain, typer.Option("--explain", help="Attributions.")] = Explain.all,
    target: Annotated[
        str | None, typer.Option("--target", help="Label explained; else the student's answer.")
    ] = None,
    voices: Annotated[
        bool, typer.Option("--voices", help="Speak it in other voices, too, and tell the spread.")
    ] = False,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask all models about one post and explain what they say."""
    post_text = read_text(text, text_file)
    if audio is not None and no_audio:
        raise InputError("Give --audio or --no-audio, not both.")
    if voices and no_audio:
        raise InputError("Give --voices or --no-audio, not both.")
    from mhkd.analyser import Analyser, check_text
    from mhkd.cases.audit_notes import noting_analysis
    from mhkd.post import Post

    check_text(post_text)
    recording = None if audio is None else read_audio(audio)
    analyser = Analyser.open(bundle, device=check_device(device))
    settings = {"speak": not no_audio, "recording": recording is not None, "explain": explain}
    with (
        noting_analysis(post_text, "command line", settings) as noting,
        show_status() as on_progress,
    ):
        noting.analysis = analysis = analyser.analyse(
            Post(post_text, recording),
            explain=explain.value,
            target=target,
            speak=not no_audio,
            on_progress=on_progress,
        )
        if voices:
            spoken = analyser.compare_voices(post_text, on_progress=on_progress)
            noting.analysis = analysis = dataclasses.replace(analysis, voices=spoken)
    if as_json:
        print_json(analysis.to_json())
        return
    from mhkd.tables import show, tabulate_analysis

    show(*tabulate_analysis(analysis))


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help="A YAML file, or a name such as embedded/sdcnl.")],
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Folder of the data, instead of the recipe's.")
    ] = None,
    run_dir: Annotated[
        Path | None, typer.Option("--run-dir", help="Where stages are kept; a run resumes there.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the new bundle.")] = None,
    allow_hub: Annotated[
        bool, typer.Option("--allow-hub", help="Take hub:NAME backbones from Hugging Face.")
    ] = False,
    teachers: Annotated[
        str | None, typer.Option("--teachers", help="Of a paper recipe's student: text+audio.")
    ] = None,
    workers: WorkersOption = None,
) -> None:
    """Train, distil, calibrate and evaluate what a recipe describes; make its bundle."""
    places = {"data_dir": data_dir, "run_dir": run_dir, "out": out}
    done = train_any(recipe, **places, teachers=teachers, workers=workers, allow_hub=allow_hub)
    typer.echo(done)


@app.command()
def crossval(
    recipe: Annotated[str, typer.Argument(help="A YAML file, or a name such as embedded/idendep.")],
    column: Annotated[
        str, typer.Option("--column", help="Column of the splits file that names the folds.")
    ],
    larger: Annotated[
        bool, typer.Option("--larger", help="The larger student too: long without a GPU.")
    ] = False,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Folder of the data, instead of the recipe's.")
    ] = None,
    run_dir: Annotated[
        Path | None, typer.Option("--run-dir", help="Where stages are kept; a run resumes there.")
    ] = None,
    into_bundle: Annotated[
        str | None, typer.Option("--into-bundle", help="Also into this bundle and its card.")
    ] = None,
    workers: WorkersOption = None,
) -> None:
    """Train anew inside each fold and measure the pooled answers."""
    from mhkd.bundle import CROSSVAL_FILE, load_bundle
    from mhkd.training.cross_validate import cross_validate

    bundle = load_bundle(into_bundle) if into_bundle else None
    folder = cross_validate(
        recipe,
        column,
        larger=larger,
        data_dir=data_dir,
        run_dir=run_dir,
        workers=workers,
        into=bundle,
        say=lambda line: typer.echo(line, err=True),
    )
    typer.echo(folder if bundle is None else bundle.folder / CROSSVAL_FILE)


app.command("recipes")(recipes)
app.command("tune")(tune)


@app.command()
def evaluate(
    data: Annotated[Path, typer.Option("--data", help="CSV with the columns id, text, label.")],
    bundle: BundleOption = "sdcnl",
    every: Annotated[
        bool, typer.Option("--all", help="Every model, not the student only; speaks each post.")
    ] = False,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a bundle's models on labelled posts."""
    if not data.is_file():
        raise InputError(f"There is no file {data}: expected CSV with the columns id, text, label.")
    from mhkd.analyser import Analyser
    from mhkd.analysis import MODELS
    from mhkd.evaluate import evaluate_file
    from mhkd.models.members import LARGE

    analyser = Analyser.open(bundle, device=check_device(device))
    with show_status() as on_progress:
        models = ["student", *(name for name in MODELS if every and name != "student")]
        if every and analyser.manifest.student_large is not None:
            models.append(LARGE)
        metrics = evaluate_file(analyser, data, models, on_progress=on_progress)
    if as_json:
        print_json(metrics)
        return
    from mhkd.tables import show, tabulate_metrics

    show(tabulate_metrics(metrics))


app.command()(batch)
app.command()(behaviour)
app.command()(bench)
app.command()(faithfulness)


@app.command()
def speak(
    out: Annotated[Path, typer.Option("--out", help="The WAV file to be written.")],
    text: TextOption = None,
    text_file: TextFileOption = None,
    voice: Annotated[str, typer.Option("--voice", help="joe, heart or michael.")] = "joe",
    words: Annotated[
        int, typer.Option("--words", min=1, max=MAX_SPOKEN_WORDS, help="Words that are spoken.")
    ] = MAX_SPOKEN_WORDS,
) -> None:
    """Speak a post into a WAV file, as for training and for the app."""
    post_text = read_text(text, text_file)
    from mhkd.audio.speak import open_voice, speak_post
    from mhkd.text.quality import check_text

    check_text(post_text)
    recording = speak_post(post_text, open_voice(voice), max_words=words)
    if recording is None:
        raise InputError("No word of this text can be spoken: the voices read English.")
    write_wav(recording, out)


@app.command()
def bundles(as_json: JsonOption = False) -> None:
    """List the bundles and verify every file of theirs."""
    from mhkd.bundle import list_bundles

    found = list_bundles()
    if as_json:
        print_json([{**dataclasses.asdict(b), "folder": str(b.folder)} for b in found])
    else:
        from mhkd.tables import show, tabulate_bundles

        show(tabulate_bundles(found))
    faults = [bundle.fault for bundle in found if bundle.fault is not None]
    if faults:
        raise InputError(faults[0])


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Say what is installed, what would fail, and how to mend it."""
    from mhkd.doctor import examine

    checks = examine()
    if as_json:
        print_json([dataclasses.asdict(check) for check in checks])
        return
    from mhkd.tables import list_checks, show

    show(*list_checks(checks))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Returns:
        The exit status: 0, or 2 after one line on standard error.
    """
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    warnings.filterwarnings("ignore", category=FutureWarning)  # for developers, not for users
    try:
        status = app(args=given, prog_name="mhkd", standalone_mode=False)
    except MhkdError as fault:
        return _refuse(fault.public_message)
    except typer.TyperException as fault:
        return _refuse(fault.format_message())
    return status if isinstance(status, int) else 0


def _refuse(message: str) -> int:
    typer.echo(f"mhkd: {' '.join(message.split())}", err=True)
    return FAULT
