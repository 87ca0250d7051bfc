"""The test split, opened once for a finished bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mhkd.analysis import MODELS, TEACHERS
from mhkd.batch.curves import RiskCoverage, bin_reliability, trace_risk_coverage
from mhkd.batch_predictions import (
    BatchRequest,
    predict_family_batches,
    predict_posts,
    predict_text_batches,
)
from mhkd.conformal import collect_labels
from mhkd.explain.students import share_out, whole_seeds
from mhkd.manifest import ConformalSettings, FamilyStudent, Manifest
from mhkd.metrics import (
    compare_paired,
    compare_seeds,
    expected_when_calibrated,
    measure,
    measure_seeds,
    wilson,
)
from mhkd.models.members import LARGE, Members, TextMember
from mhkd.predictions import measure_familiarity, read_as_student
from mhkd.training.baseline import fit_linear, predict_linear
from mhkd.training.data import TaskData
from mhkd.training.leaks import find_clean
from mhkd.training.stages import Pace, Say

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
FAMILY_METRICS = ("accuracy", "f1_macro", "auc", "ece", "brier")


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What was seen on the test split.

    Attributes:
        metrics: model → metrics of ``measure``, ``ece_if_calibrated``, ``reliability``, its
            bins of equal mass, and ``risk_coverage``, twenty points of the curve; also
            ``comparison``, see ``compare_twins``, ``conformal``,
            ``variants``, the same on the test posts that ``find_clean`` keeps, and ``subsets``,
            see ``measure_family``.
        probabilities: model → shape (posts, classes), in the order of the test posts; students
            of the family under the names of ``FamilyStudent``.
    """

    metrics: dict[str, Any]
    probabilities: dict[str, Floats]


def evaluate_bundle(
    manifest: Manifest,
    members: Members,
    others: Mapping[str, Callable[[], TextMember]],
    data: TaskData,
    seed: int,
    say: Say = lambda _: None,
) -> Evaluation:
    """Asks every model about the test split, as the app would.

    Args:
        others: name → loads a text model that the app does not use, the student's twin
            ``student_without_teachers`` among them.
        say: is told how far each model is.
    """
    paces: dict[str, Pace] = {}

    def tell(model: str, done: int) -> None:
        if model not in paces:
            paces[model] = Pace(say, f"evaluation of {model}, posts", len(data.test))
        paces[model].tell(done)

    request = BatchRequest(members, manifest, data.test.texts, tell)
    found = predict_posts(request, MODELS)
    for name, load in others.items():
        found[name] = predict_text_batches(request, name, load())
    found["tf_idf_linear"] = predict_linear(fit_linear(data.train), data.test)
    truth = data.test.labels
    metrics: dict[str, Any] = {
        name: {
            **measure(probabilities, truth, seed=seed),
            "ece_if_calibrated": expected_when_calibrated(probabilities, seed=seed),
            "reliability": [asdict(part) for part in bin_reliability(probabilities, truth)],
            "risk_coverage": _thin(trace_risk_coverage(probabilities, truth)),
        }
        for name, probabilities in found.items()
    }
    if manifest.conformal is not None:
        metrics["conformal"] = _rate_sets(manifest.conformal, manifest, found["student"], truth)
    metrics["variants"] = {
        kind: _measure_part(found, truth, chosen)
        for kind, chosen in find_clean(data.train, data.test).items()
    }
    if members.family is not None:
        answers = predict_family_batches(request)
        metrics["subsets"] = measure_family(manifest.family, answers, truth)
        found |= {
            f"student {student.name}": of_one
            for student, of_one in zip(manifest.family, answers, strict=True)
        }
    metrics["comparison"] = {
        **compare_twins(found, manifest.family, truth),
        "majority_class": float(np.bincount(truth).max() / len(truth)),
    }
    return Evaluation(metrics, found)


def compare_twins(
    found: Mapping[str, Floats], family: Sequence[FamilyStudent], truth: Ints
) -> dict[str, Any]:
    """Each student against the same one without teachers, on the same posts.

    Args:
        found: model → probabilities, shape (posts, classes), named as in ``Evaluation``.
        family: the students that ``found`` holds beside the models.

    Returns:
        ``student_against_twin`` and, where there is a larger student, ``large_against_twin``, as
        of ``compare_paired``; with several seeds ``seeds_against_twin``, as of ``compare_seeds``.
    """
    pairs = {"student_against_twin": "student", "large_against_twin": LARGE}
    compared = {
        name: compare_paired(found[model], found[f"{model}_without_teachers"], truth)
        for name, model in pairs.items()
        if model in found
    }
    taught, plain = (
        [found[f"student {each.name}"] for each in family if len(each.teachers) == size]
        for size in (len(TEACHERS), 0)
    )
    if len(taught) > 1 and len(plain) > 1:
        compared["seeds_against_twin"] = compare_seeds(np.stack(taught), np.stack(plain), truth)
    return compared


