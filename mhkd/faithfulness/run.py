"""The evaluation of explanations over a file of posts, kept row by row, into one report."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mhkd.bundle import CARD, EXPLANATIONS_FILE, Bundle, hash_file, load_bundle
from mhkd.errors import InputError
from mhkd.faithfulness.card import tell_faithfulness
from mhkd.faithfulness.rows import EXPLAINED, KeptRows, measure_post
from mhkd.faithfulness.summary import summarise
from mhkd.reports import put_into_bundle, put_section, write_json
from mhkd.training.data import read_posts_file

TEACHER_POSTS = 60
_COLUMNS = ("id", "text")

OnPost = Callable[[str, int, int], None]  # model, posts done, posts in all


def evaluate_explanations(
    name_or_path: str | Path,
    data: Path,
    out: Path | None,
    *,
    models: Sequence[str] = EXPLAINED,
    posts: int | None = None,
    teacher_posts: int = TEACHER_POSTS,
    device: str = "cpu",
    on_post: OnPost | None = None,
    cancel: threading.Event | None = None,
) -> Path:
    """Explains held-out posts, tests each explanation, and writes the report.

    A run that is stopped goes on where it was: its rows are kept beside the report.

    Args:
        name_or_path: the bundle.
        data: CSV or Parquet with the columns id, text; posts that nothing was trained on.
        out: the report, a JSON file; None puts it into the bundle, whose manifest then lists it.
        models: among student, text, emotion, audio.
        posts: at most so many for the student, the first of the file; None takes all.
        teacher_posts: the same for each teacher.
        device: a torch device.
        on_post: told after each post.
        cancel: ends the run with ``Cancelled``; what is done is kept.

    Raises:
        BundleError, RecipeError: the bundle or the file can't be used.
        InputError: no such model, or ids that occur twice.
        Cancelled: ``cancel`` was set.
    """
    unknown = [model for model in models if model not in EXPLAINED]
    if unknown or not models:
        found = f"found '{unknown[0]}'" if unknown else "none was named"
        raise InputError(f"Models are among {', '.join(EXPLAINED)}; {found}.")
    bundle = load_bundle(name_or_path)
    table = read_posts_file(data, _COLUMNS)
    if table["id"].duplicated().any():
        raise InputError(f"{data} has ids that occur twice; expected one row for each post.")
    goal = bundle.folder / EXPLANATIONS_FILE if out is None else out
    key = f"{_key(bundle)} {hash_file(data)}"
    kept = KeptRows(goal.with_name(f"{goal.name}.rows"), key)
    members = bundle.load_members(device)
    wanted = {
        model: table.head(len(table) if model == "student" else teacher_posts) for model in models
    }
    if posts is not None and "student" in wanted:
        wanted["student"] = table.head(posts)
    for model, chosen in wanted.items():
        pairs = list(zip(chosen["id"].astype(str), chosen["text"], strict=True))
        for done, (post, text) in enumerate(pairs, start=1):
            if (model, post) not in kept.rows:
                row = measure_post(bundle, members, model, post, text, cancel)
                kept.keep(model, post, row)
            if on_post is not None:
                on_post(model, done, len(pairs))
    report = {
        "format": 1,
        "bundle": f"{bundle.manifest.name} {bundle.manifest.version}",
        "device": device,
        "data": {"file": data.name, "sha256": hash_file(data), "posts": len(table)},
        "models": {
            model: summarise(rows)
            for model, chosen in wanted.items()
            if (rows := [r for i in chosen["id"].astype(str) if (r := kept.rows[model, i])])
        },
    }
    if out is None:
        contents = {EXPLANATIONS_FILE: write_json(report)}
        if CARD in bundle.manifest.files:
            card = (bundle.folder / CARD).read_text("utf-8")
            contents[CARD] = put_section(card, tell_faithfulness(report))
        put_into_bundle(bundle.folder, contents)
    else:
        _write(report, goal)
    kept.remove()
    return goal


def _key(bundle: Bundle) -> str:
    """What explanations depend on: the weights, not what the manifest says of them."""
    files = {name: h for name, h in bundle.manifest.files.items() if name.endswith("tensors")}
    whole = json.dumps([files, bundle.manifest.backbones], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def _write(report: dict[str, Any], file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f"{file.name}.part")
    partial.write_text(write_json(report), "utf-8")
    partial.replace(file)
