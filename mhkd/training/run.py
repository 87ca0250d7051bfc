"""A whole run: data → speech → teachers → soft targets → student → evaluation → bundle.

Every stage keeps its result in the run folder under a key made of its inputs,
so a run that was stopped goes on where it was, and nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mhkd.manifest import TextSettings
from mhkd.models.audio import AudioClassifier
from mhkd.models.backbones import load_audio_backbone
from mhkd.training.assemble import BundleParts, write_bundle
from mhkd.training.check import check_recipe
from mhkd.training.data import LabelledPosts, TaskData, load_task
from mhkd.training.emotion_study import study_emotions
from mhkd.training.emotions import EmotionTable
from mhkd.training.familiarity import Region, VoiceRegion, fit_region, fit_voice_region
from mhkd.training.fit import Targets
from mhkd.training.hub import take_from_hub
from mhkd.training.leaks import find_leaks, tell_leaks
from mhkd.training.own_files import identify_own_files
from mhkd.training.places import check_bundle_place, make_folder
from mhkd.training.processes import (
    first_alone,
    is_first,
    join_processes,
    leave_processes,
    wait_for_others,
)
from mhkd.training.recipe import Recipe, load_recipe
from mhkd.training.sounds import find_unheard, keep_pooled
from mhkd.training.speech import SpokenPost, assign_voices, plan_corpus, speak_corpus
from mhkd.training.stages import RunFolder, Say, make_key
from mhkd.training.students import StudentSearch, train_students
from mhkd.training.teachers import (
    Fit,
    TrainedTeacher,
    audio_fit,
    cross_fit,
    emotion_fit,
    find_contexts,
    keep_emotion_table,
    text_fit,
    text_probe,
)
from mhkd.training.texts import KeptStates, keep_states, pool_posts


@dataclass(frozen=True, eq=False)
class Run:
    """A recipe, its data, and where the results are kept.

    ``everyone`` names the posts that share out the voices; None: those to train on.
    """

    recipe: Recipe
    data: TaskData
    folder: RunFolder
    everyone: tuple[str, ...] | None = None

    @property
    def posts(self) -> LabelledPosts:
        """The posts to train on."""
        return self.data.train

    @property
    def targets(self) -> Targets:
        """Their labels."""
        return Targets(torch.from_numpy(self.posts.labels))

    def inputs(self, **parts: Any) -> dict[str, Any]:
        """What every stage depends on, and what this one does."""
        base = {
            "data": self.data.facts["train"],
            "posts": self.posts.digest,
            "own_files": identify_own_files(self.recipe),
            "folds": self.posts.folds.tolist(),
        }
        return {**base, "seed": self.recipe.seed, **parts}


def train(
    recipe_name: str | Path,
    *,
    data_dir: Path | None = None,
    run_dir: Path | None = None,
    out: Path | None = None,
    workers: int | None = None,
    allow_hub: bool = False,
    say: Say = lambda _: None,
) -> Path:
    """Runs a recipe and writes its bundle.

    Args:
        recipe_name: a YAML file, or a name such as ``embedded/sdcnl``.
        data_dir: folder of the data files; replaces the recipe's.
        run_dir: folder of the kept results; ``runs/<name>`` by default.
        out: folder of the bundle, empty or with an earlier one; ``<run_dir>/bundle`` by default.
        workers: processes that speak posts; all cores by default.
        allow_hub: take ``hub:NAME`` backbones from the Hugging Face hub or its cache.
        say: is told the progress, a line at a time.

    Returns:
        The bundle's folder.

    Raises:
        RecipeError: the recipe or its data can't be used, or a folder holds other things.
    """
    join_processes()
    say = say if is_first() else (lambda _: None)
    recipe = load_recipe(recipe_name)
    source = data_dir or Path(recipe.data.folder)
    data = load_task(recipe.data, recipe.labels, source, recipe.seed, say)
    target = make_folder(run_dir or Path("runs") / recipe.name, "--run-dir")
    place = out or target / "bundle"
    check_bundle_place(place, target)
    make_folder(place.parent, "--out")
    recipe = take_from_hub(recipe, target / "backbones", allow_hub=allow_hub, say=say)
    check_recipe(recipe)
    run = Run(recipe, data, RunFolder(target, say), everyone=_share_voices(recipe, data))
    bundle = train_task(run, place, workers)
    leave_processes()
    return bundle


def train_task(run: Run, bundle: Path, workers: int | None = None) -> Path:
    """Trains everything on the data of a run and writes its bundle; see ``train``."""
    recipe, data, say = run.recipe, run.data, run.folder.say
    say(f"data: {len(data.train)} posts to train on, {len(data.test)} to test")
    data.facts["leaks"] = find_leaks(data.train, data.test, recipe.labels, recipe.label_sources)
    for line in tell_leaks(data.facts["leaks"]):
        say(line)
    jobs = speak(run, workers)
    table = keep_emotion_table(recipe, data.train, run.inputs(), run.folder)
    teachers = train_teachers(run, jobs, table)
    search = train_students(recipe, data.train, teachers, run.inputs(), run.folder)
    parts = BundleParts(
        recipe,
        data,
        teachers,
        table,
        search,
        _find_region(run, search),
        _find_voice_region(run, jobs, teachers["audio"]),
        _count(jobs),
        _study(run),
    )
    if is_first():
        write_bundle(parts, bundle, say)
    wait_for_others()
    return bundle


def _share_voices(recipe: Recipe, data: TaskData) -> tuple[str, ...] | None:
    """All posts of a single file: a post has one voice then, on whichever side of a split it is."""
    return data.ids if recipe.data.test is None else None


def speak(run: Run, workers: int | None) -> list[SpokenPost]:
    """Speaks every training post that is neither spoken nor heard yet."""
    speech, posts = run.recipe.speech, run.posts
    texts = dict(zip(posts.ids, posts.texts, strict=True))
    voices = assign_voices(run.everyone or posts.ids, speech.voices, run.recipe.seed)
    jobs = plan_corpus(texts, voices, run.folder.folder / "speech", speech.words)
    unheard = find_unheard(run.recipe.audio.backbone, jobs, run.folder.folder)
    run.folder.say(f"speech: {sum(not job.file.exists() for job in unheard)} posts to speak")
    if is_first():
        speak_corpus(unheard, workers, run.folder.say)
    wait_for_others()
    return jobs


def train_teachers(
    run: Run, jobs: list[SpokenPost], table: EmotionTable
) -> dict[str, TrainedTeacher]:
    """The three teachers by name, trained or kept from an earlier run."""
    recipe, posts, folder = run.recipe, run.posts, run.folder
    settings = text_settings(recipe)
    kept = keep_states(recipe.text.backbone, recipe.text.frozen_layers, posts.texts, folder)
    text = cross_fit(
        "text",
        posts,
        fit_text(run, settings, kept),
        run.inputs(text=recipe.text.chosen()),
        folder,
    )
    del kept
    emotion = cross_fit(
        "emotion",
        posts,
        emotion_fit(recipe, posts, run.targets, table),
        run.inputs(emotion=recipe.emotion.chosen(exclude={"study"})),
        folder,
    )
    pooled, spoken = keep_sounds(run, jobs)
    audio = cross_fit(
        "audio",
        posts,
        audio_fit(recipe, pooled, run.targets),
        run.inputs(audio=recipe.audio.chosen(), spoken=spoken),
        folder,
    )
    teachers = {"text": text, "audio": audio, "emotion": emotion}
    for name, teacher in teachers.items():
        right = (teacher.held_out_logits.argmax(1) == posts.labels).mean()
        folder.say(f"{name} teacher: {right:.1%} of held-out posts, T = {teacher.temperature:.2f}")
    return teachers


def keep_sounds(run: Run, jobs: list[SpokenPost]) -> tuple[torch.Tensor, str]:
    """Pooled states of all spoken posts, see ``keep_pooled``, and the key of the spoken files."""
    spoken = make_key({"files": [job.file.name for job in jobs]})
    backbone = run.recipe.audio.backbone
    with first_alone():
        return keep_pooled(backbone, jobs, run.folder), spoken


def fit_text(run: Run, settings: TextSettings, kept: KeptStates) -> Fit:
    """How the text teacher is fitted: trained or probed, as the recipe says."""
    recipe = run.recipe
    if recipe.text.probe is None:
        return text_fit(recipe, settings, kept, run.targets, run.folder.say)
    features = pool_posts(settings, kept, recipe.text.frozen_layers, run.posts.texts, run.folder)
    return text_probe(recipe, settings, features, run.targets)


def text_settings(recipe: Recipe) -> TextSettings:
    """The text teacher's settings, before its temperature is known."""
    layers, probed = _count_layers(recipe.text.backbone), recipe.text.probe is not None
    return TextSettings(
        backbone=recipe.text.backbone,
        layers=layers,
        frozen_layers=layers if probed else recipe.text.frozen_layers,
        lora_rank=0 if probed else recipe.text.lora_rank,
        pooled_layers=recipe.text.pooled_layers,
        temperature=1.0,
    )


