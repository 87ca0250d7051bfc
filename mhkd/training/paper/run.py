"""A run of the paper's method: teachers, soft targets, students, and what they reach."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.special import softmax

from mhkd.errors import RecipeError
from mhkd.training.data import LabelledPosts
from mhkd.training.leaks import find_leaks, tell_leaks
from mhkd.training.paper.check import check_recipe
from mhkd.training.paper.files import identify_files
from mhkd.training.paper.gather import gather
from mhkd.training.paper.measures import answer_linearly
from mhkd.training.paper.parts import PaperPosts, Part, load_posts
from mhkd.training.paper.recipe import PaperRecipe, Teacher, choose_teachers, load_paper_recipe
from mhkd.training.paper.report import Answers, name_files, write_report
from mhkd.training.paper.students import LOGITS, train_student
from mhkd.training.paper.teachers import PROBABILITIES, Floats, Material, mix, train_teacher
from mhkd.training.places import make_folder
from mhkd.training.prepare.splits import number_folds
from mhkd.training.processes import asked_processes
from mhkd.training.stages import RunFolder, Say


@dataclass(frozen=True, eq=False)
class PaperRun:
    """The posts, what all models share, where the data lie and where the results are kept."""

    posts: PaperPosts
    material: Material
    data: Path
    folder: RunFolder

    def inputs(self, number: int, model: Teacher | None, **parts: Any) -> dict[str, Any]:
        """What a stage of a part depends on: posts, files of ``model``, and what it does.

        Args:
            model: a teacher; None for the student.
        """
        recipe = self.material.recipe
        part = self.posts.parts[number]
        return {
            "texts": list(self.material.texts),
            "labels": self.posts.labels.tolist(),
            "rows": [part.train.tolist(), part.validation.tolist()],
            "tokens": [recipe.max_tokens, recipe.emoticons],
            "files": identify_files(recipe, model, self.data),
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
        teachers: the student of these, as in ``students_of``; the recipe's own by default. It
            shares the run folder and has results of its own, such as ``results-text.json``.
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
    whole = load_paper_recipe(recipe_name)
    recipe = whole if teachers is None else choose_teachers(whole, teachers)
    run = open_run(
        recipe,
        recipe.student.teachers,
        data_dir=data_dir,
        run_dir=run_dir,
        allow_hub=allow_hub,
        say=say,
    )
    posts = run.posts
    say(f"data: {len(posts.ids)} posts, {len(posts.parts)} parts")
    leaks = _find_leaks(run)
    for line in tell_leaks(leaks):
        say(line)
    asked = None if recipe is whole else "+".join(recipe.student.teachers)
    files = name_files(run.folder.folder, asked)
    return write_report(recipe, posts, _answer(run), leaks, files, say)


def _answer(run: PaperRun) -> Answers:
    """All models of all parts, trained or kept, asked for the test posts."""
    recipe = run.material.recipe
    teachers: dict[str, list[Floats]] = {name: [] for name in recipe.student.teachers}
    students: list[list[Floats]] = [[] for _ in range(recipe.runs)]
    compared = recipe.twin and bool(recipe.student.teachers)
    twins: list[list[Floats]] = [[] for _ in range(recipe.runs if compared else 0)]
    linear: list[Floats | None] = []
    for number, part in enumerate(run.posts.parts):
        asked = train_teachers(run, number)
        for name, probabilities in asked.items():
            teachers[name].append(probabilities[part.test])
        for turn, found in enumerate(_train_students(run, number, soften(run, number, asked))):
            students[turn].append(found)
        if compared:
            for turn, found in enumerate(_train_students(run, number, None)):
                twins[turn].append(found)
        linear.append(_answer_linearly(run, number))
    known = [found for found in linear if found is not None]
    return Answers(
        {name: np.concatenate(parts) for name, parts in teachers.items()},
        [np.concatenate(parts) for parts in students],
        [np.concatenate(parts) for parts in twins],
        np.concatenate(known) if len(known) == len(linear) else None,
    )


def _answer_linearly(run: PaperRun, number: int) -> Floats | None:
    """The linear baseline's probabilities of a part's test posts, if it has posts enough."""
    texts, labels, part = run.material.texts, run.posts.labels, run.posts.parts[number]

    def make() -> dict[str, torch.Tensor]:
        found = answer_linearly(texts, labels, part.train, part.test)
        return {PROBABILITIES: torch.empty(0) if found is None else torch.from_numpy(found)}

    inputs = {
        "texts": list(texts),
        "labels": labels.tolist(),
        "rows": [part.train.tolist(), part.test.tolist()],
    }
    kept = run.folder.keep(f"tf-idf-part{number}", inputs, make)[PROBABILITIES]
    return kept.numpy() if len(kept) else None


def _find_leaks(run: PaperRun) -> dict[str, Any]:
    """Between the rows of the first part that are learned from and those that are tested."""
    posts, part, labels = run.posts, run.posts.parts[0], run.material.recipe.labels
    everyone = LabelledPosts(
        posts.ids, posts.texts, posts.labels, posts.authors, np.zeros(len(posts.ids), np.int64)
    )
    learned = everyone.choose(np.concatenate([part.train, part.validation]))
    return find_leaks(learned, everyone.choose(part.test), labels, {})


def open_run(
    recipe: PaperRecipe,
    teachers: Iterable[str],
    *,
    data_dir: Path | None,
    run_dir: Path | None,
    allow_hub: bool,
    say: Say,
) -> PaperRun:
    """Reads the posts of a recipe and makes what its models share; see ``train_paper``.

    Args:
        teachers: those that will be trained, whose files and voices are looked at first.
    """
    data = data_dir or Path(recipe.data.folder)
    posts = load_posts(recipe.data, recipe.labels, data)
    check_recipe(recipe, teachers, data, allow_hub=allow_hub)
    place = make_folder(run_dir or Path("runs") / recipe.name, "--run-dir")
    folder = RunFolder(place, say)
    material = gather(recipe, posts, data, folder, allow_hub=allow_hub)
    return PaperRun(posts, material, data, folder)


def train_teachers(run: PaperRun, number: int) -> dict[str, Floats]:
    """Each teacher's probabilities of all posts, trained on one part or kept."""
    recipe = run.material.recipe
    found: dict[str, Floats] = {}
    for name in recipe.student.teachers:
        chosen = getattr(recipe, name).chosen()
        found[name] = _keep(
            run, f"{name}-part{number}", number, name, chosen,
            lambda name=name: train_teacher(  # type: ignore[misc]
                name, run.material, run.posts.parts[number], recipe.seed
            ),
        )  # fmt: skip
    return found