def _thin(curve: RiskCoverage) -> dict[str, Any]:
    """The curve at every twentieth of the posts."""
    wanted = np.linspace(0.05, 1.0, 20)
    places = np.unique(np.searchsorted(curve.coverage, wanted - 1e-9).clip(max=len(curve.risk) - 1))
    return {
        "coverage": curve.coverage[places].tolist(),
        "risk": curve.risk[places].tolist(),
        "thresholds": curve.thresholds[places].tolist(),
        "area": curve.area,
    }


def _measure_part(
    found: Mapping[str, Floats], truth: Ints, chosen: npt.NDArray[np.bool_]
) -> dict[str, Any]:
    """Every model on some of the test posts, with an interval of the accuracy alone.

    No models where a label is missing among them.
    """
    whole = len(np.unique(truth[chosen])) == len(np.unique(truth))
    models = {
        name: measure(probabilities[chosen], truth[chosen], resamples=0)
        for name, probabilities in found.items()
        if whole
    }
    return {"n": int(chosen.sum()), "models": models}


def measure_family(
    students: Sequence[FamilyStudent], answers: Floats, truth: npt.NDArray[np.int64]
) -> dict[str, Any]:
    """The ablation: what students of every subset of the teachers reach.

    Args:
        answers: shape (students, posts, classes).

    Returns:
        ``students``: for each subset its teachers and, for each metric, what ``measure_seeds``
        gives. ``shapley``: for each metric the
        exact Shapley value of each teacher, as mean and standard deviation over the seeds that
        every subset has; ``shapley_seeds``: these.
    """
    rows: list[dict[str, Any]] = []
    for teachers in dict.fromkeys(student.teachers for student in students):
        places = [i for i, student in enumerate(students) if student.teachers == teachers]
        measured = measure_seeds(answers[places], truth)
        rows.append(
            {
                "teachers": list(teachers),
                "seeds": [students[i].seed for i in places],
                **{name: measured[name] for name in FAMILY_METRICS},
            }
        )
    return {"students": rows, **share_metrics(rows)}


def share_metrics(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The ablation as contributions, seed by seed; null where a subset or every seed is missing.

    Args:
        rows: ``students`` of ``measure_family``.
    """
    names = [(frozenset(row["teachers"]), seed) for row in rows for seed in row["seeds"]]
    seeds = whole_seeds(names)
    if not seeds:
        return {"shapley": None, "shapley_seeds": []}
    found: dict[str, Any] = {}
    for metric in FAMILY_METRICS:
        values = dict(zip(names, (v for row in rows for v in row[metric]["values"]), strict=True))
        shares = [share_out({s: v for (s, of), v in values.items() if of == x}) for x in seeds]
        found[metric] = {
            name: {
                "mean": float(np.mean([one[name] for one in shares])),
                "sd": float(np.std([one[name] for one in shares], ddof=1)) if seeds[1:] else None,
            }
            for name in TEACHERS
        }
    return {"shapley": found, "shapley_seeds": seeds}


def rate_outside(members: Members, texts: Sequence[str]) -> dict[str, Any]:
    """Share of posts that lie outside what the model knows, with Wilson's 95 % interval."""
    if members.familiar is None or not texts:
        return {"share": None, "n": len(texts), "interval": None}
    outside = sum(
        measure_familiarity(members.familiar, read_as_student(members.student, text)).outside
        for text in texts
    )
    return {
        "share": outside / len(texts),
        "n": len(texts),
        "interval": wilson(outside, len(texts)),
    }


def _rate_sets(
    settings: ConformalSettings, manifest: Manifest, probabilities: Floats, truth: Ints
) -> dict[str, Any]:
    """How often the student's sets of labels hold the right one, and how often only one."""
    sets = [
        collect_labels(
            dict(zip(manifest.labels, row, strict=True)),
            settings.least_probability,
            ordered=manifest.ordered,
        )
        for row in probabilities.tolist()
    ]
    held = sum(manifest.labels[t] in labels for t, labels in zip(truth, sets, strict=True))
    return {
        "share": held / len(sets),
        "interval": wilson(held, len(sets)),
        "n": len(sets),
        "single": sum(len(labels) == 1 for labels in sets) / len(sets),
    }
