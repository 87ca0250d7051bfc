"""A run of the paper's method: teachers, soft targets, students, and what they reach."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.special import softmax

from mhkd.errors import RecipeError
from mhkd.training.data import LabelledPosts
from mhkd.training.leaks import find_leaks, tell_leaks
from mhkd.training.paper.clean import added_tokens, clean_post
from mhkd.training.paper.emog import learn_token_table
from mhkd.training.paper.models import load_tokenizer
from mhkd.training.paper.parts import PaperPosts, Part, load_posts
from mhkd.training.paper.recipe import PaperRecipe, choose_teachers, load_paper_recipe
from mhkd.training.paper.sound import hear, speak_texts
from mhkd.training.paper.students import LOGITS, measure_run, summarise, train_student
from mhkd.training.paper.teachers import (
    PROBABILITIES,
    Floats,
    Material,
    Reader,
    mix,
    train_teacher,
)
from mhkd.training.prepare.splits import number_folds
from mhkd.training.processes import asked_processes
from mhkd.training.stages import RunFolder, Say

RESULTS_FILE = "results.json"
PREDICTIONS_FILE = "predictions.csv"


@dataclass(frozen=True, eq=False)
class PaperRun:
    """The posts, what all models share, and where the results are kept."""

    posts: PaperPosts
    material: Material
    folder: RunFolder

    def inputs(self, number: int, **parts: Any) -> dict[str, Any]:
        """What every stage of a part depends on, and what this one does."""
        recipe = self.material.recipe
        part = self.posts.parts[number]
        return {
            "texts": list(self.material.texts),
            "labels": self.posts.labels.tolist(),
            "rows": [part.train.tolist(), part.validation.tolist()],
            "tokens": [recipe.max_tokens, recipe.emoticons],
            "seed": recipe.seed,
            **parts,
        }


def train_paper(
    recipe_name: str | Path,
    *,
    teachers: str | None = None,
    data_dir: Path | None = None,
    run_dir: Path | None = None,
    allow_hub: bool = False,
    say: Say = lambda _: None,
) -> Path:
    """Runs a recipe of the paper.

    Args:
        teachers: the student of these, as in ``students_of``; the recipe's own by default.
        data_dir: folder of the data; replaces the recipe's.
        run_dir: folder of all that is kept; ``runs/<name>`` by default.
        allow_hub: take backbones and Bark from the Hugging Face hub or its cache.

    Returns:
        The file of the results; beside it lie the predictions (no text) and all weights.

    Raises:
        RecipeError: the recipe, its data or its backbones can't be used.
    """
    if asked_processes() > 1:
        raise RecipeError("A recipe of the paper runs in one process: start it without torchrun.")
    recipe = load_paper_recipe(recipe_name)
    if teachers is not None:
        recipe = choose_teachers(recipe, teachers)
    run = open_run(recipe, data_dir=data_dir, run_dir=run_dir, allow_hub=allow_hub, say=say)
    posts = run.posts
    say(f"data: {len(posts.ids)} posts, {len(posts.parts)} parts")
    leaks = _find_leaks(run)
    for line in tell_leaks(leaks):
        say(line)
    found: dict[str, list[Floats]] = {name: [] for name in recipe.student.teachers}
    students: list[list[Floats]] = [[] for _ in range(recipe.runs)]
    for number, part in enumerate(posts.parts):
        asked = train_teachers(run, number)
        for name, probabilities in asked.items():
            found[name].append(probabilities[part.test])
        soft = soften(run, number, asked)
        for turn, logits in enumerate(_train_students(run, number, soft)):
            students[turn].append(softmax(logits, axis=1))
    return _write(run, found, students, leaks)


def _find_leaks(run: PaperRun) -> dict[str, Any]:
    """Between the rows of the first part that are learned from and those that are tested."""
    posts, part, labels = run.posts, run.posts.parts[0], run.material.recipe.labels
    everyone = LabelledPosts(
        posts.ids, posts.texts, posts.labels, posts.ids, np.zeros(len(posts.ids), np.int64)
    )
    learned = everyone.choose(np.concatenate([part.train, part.validation]))
    return find_leaks(learned, everyone.choose(part.test), labels, {})


def open_run(
    recipe: PaperRecipe,
    *,
    data_dir: Path | None,
    run_dir: Path | None,
    allow_hub: bool,
    say: Say,
) -> PaperRun:
    """Reads the posts of a recipe and makes what its models share; see ``train_paper``."""
    posts = load_posts(recipe.data, recipe.labels, data_dir or Path(recipe.data.folder))
    folder = RunFolder(run_dir or Path("runs") / recipe.name, say)
    return PaperRun(posts, gather(recipe, posts, folder, allow_hub=allow_hub), folder)


def gather(
    recipe: PaperRecipe, posts: PaperPosts, folder: RunFolder, *, allow_hub: bool
) -> Material:
    """Cleans and cuts all posts; they are spoken when the audio teacher first needs them."""
    emoticons = _read_emoticons(recipe.emoticons)
    texts = tuple(clean_post(text, emoticons) for text in posts.texts)
    added = added_tokens(texts, emoticons)

    def read(backbone: str) -> Reader:
        tokenizer = load_tokenizer(backbone, added, allow_hub=allow_hub)
        cut = {"truncation": True, "max_length": recipe.max_tokens}
        return Reader(tokenizer, tuple(tuple(tokenizer(t, **cut)["input_ids"]) for t in texts))

    reader = read(recipe.student.backbone)
    same = recipe.text.backbone == recipe.student.backbone

    @lru_cache(maxsize=1)
    def heard() -> torch.Tensor:
        spoken = speak_texts(recipe.audio, texts, folder, allow_hub=allow_hub)
        return hear(recipe.audio, spoken, allow_hub=allow_hub)

    text_reader = reader if same else read(recipe.text.backbone)

    def table(part: Part) -> torch.Tensor:
        training = [texts[row] for row in part.train]
        chosen = recipe.emotion.embeddings
        inputs = {"texts": training, "added": added, "backbone": recipe.student.backbone}
        kept = folder.keep(
            "emotion-tokens",
            {**inputs, "chosen": chosen.chosen(), "seed": recipe.seed},
            lambda: {"t": learn_token_table(chosen, training, reader.tokenizer, recipe.seed)},
        )
        return kept["t"]

    return Material(recipe, texts, posts.labels, reader, text_reader, heard, table, allow_hub)


def _read_emoticons(file: str | None) -> tuple[str, ...]:
    if file is None:
        return ()
    if not Path(file).is_file():
        raise RecipeError(f"The emoticons file {file} is missing: expected one in each line.")
    lines = Path(file).read_text("utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and " " not in line.strip())


def train_teachers(run: PaperRun, number: int) -> dict[str, Floats]:
    """Each teacher's probabilities of all posts, trained on one part or kept."""
    recipe = run.material.recipe
    found: dict[str, Floats] = {}
    for name in recipe.student.teachers:
        chosen = getattr(recipe, name).chosen()
        found[name] = _keep(
            run, f"{name}-part{number}", number, chosen,
            lambda name=name: train_teacher(  # type: ignore[misc]
                name, run.material, run.posts.parts[number], recipe.seed
            ),
        )  # fmt: skip
    return found