def _count_layers(backbone: str) -> int:
    from transformers import AutoConfig

    from mhkd.assets import backbone_folder

    return int(AutoConfig.from_pretrained(backbone_folder(backbone)).num_hidden_layers)


def _study(run: Run) -> list[dict[str, Any]]:
    if not run.recipe.emotion.study:
        return []
    contexts = find_contexts(run.recipe, run.posts, run.folder)
    rows = study_emotions(run.recipe, run.posts, run.inputs(), run.folder, contexts)
    for row in rows:
        run.folder.say(f"emotion study, {row['variant']}: {row['accuracy']:.1%}")
    return rows


def _find_region(run: Run, search: StudentSearch) -> Region:
    student, texts, folder = search.distilled.settings, run.posts.texts, run.folder
    layers = _count_layers(student.backbone)
    untouched = TextSettings(
        backbone=student.backbone,
        layers=layers,
        frozen_layers=layers,
        lora_rank=0,
        pooled_layers=1,
        temperature=1.0,
    )
    kept = keep_states(student.backbone, student.frozen_layers, texts, folder)
    pooled = pool_posts(untouched, kept, student.frozen_layers, texts, folder)
    return fit_region(pooled.double().numpy(), run.posts.folds, run.recipe.familiarity_share)


def _find_voice_region(run: Run, jobs: list[SpokenPost], audio: TrainedTeacher) -> VoiceRegion:
    pooled, _ = keep_sounds(run, jobs)
    network = load_audio_backbone(run.recipe.audio.backbone, len(run.recipe.labels)).network
    network.load_state_dict(audio.weights, strict=False)
    with torch.inference_mode():
        features = AudioClassifier(network).project(pooled).double().numpy()
    return fit_voice_region(features, run.posts.folds, run.recipe.familiarity_share)


def _count(jobs: list[SpokenPost]) -> Mapping[str, int]:
    names, counts = np.unique([job.voice for job in jobs], return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))
