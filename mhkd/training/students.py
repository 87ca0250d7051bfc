"""The students: one chosen on held-out folds, then one for every subset of the teachers and seed.

The students of one seed start from the same weights and see the posts in the same order,
so that they differ in their teachers alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import log_loss

from mhkd.analysis import TEACHERS
from mhkd.conformal import COVERAGE, fit_least_probability
from mhkd.manifest import ConformalSettings, FamilyStudent, TextSettings
from mhkd.models.members import trained_weights
from mhkd.training.calibrate import calibrated, fit_temperature
from mhkd.training.data import LabelledPosts
from mhkd.training.distil import distillation_loss
from mhkd.training.fit import Loss, Targets, cross_entropy
from mhkd.training.idle import NOT_OF_A_FIT
from mhkd.training.lessons import plan_lessons
from mhkd.training.recipe import Recipe, Rule, StudentCandidate, StudentRecipe
from mhkd.training.stages import RunFolder, make_key
from mhkd.training.teachers import LOGITS, TrainedTeacher, soft_targets
from mhkd.training.texts import fit_text_classifier, predict_logits

Subset = tuple[str, ...]
_ALPHAS = (0.0, 0.3, 0.5, 0.7)
_TEMPERATURES = (1.0, 2.0, 4.0)


@dataclass(frozen=True, eq=False)
class TrainedStudent:
    """A student and its temperature.

    Attributes:
        settings: how it is put together; ``temperature`` is set.
        weights: of the fit on all training posts.
        held_out: accuracy and log-loss on the folds it was validated on.
        conformal: of its calibrated probabilities on the same folds; None for too few posts.
    """

    settings: TextSettings
    weights: dict[str, torch.Tensor]
    held_out: dict[str, float]
    conformal: ConformalSettings | None = None


@dataclass(frozen=True, eq=False)
class StudentSearch:
    """The chosen student, its twin without teachers, and what the others gave.

    ``family`` holds the students of every subset and seed that the recipe asks for, the
    shipped one and its twin among them; it is empty for a recipe without subsets. ``large`` is
    the larger student and its twin, None where the recipe asks for none. ``study`` holds a row
    for every variant of the loss that was compared.
    """

    distilled: TrainedStudent
    plain: TrainedStudent
    candidates: list[dict[str, Any]]
    family: Mapping[FamilyStudent, TrainedStudent]
    large: tuple[TrainedStudent, TrainedStudent] | None = None
    study: Sequence[Mapping[str, Any]] = ()


def subsets() -> Iterator[Subset]:
    """Every set of teachers, the empty one first and the whole one last."""
    for size in range(len(TEACHERS) + 1):
        yield from combinations(TEACHERS, size)


def train_students(
    recipe: Recipe,
    posts: LabelledPosts,
    teachers: Mapping[str, TrainedTeacher],
    inputs: dict[str, Any],
    run: RunFolder,
) -> StudentSearch:
    """Validates each candidate, chooses by log-loss, and fits the chosen one.

    Args:
        teachers: whose held-out probabilities are the soft targets.
        inputs: what decides the fits beside them, for the key of the kept files.
    """
    trainer = _Trainer(recipe, posts, teachers, inputs, run)
    tried = []
    for candidate in recipe.student.candidates:
        held_out = trainer.validate(candidate, TEACHERS)
        tried.append({**candidate.model_dump(), **held_out})
        run.say(
            f"student {candidate.backbone}, {candidate.layers} layers, {candidate.frozen_layers} "
            f"frozen: {held_out['accuracy']:.1%} of {held_out['n']} held-out posts, log-loss "
            f"{held_out['log_loss']:.3f}, T = {held_out['temperature']:.2f}"
        )
    best = min(range(len(tried)), key=lambda i: tried[i]["log_loss"])
    chosen = recipe.student.candidates[best]
    distilled, plain = (trainer.finish(chosen, of, recipe.seed) for of in (TEACHERS, ()))
    return StudentSearch(
        distilled,
        plain,
        tried,
        _train_family(recipe, trainer, chosen),
        _train_large(recipe, trainer),
        _study_loss(recipe, trainer, chosen),
    )


def _train_large(recipe: Recipe, trainer: _Trainer) -> tuple[TrainedStudent, TrainedStudent] | None:
    large = recipe.student.large
    if large is None:
        return None
    of_large = trainer.with_student(fit=large.fit, masked_copies=0)
    distilled, plain = (of_large.finish(large.candidate, of, recipe.seed) for of in (TEACHERS, ()))
    return distilled, plain


def _study_loss(
    recipe: Recipe, trainer: _Trainer, chosen: StudentCandidate
) -> list[dict[str, Any]]:
    """Each variant of the loss beside the recipe's own, on the held-out folds, one seed.

    All without masked copies, which would take as long again.
    """
    if not recipe.student.study:
        return []
    rows = []
    for variant in loss_variants(recipe):
        changed = trainer.with_student(
            alpha=variant.alpha,
            temperature=variant.temperature,
            soft_targets=variant.soft_targets,
            paper_loss=variant.paper_loss,
            masked_copies=0,
        )
        told = tell_loss(variant, len(recipe.labels))
        rows.append({**told, **changed.validate(chosen, TEACHERS)})
    return rows


def tell_loss(student: StudentRecipe, classes: int) -> dict[str, Any]:
    """α, T and the rule of a loss; of the paper's also that it is that.

    ``CE + KL/C`` is ``1 + 1/C`` times the loss of ``α = C/(C + 1)`` and ``T = 1``.
    """
    if student.paper_loss:
        alpha = round(classes / (classes + 1), 3)
        return {"alpha": alpha, "T": 1.0, "rule": student.soft_targets, "paper_loss": True}
    return {"alpha": student.alpha, "T": student.temperature, "rule": student.soft_targets}


def loss_variants(recipe: Recipe) -> list[StudentRecipe]:
    """The recipe's loss first, then others that differ from it in one field each.

    α and T are of the weighted loss alone; the paper's stands beside it, and it beside the paper's.
    """
    own = recipe.student
    weighted = [
        *({"alpha": value} for value in _ALPHAS),
        *({"temperature": value} for value in _TEMPERATURES),
    ]
    changes: list[dict[str, Any]] = [
        *([] if own.paper_loss else weighted),
        *({"soft_targets": rule} for rule in get_args(Rule)),
        {"paper_loss": not own.paper_loss},
    ]
    variants = [own]
    for change in changes:
        variant = own.model_copy(update=change)
        if variant not in variants:
            variants.append(variant)
    return variants


def _train_family(
    recipe: Recipe, trainer: _Trainer, chosen: StudentCandidate
) -> dict[FamilyStudent, TrainedStudent]:
    part = recipe.student
    if not part.subset_seeds and part.seeds == 1:
        return {}
    family = {}
    for subset in subsets():
        outer = len(subset) in (0, len(TEACHERS))
        count = max(part.seeds, part.subset_seeds) if outer else part.subset_seeds
        for seed in range(recipe.seed, recipe.seed + count):
            student = trainer.finish(chosen, subset, seed)
            temperature = student.settings.temperature
            key = FamilyStudent(teachers=subset, seed=seed, temperature=temperature)
            family[key] = student
    return family


class _Trainer:
    def __init__(
        self,
        recipe: Recipe,
        posts: LabelledPosts,
        teachers: Mapping[str, TrainedTeacher],
        inputs: dict[str, Any],
        run: RunFolder,
    ) -> None:
        self._recipe = recipe
        self._posts = posts
        self._teachers = teachers
        self._inputs = inputs
        self._run = run

    def with_student(self, **changes: Any) -> _Trainer:
        """The same with other settings of the student."""
        student = self._recipe.student.model_copy(update=changes)
        recipe = self._recipe.model_copy(update={"student": student})
        return _Trainer(recipe, self._posts, self._teachers, self._inputs, self._run)

    def validate(self, candidate: StudentCandidate, subset: Subset) -> dict[str, float]:
        """Accuracy, log-loss at the best temperature, and that temperature, on held-out folds."""
        found, truth = self._hold_out(candidate, subset)
        temperature = fit_temperature(found, truth)
        return {
            "accuracy": float((found.argmax(1) == truth).mean()),
            "log_loss": float(log_loss(truth, calibrated(found, temperature))),
            "temperature": temperature,
            "n": len(truth),
        }

    def _hold_out(
        self, candidate: StudentCandidate, subset: Subset
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Logits and labels of posts that the fits have not seen."""
        posts, logits, rows = self._posts, [], []
        for fold in range(self._recipe.student.validation_folds):
            inside, outside = np.where(posts.folds != fold)[0], np.where(posts.folds == fold)[0]
            kept = self._fit(candidate, subset, self._recipe.seed, fold, inside, outside)
            logits.append(kept[LOGITS].numpy())
            rows.append(outside)
        return np.concatenate(logits), posts.labels[np.concatenate(rows)]

    def finish(self, candidate: StudentCandidate, subset: Subset, seed: int) -> TrainedStudent:
        """Fits on all posts; the temperature is that of the held-out folds."""
        held_out = self.validate(candidate, subset)
        everyone = np.arange(len(self._posts))
        kept = self._fit(candidate, subset, seed, None, everyone, everyone[:1])
        settings = _settings(candidate, held_out["temperature"])
        weights = {k: v for k, v in kept.items() if k != LOGITS}
        conformal = self._find_conformal(candidate, subset, held_out["temperature"])
        return TrainedStudent(settings, weights, held_out, conformal)

    def _find_conformal(
        self, candidate: StudentCandidate, subset: Subset, temperature: float
    ) -> ConformalSettings | None:
        logits, truth = self._hold_out(candidate, subset)
        least = fit_least_probability(calibrated(logits, temperature), truth)
        if least is None:
            return None
        return ConformalSettings(coverage=COVERAGE, least_probability=least, n=len(truth))

    def _fit(
        self,
        candidate: StudentCandidate,
        subset: Subset,
        seed: int,
        fold: int | None,
        rows: npt.NDArray[np.int64],
        others: npt.NDArray[np.int64],
    ) -> dict[str, torch.Tensor]:
        recipe = self._recipe.student
        settings = _settings(candidate, 1.0)
        targets = self._targets(subset)

        def make() -> dict[str, torch.Tensor]:
            texts, run = self._posts.texts, self._run
            lessons = plan_lessons(recipe, candidate, texts, targets, run)
            model, upper = fit_text_classifier(
                settings,
                lessons.states,
                lessons.choose(rows),
                lessons.targets,
                self._loss(subset),
                recipe.fit,
                seed,
                classes=len(self._recipe.labels),
                say=run.say,
            )
            logits = torch.from_numpy(predict_logits(upper, lessons.states, others))
            whole = trained_weights(model, settings) if fold is None else {}
            return {**whole, LOGITS: logits}

        inputs = {
            **self._inputs,
            "seed": seed,
            "soft": None if targets.soft is None else make_key({"soft": targets.soft.tolist()}),
            "candidate": candidate.chosen(),
            "student": recipe.chosen(exclude={*NOT_OF_A_FIT}),
            "fold": fold,
        }
        name = f"student-{'+'.join(subset) or 'none'}-{seed}-{'all' if fold is None else fold}"
        return self._run.keep(name, inputs, make)

    def _targets(self, subset: Subset) -> Targets:
        labels = torch.from_numpy(self._posts.labels)
        if not subset:
            return Targets(labels)
        chosen = {name: self._teachers[name] for name in subset}
        return Targets(labels, soft_targets(self._recipe.student.soft_targets, chosen, self._posts))

    def _loss(self, subset: Subset) -> Loss:
        if subset:
            return distillation_loss(self._recipe.student)
        return cross_entropy(self._recipe.student.fit.label_smoothing)


def _settings(candidate: StudentCandidate, temperature: float) -> TextSettings:
    return TextSettings(
        backbone=candidate.backbone,
        layers=candidate.layers,
        frozen_layers=candidate.frozen_layers,
        lora_rank=candidate.lora_rank,
        temperature=temperature,
    )