def _keep(
    run: PaperRun,
    stage: str,
    number: int,
    model: Teacher,
    chosen: Mapping[str, Any],
    make: Callable[[], Mapping[str, torch.Tensor]],
    **more: Any,
) -> Floats:
    kept = run.folder.keep(stage, run.inputs(number, model, chosen=chosen, **more), make)
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
            run, f"{name}-part{number}-fold{fold}", number, name, chosen,
            lambda inside=inside: train_teacher(name, run.material, inside, recipe.seed),  # type: ignore[misc]
            fold=[fold, recipe.student.soft_folds],
        )  # fmt: skip
        mixed[others] = held_out[others]
    return mixed


def _train_students(run: PaperRun, number: int, soft: Floats | None) -> list[Floats]:
    """Probabilities of the test posts by each run; without soft targets it is the twin."""
    recipe = run.material.recipe
    part = run.posts.parts[number]
    name, material = "student", run.material
    if soft is None and recipe.student.teachers:
        name = "twin"
        alone = recipe.student.model_copy(update={"teachers": []})
        material = replace(material, recipe=recipe.model_copy(update={"student": alone}))
    found = []
    for turn in range(recipe.runs):
        inputs = run.inputs(
            number,
            None,
            chosen=material.recipe.student.chosen(),
            soft=None if soft is None else soft.tolist(),
            test=part.test.tolist(),
            turn=turn,
        )
        kept = run.folder.keep(
            f"{name}-part{number}-run{turn}",
            inputs,
            lambda turn=turn: train_student(  # type: ignore[misc]
                material, part, soft, recipe.seed + turn, keep_weights=turn == 0
            ),
        )
        found.append(softmax(kept[LOGITS].numpy(), axis=1))
    return found