def _keep(
    run: PaperRun,
    stage: str,
    number: int,
    chosen: Mapping[str, Any],
    make: Callable[[], Mapping[str, torch.Tensor]],
    **more: Any,
) -> Floats:
    kept = run.folder.keep(stage, run.inputs(number, chosen=chosen, **more), make)
    probabilities: Floats = kept[PROBABILITIES].numpy()
    return probabilities


def soften(run: PaperRun, number: int, teachers: Mapping[str, Floats]) -> Floats | None:
    """The soft target of all posts; fault 4 takes it from teachers that were trained on them."""
    recipe, part = run.material.recipe, run.posts.parts[number]
    if not teachers:
        return None
    if recipe.student.soft_targets == "out_of_fold":
        teachers = {name: _cross_fit(run, number, name, teachers[name]) for name in teachers}
    return mix(recipe.student, teachers, run.posts.labels, part.validation)


def _cross_fit(run: PaperRun, number: int, name: Any, whole: Floats) -> Floats:
    recipe, part = run.material.recipe, run.posts.parts[number]
    labels = [recipe.labels[label] for label in run.posts.labels[part.train]]
    folds = number_folds(labels, recipe.student.soft_folds)
    mixed = whole.copy()
    chosen = getattr(recipe, name).chosen()
    for fold in range(recipe.student.soft_folds):
        others = part.train[folds == fold]
        inside = Part(part.train[folds != fold], part.validation, others)
        held_out = _keep(
            run, f"{name}-part{number}-fold{fold}", number, chosen,
            lambda inside=inside: train_teacher(name, run.material, inside, recipe.seed),  # type: ignore[misc]
            fold=[fold, recipe.student.soft_folds],
        )  # fmt: skip
        mixed[others] = held_out[others]
    return mixed


