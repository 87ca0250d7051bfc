"""The student: chosen among candidates on held-out folds, then fitted with and without teachers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import log_loss

from mhkd.bundle import ConformalSettings, TextSettings
from mhkd.conformal import COVERAGE, fit_least_probability
from mhkd.models.members import trained_weights
from mhkd.training.calibrate import calibrated, fit_temperature
from mhkd.training.data import LabelledPosts
from mhkd.training.distil import distillation_loss
from mhkd.training.fit import Loss, Targets, cross_entropy
from mhkd.training.recipe import Recipe, StudentCandidate
from mhkd.training.stages import RunFolder, make_key
from mhkd.training.teachers import LOGITS
from mhkd.training.texts import KeptStates, fit_text_classifier, keep_states, predict_logits


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
    """The chosen student, its twin without teachers, and what the others gave."""

    distilled: TrainedStudent
    plain: TrainedStudent
    candidates: list[dict[str, Any]]


def train_students(
    recipe: Recipe,
    posts: LabelledPosts,
    soft: npt.NDArray[np.float64],
    inputs: dict[str, Any],
    run: RunFolder,
) -> StudentSearch:
    """Validates each candidate, chooses by log-loss, and fits the chosen one twice.

    Args:
        soft: out-of-fold soft targets, shape (posts, classes).
        inputs: what decides the fits beside ``soft``, for the key of the kept files.
    """
    trainer = _Trainer(recipe, posts, soft, inputs, run)
    tried = []
    for candidate in recipe.student.candidates:
        held_out = trainer.validate(candidate, distilled=True)
        tried.append({**candidate.model_dump(), **held_out})
        run.say(f"student {candidate.backbone}, {candidate.layers} layers: {held_out}")
    best = min(range(len(tried)), key=lambda i: tried[i]["log_loss"])
    chosen = recipe.student.candidates[best]
    return StudentSearch(
        trainer.finish(chosen, distilled=True), trainer.finish(chosen, distilled=False), tried
    )


class _Trainer:
    def __init__(
        self,
        recipe: Recipe,
        posts: LabelledPosts,
        soft: npt.NDArray[np.float64],
        inputs: dict[str, Any],
        run: RunFolder,
    ) -> None:
        self._recipe = recipe
        self._posts = posts
        self._soft = soft
        self._inputs = inputs
        self._run = run
        self._targets = Targets(torch.from_numpy(posts.labels), torch.from_numpy(soft).float())

    def validate(self, candidate: StudentCandidate, *, distilled: bool) -> dict[str, float]:
        """Accuracy, log-loss at the best temperature, and that temperature, on held-out folds."""
        found, truth = self._hold_out(candidate, distilled)
        temperature = fit_temperature(found, truth)
        return {
            "accuracy": float((found.argmax(1) == truth).mean()),
            "log_loss": float(log_loss(truth, calibrated(found, temperature))),
            "temperature": temperature,
            "n": len(truth),
        }

    def _hold_out(
        self, candidate: StudentCandidate, distilled: bool
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Logits and labels of posts that the fits have not seen."""
        posts, logits, rows = self._posts, [], []
        for fold in range(self._recipe.student.validation_folds):
            inside, outside = np.where(posts.folds != fold)[0], np.where(posts.folds == fold)[0]
            kept = self._fit(candidate, distilled, fold, inside, outside)
            logits.append(kept[LOGITS].numpy())
            rows.append(outside)
        return np.concatenate(logits), posts.labels[np.concatenate(rows)]

    def finish(self, candidate: StudentCandidate, *, distilled: bool) -> TrainedStudent:
        """Fits on all posts; the temperature is that of the held-out folds."""
        held_out = self.validate(candidate, distilled=distilled)
        everyone = np.arange(len(self._posts))
        kept = self._fit(candidate, distilled, None, everyone, everyone[:1])
        settings = _settings(candidate, held_out["temperature"])
        weights = {k: v for k, v in kept.items() if k != LOGITS}
        conformal = self._find_conformal(candidate, distilled, held_out["temperature"])
        return TrainedStudent(settings, weights, held_out, conformal)

    def _find_conformal(
        self, candidate: StudentCandidate, distilled: bool, temperature: float
    ) -> ConformalSettings | None:
        logits, truth = self._hold_out(candidate, distilled)
        least = fit_least_probability(calibrated(logits, temperature), truth)
        if least is None:
            return None
        return ConformalSettings(coverage=COVERAGE, least_probability=least, n=len(truth))

    def _fit(
        self,
        candidate: StudentCandidate,
        distilled: bool,
        fold: int | None,
        rows: npt.NDArray[np.int64],
        others: npt.NDArray[np.int64],
    ) -> dict[str, torch.Tensor]:
        recipe = self._recipe.student
        settings = _settings(candidate, 1.0)

        def make() -> dict[str, torch.Tensor]:
            kept = self._keep_states(candidate)
            model, upper = fit_text_classifier(
                settings,
                kept,
                rows,
                self._targets,
                self._loss(distilled),
                recipe.fit,
                self._recipe.seed,
                classes=len(self._recipe.labels),
            )
            logits = torch.from_numpy(predict_logits(upper, kept, others))
            whole = trained_weights(model, settings) if fold is None else {}
            return {**whole, LOGITS: logits}

        kind = "distilled" if distilled else "plain"
        teachers = make_key({"soft": self._soft.tolist()}) if distilled else None
        inputs = {
            **self._inputs,
            "soft": teachers,
            "candidate": candidate.chosen(),
            "student": recipe.chosen(exclude={"candidates", "validation_folds"}),
            "kind": kind,
            "fold": fold,
        }
        return self._run.keep(f"student-{kind}-{'all' if fold is None else fold}", inputs, make)

    def _keep_states(self, candidate: StudentCandidate) -> KeptStates:
        return keep_states(
            candidate.backbone, candidate.frozen_layers, self._posts.texts, self._run.folder
        )

    def _loss(self, distilled: bool) -> Loss:
        if distilled:
            return distillation_loss(self._recipe.student)
        return cross_entropy(self._recipe.student.fit.label_smoothing)


def _settings(candidate: StudentCandidate, temperature: float) -> TextSettings:
    return TextSettings(
        backbone=candidate.backbone,
        layers=candidate.layers,
        frozen_layers=candidate.frozen_layers,
        lora_rank=0,
        temperature=temperature,
    )
