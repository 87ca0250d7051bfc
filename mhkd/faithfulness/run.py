"""The evaluation of explanations over a file of posts, kept row by row, into one report."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from mhkd.bundle import CARD, EXPLANATIONS_FILE, Bundle, hash_file, load_bundle
from mhkd.errors import InputError
from mhkd.faithfulness.card import tell_faithfulness
from mhkd.faithfulness.rows import EXPLAINED, KeptRows, Row, measure_post
from mhkd.faithfulness.summary import summarise
from mhkd.models.members import Members
from mhkd.reports import put_into_bundle, put_section, write_json
from mhkd.training.data import read_posts_file

TEACHER_POSTS = 60
_COLUMNS = ("id", "text")
_SEED = 0  # files are often in the order of their labels, so that the first are all alike
_OTHERS = "thresholds: "  # before the ids of posts that set thresholds

OnPost = Callable[[str, int, int], None]  # model, posts done, posts in all


def evaluate_explanations(
    name_or_path: str | Path,
    data: Path,
    out: Path | None,
    *,
    models: Sequence[str] = EXPLAINED,
    posts: int | None = None,
    teacher_posts: int = TEACHER_POSTS,
    thresholds_from: Path | None = None,
    threshold_posts: int = TEACHER_POSTS,
    device: str = "cpu",
    note: str | None = None,
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
        posts: at most so many for the student, drawn from the file; None takes all.
        teacher_posts: the same for each teacher.
        thresholds_from: a file like ``data`` with other posts, by which the thresholds of the
            marks are set; None sets them by ``data`` itself.
        threshold_posts: how many of them for each model, drawn from the file.
        device: a torch device.
        note: what else the machine did, which the report tells beside the times.
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
    table = _read(data)
    others = None if thresholds_from is None else _draw(_read(thresholds_from), threshold_posts)
    goal = bundle.folder / EXPLANATIONS_FILE if out is None else out
    files = [data, *([thresholds_from] if thresholds_from else [])]
    key = " ".join([_key(bundle), *map(hash_file, files)])
    kept = KeptRows(goal.with_name(f"{goal.name}.rows"), key)
    wanted = {
        model: _draw(table, posts if model == "student" else teacher_posts) for model in models
    }
    beside = [] if others is None else _pair(others, _OTHERS)
    plan = {model: [*_pair(chosen), *beside] for model, chosen in wanted.items()}
    _measure(bundle, bundle.load_members(device), plan, kept, on_post, cancel)
    report: dict[str, Any] = {
        "format": 1,
        "bundle": f"{bundle.manifest.name} {bundle.manifest.version}",
        "device": _say_device(device, note),
        "data": {
            "file": data.name,
            "sha256": hash_file(data),
            "posts": len(table),
            "drawn_by": _SEED,
        },  # fmt: skip
        "models": {},
    }
    if thresholds_from is not None and others is not None:
        sha256 = hash_file(thresholds_from)
        report["thresholds_data"] = {
            "file": thresholds_from.name, "sha256": sha256, "posts": len(others)
        }  # fmt: skip
    for model, chosen in wanted.items():
        rows = _find_rows(kept, model, _pair(chosen))
        limits = None if others is None else _find_rows(kept, model, beside)
        if rows:
            report["models"][model] = summarise(rows, limits)
    _put(report, bundle, None if out is None else goal)
    kept.remove()
    return goal


def _measure(
    bundle: Bundle,
    members: Members,
    plan: Mapping[str, Sequence[tuple[str, str]]],
    kept: KeptRows,
    on_post: OnPost | None,
    cancel: threading.Event | None,
) -> None:
    for model, pairs in plan.items():
        for done, (post, text) in enumerate(pairs, start=1):
            if (model, post) not in kept.rows:
                row = measure_post(bundle, members, model, post, text, cancel)
                kept.keep(model, post, row)
            if on_post is not None:
                on_post(model, done, len(pairs))


def _say_device(device: str, note: str | None) -> str:
    threads = torch.get_num_threads()
    of_cpu = f", {threads} thread{'' if threads == 1 else 's'}" if device == "cpu" else ""
    return f"{device}{of_cpu}{'' if note is None else f', {note}'}"


def _put(report: dict[str, Any], bundle: Bundle, file: Path | None) -> None:
    """Into a file, or into the bundle and its card."""
    if file is not None:
        _write(report, file)
        return
    contents = {EXPLANATIONS_FILE: write_json(report)}
    if CARD in bundle.manifest.files:
        card = (bundle.folder / CARD).read_text("utf-8")
        contents[CARD] = put_section(card, tell_faithfulness(report))
    put_into_bundle(bundle.folder, contents)


def _read(file: Path) -> pd.DataFrame:
    table = read_posts_file(file, _COLUMNS)
    if table["id"].duplicated().any():
        raise InputError(f"{file} has ids that occur twice; expected one row for each post.")
    return table


def _draw(table: pd.DataFrame, posts: int | None) -> pd.DataFrame:
    """So many posts at random, in the order of the file; None takes all."""
    if posts is None or posts >= len(table):
        return table
    return table.sample(posts, random_state=_SEED).sort_index()


def _pair(table: pd.DataFrame, before: str = "") -> list[tuple[str, str]]:
    """Name and text of each post."""
    return [
        (f"{before}{post}", text)
        for post, text in zip(table["id"].astype(str), table["text"], strict=True)
    ]


def _find_rows(kept: KeptRows, model: str, pairs: Sequence[tuple[str, str]]) -> list[Row]:
    return [row for post, _ in pairs if (row := kept.rows[model, post])]


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