def _train_students(run: PaperRun, number: int, soft: Floats | None) -> list[Floats]:
    recipe = run.material.recipe
    part = run.posts.parts[number]
    found = []
    for turn in range(recipe.runs):
        inputs = run.inputs(
            number,
            chosen=recipe.student.chosen(),
            soft=None if soft is None else soft.tolist(),
            test=part.test.tolist(),
            turn=turn,
        )
        kept = run.folder.keep(
            f"student-part{number}-run{turn}",
            inputs,
            lambda turn=turn: train_student(  # type: ignore[misc]
                run.material, part, soft, recipe.seed + turn, keep_weights=turn == 0
            ),
        )
        found.append(kept[LOGITS].numpy())
    return found


def _write(
    run: PaperRun,
    teachers: Mapping[str, list[Floats]],
    students: list[list[Floats]],
    leaks: Mapping[str, Any],
) -> Path:
    recipe, posts = run.material.recipe, run.posts
    rows = np.concatenate([part.test for part in posts.parts])
    truth = posts.labels[rows]
    asked = {name: np.concatenate(parts) for name, parts in teachers.items()}
    answers = [np.concatenate(parts) for parts in students]
    results: dict[str, Any] = {
        "recipe": recipe.model_dump(),
        "posts": {"train": [len(p.train) for p in posts.parts], "test": len(rows)},
        "leaks": leaks,
        "majority_class": float(np.bincount(truth).max() / len(truth)),
        "student": summarise([measure_run(found, truth) for found in answers]),
        "teachers": {name: measure_run(found, truth) for name, found in asked.items()},
    }
    if len(asked) > 1:
        mean = np.mean(list(asked.values()), axis=0)
        results["teachers"]["mean"] = measure_run(mean, truth)
    folder = run.folder.folder
    predictions = {**asked, **{f"student-run{n}": found for n, found in enumerate(answers)}}
    with (folder / PREDICTIONS_FILE).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "model", *recipe.labels])
        for model, found in predictions.items():
            for row, probabilities in zip(rows, found, strict=True):
                writer.writerow([posts.ids[row], model, *(f"{p:.6f}" for p in probabilities)])
    file = folder / RESULTS_FILE
    partial = file.with_suffix(".part")
    partial.write_text(json.dumps(results, indent=2), "utf-8")
    partial.replace(file)
    summary = results["student"]
    for name in ("accuracy", "f1_macro", "f1_weighted"):
        run.folder.say(
            f"student, {name}: {summary['mean'][name]:.4f} ± {summary['sd'][name]:.4f} over "
            f"{summary['runs']} runs; best by test {summary['best_by_test'][name]:.4f}"
        )
    return file
