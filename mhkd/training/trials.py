"""What one trial of ``mhkd tune`` fits: a part of a recipe with other settings, on its folds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from mhkd.errors import RecipeError
from mhkd.manifest import TextSettings
from mhkd.training.check import check_recipe
from mhkd.training.data import load_task
from mhkd.training.distil import distillation_loss
from mhkd.training.fit import Targets
from mhkd.training.hub import take_from_hub
from mhkd.training.idle import NOT_OF_A_FIT, refuse_idle_search
from mhkd.training.lessons import plan_lessons
from mhkd.training.places import make_folder
from mhkd.training.processes import join_processes, leave_processes
from mhkd.training.recipe import Recipe, StudentCandidate, load_recipe
from mhkd.training.recipe_faults import tell_fault
from mhkd.training.run import Run, fit_text, keep_sounds, speak, text_settings, train_teachers
from mhkd.training.stages import RunFolder, Say
from mhkd.training.teachers import (
    LOGITS,
    Fit,
    audio_fit,
    emotion_fit,
    keep_emotion_table,
    soft_targets,
)
from mhkd.training.texts import fit_text_classifier, keep_states, predict_logits
from mhkd.training.tune import PARTS, Folds, Found, HeldOut, default_space, search, set_field


def tune(
    recipe_name: str | Path,
    part: str,
    *,
    data_dir: Path | None = None,
    run_dir: Path | None = None,
    trials: int | None = None,
    workers: int | None = None,
    allow_hub: bool = False,
    say: Say = lambda _: None,
) -> Found:
    """Searches the settings of one part of a recipe; see ``search``.

    The student's search needs the teachers, which are trained first or taken from the run folder.

    Raises:
        RecipeError: the recipe, its space or its data can't be used.
    """
    if part not in PARTS:
        raise RecipeError(f"There is no part '{part}'. Parts: {', '.join(PARTS)}.")
    join_processes()
    recipe = load_recipe(recipe_name)
    data = load_task(
        recipe.data, recipe.labels, data_dir or Path(recipe.data.folder), recipe.seed, say
    )
    folder = make_folder(run_dir or Path("runs") / recipe.name, "--run-dir")
    recipe = take_from_hub(recipe, folder / "backbones", allow_hub=allow_hub, say=say)
    check_recipe(recipe)
    run = Run(recipe, data, RunFolder(folder, say))
    space = getattr(recipe.tune, part) or _default_space(recipe, part)
    # A wrong field or value is refused before anything is fitted.
    for name, values in space.items():
        for value in values:
            _with_settings(recipe, part, {name: value})
    refuse_idle_search(recipe, part, list(space))
    found = search(
        part,
        space,
        _student_folds(run, workers) if part == "student" else _teacher_folds(run, part, workers),
        run.posts.labels,
        run.folder.folder,
        trials=trials or recipe.tune.trials,
        seed=recipe.seed,
        say=say,
        inputs=_decide(run, part),
    )
    leave_processes()
    return found


def _default_space(recipe: Recipe, part: str) -> Any:
    from transformers import AutoConfig

    from mhkd.assets import backbone_folder

    config = AutoConfig.from_pretrained(backbone_folder(recipe.student.candidates[0].backbone))
    space = default_space(
        part, probed=recipe.text.probe is not None, layers=int(config.num_hidden_layers)
    )
    frozen = recipe.student.candidates[0].frozen_layers
    if "candidate.layers" in space:
        space["candidate.layers"] = [n for n in space["candidate.layers"] if int(n) > frozen]
    return space


def _with_settings(recipe: Recipe, part: str, settings: Mapping[str, Any]) -> Recipe:
    """The recipe with some fields of a part replaced, validated anew."""
    content = recipe.model_dump()
    chosen = content[part]
    if part == "student":
        chosen["candidate"] = chosen.pop("candidates")[0]
    for name, value in settings.items():
        set_field(chosen, name, value, part=part)
    if part == "student":
        chosen["candidates"] = [chosen.pop("candidate")]
    try:
        return Recipe.model_validate(content)
    except ValidationError as fault:
        told = f"{next(iter(settings))}: {tell_fault(Recipe, fault)}"
        raise RecipeError(f"tune.{part}: {told}") from fault


def _decide(run: Run, part: str) -> dict[str, Any]:
    """What decides a trial's result beside its settings: data, and what it reads of the recipe."""
    recipe = run.recipe
    speech = recipe.speech.chosen(exclude={"app_voice"})
    chosen: dict[str, Any] = {
        "text": recipe.text.chosen(),
        "audio": {**recipe.audio.chosen(), "speech": speech},
        "emotion": recipe.emotion.chosen(exclude={"study"}),
    }
    if part != "student":
        return run.inputs(recipe=chosen[part])
    student = recipe.student.chosen(exclude={*NOT_OF_A_FIT})
    first = recipe.student.candidates[0].chosen()
    return run.inputs(recipe={**chosen, "student": student, "candidate": first})


def _teacher_folds(run: Run, part: str, workers: int | None) -> Folds:
    jobs = speak(run, workers) if part == "audio" else []

    def fit_of(changed: Run) -> Fit:
        recipe, folder = changed.recipe, changed.folder
        if part == "text":
            kept = keep_states(
                recipe.text.backbone, recipe.text.frozen_layers, run.posts.texts, folder
            )
            return fit_text(changed, text_settings(recipe), kept)
        if part == "audio":
            pooled, _ = keep_sounds(changed, jobs)
            return audio_fit(recipe, pooled, run.targets)
        table = keep_emotion_table(recipe, run.posts, run.inputs(), folder)
        return emotion_fit(recipe, run.posts, run.targets, table)

    def folds(settings: Mapping[str, Any]) -> Iterator[HeldOut]:
        quiet = RunFolder(run.folder.folder, lambda _: None)
        fit = fit_of(Run(_with_settings(run.recipe, part, settings), run.data, quiet))
        for rows, others in _each_fold(run):
            yield HeldOut(others, fit(rows, others)[LOGITS].numpy())

    return folds


def _student_folds(run: Run, workers: int | None) -> Folds:
    jobs = speak(run, workers)
    table = keep_emotion_table(run.recipe, run.posts, run.inputs(), run.folder)
    teachers = train_teachers(run, jobs, table)

    def folds(settings: Mapping[str, Any]) -> Iterator[HeldOut]:
        recipe = _with_settings(run.recipe, "student", settings)
        candidate, part = recipe.student.candidates[0], recipe.student
        soft = soft_targets(part.soft_targets, teachers, run.posts)
        targets = Targets(run.targets.labels, soft)
        lessons = plan_lessons(part, candidate, run.posts.texts, targets, run.folder)
        fit = partial(
            fit_text_classifier,
            _settings(candidate),
            lessons.states,
            targets=lessons.targets,
            loss=distillation_loss(part),
            fit=part.fit,
            seed=recipe.seed,
            classes=len(recipe.labels),
        )
        for rows, others in _each_fold(run):
            _, upper = fit(rows=lessons.choose(rows))
            yield HeldOut(others, predict_logits(upper, lessons.states, others))

    return folds


def _settings(candidate: StudentCandidate) -> TextSettings:
    return TextSettings(
        backbone=candidate.backbone,
        layers=candidate.layers,
        frozen_layers=candidate.frozen_layers,
        lora_rank=candidate.lora_rank,
        temperature=1.0,
    )


def _each_fold(run: Run) -> Iterator[tuple[Any, Any]]:
    folds = run.posts.folds
    for fold in range(int(folds.max()) + 1):
        yield np.where(folds != fold)[0], np.where(folds == fold)[0]
