"""Putting a bundle together: weights, manifest, evaluation, model card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from mhkd.assets import backbone_folder
from mhkd.bundle import CARD, FORMAT, PREDICTIONS_FILE, hash_file, load_bundle, save_manifest
from mhkd.device import default_device
from mhkd.manifest import AudioSettings, EmotionSettings, FamiliaritySettings, Manifest
from mhkd.models.members import (
    AUDIO_FILE,
    EMOTION_FILE,
    FAMILIARITY_FILE,
    FAMILY_FILE,
    LARGE,
    LARGE_FILE,
    STUDENT_FILE,
    TEXT_FILE,
    VOCABULARY_FILE,
    TextMember,
    load_text_member,
)
from mhkd.models.storage import save_weights
from mhkd.training.card import write_card
from mhkd.training.data import LabelledPosts, TaskData
from mhkd.training.emotions import EmotionTable, find_lexicon
from mhkd.training.evaluate import Evaluation, evaluate_bundle, rate_outside
from mhkd.training.familiarity import Region, VoiceRegion
from mhkd.training.mean_rules import compare_rules
from mhkd.training.places import OTHER_STUDENT_FILE, building_place, check_bundle_place
from mhkd.training.recipe import Recipe
from mhkd.training.stages import Say
from mhkd.training.students import StudentSearch, TrainedStudent
from mhkd.training.teachers import TrainedTeacher

_OF_LARGE = (LARGE, f"{LARGE}_without_teachers")


@dataclass(frozen=True, eq=False)
class BundleParts:
    """All that a bundle is made of."""

    recipe: Recipe
    data: TaskData
    teachers: Mapping[str, TrainedTeacher]
    table: EmotionTable
    search: StudentSearch
    region: Region
    voice_region: VoiceRegion
    voice_counts: Mapping[str, int]
    emotion_study: Sequence[Mapping[str, Any]] = ()


def write_bundle(parts: BundleParts, folder: Path, say: Say) -> Path:
    """Writes the bundle to ``folder``, evaluates it there once, and adds its card.

    A bundle that stood there before is replaced only when the new one is whole.

    Raises:
        RecipeError: other things lie there.
    """
    check_bundle_place(folder)
    building = building_place(folder)
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    _write_weights(parts, building)
    manifest = _describe(parts, building, metrics={})
    save_manifest(manifest, building)
    say("evaluation: the test split, once …")
    found = _evaluate(parts, manifest, building, say)
    metrics = found.metrics
    _write_predictions(found, parts.data.test, parts.recipe.labels, building / PREDICTIONS_FILE)
    (building / CARD).write_text("", "utf-8")
    final = _describe(parts, building, metrics=metrics)
    write_card(final, building / CARD)
    save_manifest(_describe(parts, building, metrics=metrics), building)
    shutil.rmtree(folder, ignore_errors=True)
    building.rename(folder)
    say(f"bundle: {folder}")
    return folder


def _write_weights(parts: BundleParts, folder: Path) -> None:
    teachers = parts.teachers
    save_weights(teachers["text"].weights, folder / TEXT_FILE)
    save_weights(teachers["audio"].weights, folder / AUDIO_FILE)
    save_weights(teachers["emotion"].weights, folder / EMOTION_FILE)
    lexicon = find_lexicon(parts.recipe.emotion.lexicon)
    emotions = {word: list(lexicon.words.get(word, ())) for word in parts.table.words}
    (folder / VOCABULARY_FILE).write_text(json.dumps(emotions, indent=0), "utf-8")
    save_weights(parts.search.distilled.weights, folder / STUDENT_FILE)
    if parts.search.family:
        family = {
            f"{student.name}:{name}": value
            for student, trained in parts.search.family.items()
            for name, value in trained.weights.items()
        }
        save_weights(family, folder / FAMILY_FILE)
    if parts.search.large is not None:
        save_weights(parts.search.large[0].weights, folder / LARGE_FILE)
    known = {
        "centre": parts.region.centre,
        "sound_mean": parts.voice_region.mean,
        "sound_whitening": parts.voice_region.whitening,
    }
    save_weights(known, folder / FAMILIARITY_FILE)


def _describe(parts: BundleParts, folder: Path, metrics: dict[str, Any]) -> Manifest:
    recipe, teachers, student = parts.recipe, parts.teachers, parts.search.distilled
    audio_card = json.loads(
        (backbone_folder(recipe.audio.backbone) / "backbone.json").read_text("utf-8")
    )
    lexicon = find_lexicon(recipe.emotion.lexicon)
    large = parts.search.large
    texts = [student.settings, *([large[0].settings] if large else [])]
    backbones = {recipe.text.backbone, recipe.audio.backbone, *(each.backbone for each in texts)}
    from mhkd.training.run import text_settings

    return Manifest(
        format=FORMAT,
        name=recipe.name,
        version=recipe.version,
        title=recipe.title,
        labels=tuple(recipe.labels),
        label_sources=recipe.label_sources,
        text=text_settings(recipe).model_copy(update={"temperature": teachers["text"].temperature}),
        audio=AudioSettings(
            backbone=recipe.audio.backbone,
            backbone_title=audio_card["title"],
            voice=recipe.speech.app_voice,
            spoken_words=recipe.speech.words,
            temperature=teachers["audio"].temperature,
        ),
        emotion=EmotionSettings(
            lexicon=lexicon.name,
            emotions=lexicon.emotions,
            hidden=recipe.emotion.hidden,
            temperature=teachers["emotion"].temperature,
        ),
        student=student.settings,
        family=tuple(parts.search.family),
        familiarity=FamiliaritySettings(
            threshold=parts.region.threshold, validation_share_outside=recipe.familiarity_share
        ),
        mean_outputs={
            name: dict(
                zip(recipe.labels, teacher.held_out_probabilities.mean(0).tolist(), strict=True)
            )
            for name, teacher in teachers.items()
        },
        metrics=metrics,
        recipe=recipe.model_dump(),
        data={**parts.data.facts, "validation": _validation(parts)},
        backbones={
            name: hash_file(backbone_folder(name) / "backbone.json") for name in sorted(backbones)
        },
        files={
            file.name: hash_file(file)
            for file in sorted(folder.iterdir())
            if file.suffix != ".part" and file.name not in ("bundle.json", OTHER_STUDENT_FILE)
        },
        ordered=recipe.ordered,
        conformal=student.conformal,
        sound_familiarity=FamiliaritySettings(
            threshold=parts.voice_region.threshold,
            validation_share_outside=recipe.familiarity_share,
        ),
        student_large=large[0].settings if large else None,
    )


def _validation(parts: BundleParts) -> dict[str, Any]:
    """What was seen on held-out training posts, where all choices were made."""
    truth = parts.data.train.labels
    return {
        "teachers_held_out_accuracy": {
            name: float((teacher.held_out_logits.argmax(1) == truth).mean())
            for name, teacher in parts.teachers.items()
        },
        "teachers_mean_held_out_accuracy": float(
            (
                np.mean([t.held_out_probabilities for t in parts.teachers.values()], axis=0).argmax(
                    1
                )
                == truth
            ).mean()
        ),
        "mean_rules": compare_rules(
            {name: teacher.held_out_probabilities for name, teacher in parts.teachers.items()},
            truth,
            parts.data.train.folds,
        ),
        "student_candidates": parts.search.candidates,
        "student_without_teachers": parts.search.plain.held_out,
        "student_large": _held_out_of_large(parts.search),
        "loss_study": [dict(row) for row in parts.search.study],
        "subsets": [
            {"teachers": list(student.teachers), **trained.held_out}
            for student, trained in parts.search.family.items()
            if student.seed == parts.recipe.seed
        ],
        "voices": dict(parts.voice_counts),
        "emotion_graph": parts.table.facts,
        "emotion_study": [dict(row) for row in parts.emotion_study],
    }


def _held_out_of_large(search: StudentSearch) -> dict[str, Any] | None:
    """What the larger student and its twin reach on the folds they were validated on."""
    if search.large is None:
        return None
    distilled, plain = search.large
    return {"distilled": distilled.held_out, "without_teachers": plain.held_out}


def _write_predictions(
    found: Evaluation, posts: LabelledPosts, labels: Sequence[str], file: Path
) -> None:
    """Every model's probabilities for every test post, by id; no text."""
    columns = {
        f"{model}: {label}": np.round(probabilities[:, place], 6)
        for model, probabilities in found.probabilities.items()
        for place, label in enumerate(labels)
    }
    truth = [labels[label] for label in posts.labels]
    table = pd.DataFrame({"id": posts.ids, "label": truth, **columns})
    table.to_csv(file, index=False)


def _evaluate(parts: BundleParts, manifest: Manifest, folder: Path, say: Say) -> Evaluation:
    classes = len(manifest.labels)
    device = torch.device(default_device())
    others = {"student_without_teachers": parts.search.plain}
    if parts.search.large is not None:
        others |= zip(_OF_LARGE, parts.search.large, strict=True)

    def load(student: TrainedStudent) -> TextMember:
        save_weights(student.weights, folder / OTHER_STUDENT_FILE)
        member = load_text_member(student.settings, folder / OTHER_STUDENT_FILE, classes, device)
        (folder / OTHER_STUDENT_FILE).unlink()
        return member

    members = load_bundle(folder).load_members(device.type)
    found = evaluate_bundle(
        manifest,
        members,
        {name: partial(load, student) for name, student in others.items()},
        parts.data,
        parts.recipe.seed,
        say,
    )
    found.metrics["outside"] = {
        "test posts": rate_outside(members, parts.data.test.texts),
        **{name: rate_outside(members, texts) for name, texts in parts.data.unfamiliar.items()},
    }
    return found
