"""``mhkd tune``: a seeded search over a part's settings that can be stopped and goes on.

Each trial is judged by the pooled macro-F1 of held-out posts, told fold by fold, so that a trial
that lags behind the median of the others is given up. Source of the default spaces: 3M-Health,
supplement, table A1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml
from sklearn.metrics import f1_score

from mhkd.errors import RecipeError
from mhkd.training.recipe import Space
from mhkd.training.recipe_faults import tell_unknown
from mhkd.training.stages import Say, make_key

PARTS = ("text", "audio", "emotion", "student")
_RATES = [1e-4, 1e-5, 2e-5, 3e-5, 4e-5, 5e-5]
_DROPOUT = [0.01, 0.05, 0.1, 0.5]
_DECAY = [0.0, 0.01, 0.1]
_UNPRUNED = 5  # trials that are always finished: there is no median before


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Logits of one fold's posts by a fit without them.

    Attributes:
        rows: int64, shape (posts,).
        logits: shape (posts, classes).
    """

    rows: npt.NDArray[np.int64]
    logits: npt.NDArray[np.float64]


Folds = Callable[[Mapping[str, Any]], Iterator[HeldOut]]
Score = Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64]], float]


def macro_f1(truth: npt.NDArray[np.int64], guess: npt.NDArray[np.int64]) -> float:
    """Macro-F1 of pooled guesses."""
    return float(f1_score(truth, guess, average="macro"))


@dataclass(frozen=True)
class Found:
    """The best trial.

    Attributes:
        settings: field of the part → value.
        score: of held-out posts, macro-F1 unless another was asked for.
        trials: finished trials, pruned ones included.
    """

    settings: dict[str, Any]
    score: float
    trials: int


def default_space(part: str, *, probed: bool = False, layers: int = 12) -> Space:
    """The supplement's space of a part, as far as its recipe has the fields.

    Args:
        part: one of ``PARTS``.
        probed: the text teacher's head alone is fitted; there, penalty and layers are tried.
        layers: of the student's backbone.
    """
    if part == "text" and probed:
        return {"probe": [1e-4, 3e-4, 1e-3, 3e-3, 1e-2], "pooled_layers": [1, 2, 3]}
    fit: Space = {"fit.dropout": list(_DROPOUT), "fit.weight_decay": list(_DECAY)}
    if part == "text":
        return {**fit, "fit.learning_rate": list(_RATES), "fit.epochs": [2, 3, 4, 5]}
    if part == "audio":
        return {
            "fit.dropout": list(_DROPOUT),
            "fit.head_learning_rate": [1e-3, 1e-4, 1e-5, 5e-5],
        }
    if part == "emotion":
        return {
            **fit,
            "hidden": [100, 200, 300, 400, 500],
            "fit.head_learning_rate": [1e-3, 1e-4, 1e-5],
        }
    kept = sorted({n for n in (2, 4, 6, 8, 10, 12) if n <= layers} | {layers})
    return {
        **fit,
        "fit.learning_rate": list(_RATES),
        "fit.epochs": [3, 4, 5],
        "candidate.layers": list(kept),
    }


def set_field(content: dict[str, Any], name: str, value: Any, *, part: str) -> None:
    """Replaces a field of a part of a recipe, in place.

    Args:
        content: the part as plain values, all its fields among them.
        name: of the field, such as ``fit.dropout``.
        part: as the message names it.

    Raises:
        RecipeError: there is no such field, or the recipe leaves out the part that it belongs to.
    """
    place: Any = content
    *parents, last = name.split(".")
    for parent in parents:
        if parent not in place:
            raise RecipeError(f"tune.{part}: {name}: {tell_unknown(parent, list(place))}")
        place = place[parent]
        if not isinstance(place, dict):
            raise RecipeError(f"tune.{part}: {name}: the recipe's {parent} has no fields to set.")
    if last not in place:
        raise RecipeError(f"tune.{part}: {name}: {tell_unknown(last, list(place))}")
    place[last] = value


def search(
    part: str,
    space: Space,
    folds: Folds,
    truth: npt.NDArray[np.int64],
    folder: Path,
    *,
    trials: int,
    seed: int,
    say: Say,
    score: Score = macro_f1,
    first: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Any] | None = None,
) -> Found:
    """Tries settings until ``trials`` are finished, those of earlier calls included.

    A search that was killed and started again tries the very settings that it would have tried.
    One of another space, or of other ``inputs``, is a search of its own.

    Args:
        part: names the study in ``tune.db``, together with the space and ``inputs``.
        space: field → values.
        folds: settings → held-out logits, fold by fold.
        truth: labels of all posts.
        folder: holds ``tune.db`` (SQLite) and gets ``tune-<part>.yaml``.
        score: labels and guesses → what is to be high.
        first: settings that are tried before all others.
        inputs: plain values that decide what a trial gives beside its settings.
    """
    import optuna

    if not space or not all(space.values()):
        raise RecipeError(f"tune.{part} names no value to try.")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        study_name=f"{part}-{make_key({'space': space, **(inputs or {})})}",
        storage=f"sqlite:///{folder / 'tune.db'}",
        direction="maximize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=_UNPRUNED),
        load_if_exists=True,
    )
    states = optuna.trial.TrialState
    for trial in study.get_trials(deepcopy=False, states=(states.RUNNING,)):
        study.tell(trial.number, state=states.FAIL)  # its process was killed
    if first is not None:
        study.enqueue_trial(dict(first), skip_if_exists=True)
    while (done := len(_finished(study))) < trials:
        # A sampler for each trial: what it draws depends on the finished trials alone.
        study.sampler = optuna.samplers.TPESampler(seed=seed + done)
        study.optimize(lambda trial: _judge(trial, space, folds, truth, score), n_trials=1)
        last = _finished(study)[-1]
        result = "given up" if last.value is None or last.state == states.PRUNED else last.value
        say(f"{part} {len(_finished(study))}/{trials}: {last.params} → {result}")
    best = study.best_trial
    found = Found(dict(best.params), float(best.value or 0.0), len(_finished(study)))
    _write(found, folder / f"tune-{part}.yaml")
    return found


def _judge(
    trial: Any, space: Space, folds: Folds, truth: npt.NDArray[np.int64], measure: Score
) -> float:
    import optuna

    settings = {name: trial.suggest_categorical(name, values) for name, values in space.items()}
    rows, logits, score = [], [], 0.0
    for step, part in enumerate(folds(settings)):
        rows.append(part.rows)
        logits.append(part.logits)
        guess = np.concatenate(logits).argmax(1)
        score = measure(truth[np.concatenate(rows)], guess)
        trial.report(score, step)
        if trial.should_prune():
            raise optuna.TrialPruned
    return score


def _finished(study: Any) -> list[Any]:
    import optuna

    states = optuna.trial.TrialState
    trials: list[Any] = study.get_trials(deepcopy=False, states=(states.COMPLETE, states.PRUNED))
    return trials


def _write(found: Found, file: Path) -> None:
    """The best settings, nested as in a recipe."""
    nested: dict[str, Any] = {}
    for name, value in found.settings.items():
        *parents, last = name.split(".")
        place = nested
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    partial = file.with_suffix(".part")
    note = f"# score of held-out posts {found.score:.4f}, {found.trials} trials\n"
    partial.write_text(note + yaml.safe_dump(nested), "utf-8")
    partial.replace(file)
