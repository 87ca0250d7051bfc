"""What a run of the paper writes: results, and every model's answers to the test posts."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mhkd.metrics import compare_seeds, say_difference
from mhkd.training.paper.measures import measure_model, summarise
from mhkd.training.paper.parts import PaperPosts
from mhkd.training.paper.recipe import PaperRecipe
from mhkd.training.paper.teachers import Floats
from mhkd.training.stages import Say

RESULTS_FILE = "results.json"
PREDICTIONS_FILE = "predictions.csv"
_TOLD = ("accuracy", "f1_macro", "f1_weighted")


@dataclass(frozen=True, eq=False)
class Answers:
    """Probabilities of the test posts of all parts, each of shape (posts, classes).

    Attributes:
        teachers: by name.
        students, twins: of each run; ``twins`` is empty where none were trained.
        linear: of the linear baseline; None where the posts are too few for it.
    """

    teachers: Mapping[str, Floats]
    students: Sequence[Floats]
    twins: Sequence[Floats]
    linear: Floats | None

    def by_model(self) -> dict[str, Floats]:
        """Each by the name that the predictions have for it."""
        return {
            **self.teachers,
            **({} if self.linear is None else {"tf-idf-linear": self.linear}),
            **{f"student-run{n}": found for n, found in enumerate(self.students)},
            **{f"twin-run{n}": found for n, found in enumerate(self.twins)},
        }


def name_files(folder: Path, of: str | None) -> tuple[Path, Path]:
    """The results and the predictions of the recipe's own student, or of one of other teachers.

    Args:
        of: its teachers, such as ``text+audio``; None for the recipe's own.
    """
    mark = "" if of is None else f"-{of.replace('+', '-')}"
    names = (Path(RESULTS_FILE), Path(PREDICTIONS_FILE))
    first, second = (folder / f"{name.stem}{mark}{name.suffix}" for name in names)
    return first, second


def write_report(
    recipe: PaperRecipe,
    posts: PaperPosts,
    answers: Answers,
    leaks: Mapping[str, Any],
    files: tuple[Path, Path],
    say: Say,
) -> Path:
    """Measures all models, writes results and predictions (no text), and tells the student's.

    Args:
        files: of results and predictions.

    Returns:
        The file of the results.
    """
    results_file, predictions_file = files
    rows = np.concatenate([part.test for part in posts.parts])
    truth = posts.labels[rows]
    teachers = dict(answers.teachers)
    if len(teachers) > 1:
        teachers["mean"] = np.mean(list(teachers.values()), axis=0)
    results: dict[str, Any] = {
        "recipe": recipe.model_dump(),
        "posts": {"train": [len(p.train) for p in posts.parts], "test": len(rows)},
        "leaks": leaks,
        "majority_class": float(np.bincount(truth).max() / len(truth)),
        "student": summarise(answers.students, truth),
        "teachers": {name: measure_model(found, truth) for name, found in teachers.items()},
        "tf_idf_linear": None if answers.linear is None else measure_model(answers.linear, truth),
    }
    if answers.twins:
        results["student_without_teachers"] = summarise(answers.twins, truth)
        results["student_against_twin"] = compare_seeds(
            np.stack(answers.students), np.stack(answers.twins), truth
        )
    _write_predictions(predictions_file, recipe, [posts.ids[row] for row in rows], answers)
    partial = results_file.with_suffix(".part")
    partial.write_text(json.dumps(results, indent=2, allow_nan=False), "utf-8")
    partial.replace(results_file)
    for line in _tell(results):
        say(line)
    return results_file


def _write_predictions(
    file: Path, recipe: PaperRecipe, ids: Sequence[str], answers: Answers
) -> None:
    partial = file.with_suffix(".part")
    with partial.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "model", *recipe.labels])
        for model, found in answers.by_model().items():
            for id_, probabilities in zip(ids, found, strict=True):
                writer.writerow([id_, model, *(f"{p:.6f}" for p in probabilities)])
    partial.replace(file)


def _tell(results: Mapping[str, Any]) -> list[str]:
    summary, lines = results["student"], []
    for name in _TOLD:
        low, high = summary["interval"][name] or (None, None)
        reach = "" if low is None else f" [{low:.4f}, {high:.4f}]"
        lines.append(
            f"student, {name}: {summary['mean'][name]:.4f}{reach} ± {summary['sd'][name]:.4f} over "
            f"{summary['runs']} runs; best by test {summary['best_by_test'][name]:.4f}"
        )
    if "student_against_twin" in results:
        told = say_difference(results["student_against_twin"])
        lines.append(f"student against the same without teachers, accuracy: {told}")
    if results["tf_idf_linear"] is not None:
        lines.append(
            f"TF-IDF and linear model, accuracy: {results['tf_idf_linear']['accuracy']:.4f}"
        )
    return lines
