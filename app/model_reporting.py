"""A bundle's manifest under the headings of TRIPOD+AI and of model cards. Pure.

Sources: Collins et al., TRIPOD+AI statement, BMJ 2024;385:e078378; Mitchell et al., Model
Cards for Model Reporting, FAT* 2019.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.model_studies import RULES
from app.wording import say_interval
from mhkd.manifest import knows_authors

if TYPE_CHECKING:
    from mhkd.analyser import Manifest

Row = tuple[str, str]
NOT_REPORTED = "Not reported by this bundle."


def list_tripod(manifest: Manifest) -> list[Row]:
    """Heading → what the bundle says."""
    data = manifest.data
    train, test = data.get("train", {}), data.get("test", {})
    student = manifest.metrics.get("student", {})
    majority = manifest.metrics.get("comparison", {}).get("majority_class")
    sources = ", ".join(f"{k}: {v}" for k, v in manifest.label_sources.items())
    return [
        ("Title", f"{manifest.title} ({manifest.name} {manifest.version})"),
        (
            "Intended use and users",
            "Research into what a multimodal, multi-teacher distilled model reads in a post, by "
            "clinicians and researchers. No diagnosis, no triage.",
        ),
        ("Source of data", _say_parts(train, test)),
        ("Participants", _say_authors(data, train, test)),
        ("Data preparation", _say_leaks(data)),
        ("Outcome", f"The label that the data give a post ({sources}). Who gave it, and whether "
         "a clinician judged it, is not reported by this bundle."),
        ("Predictors", "The text; the sound of the text as a synthesiser speaks it; its emotion "
         "words. The student reads the text only."),
        ("Sample size", "As many posts as the data hold; no precision was planned for, as far as "
         "is reported."),
        ("Missing data", "A post without recording is spoken; a recording that can’t be heard is "
         "left out and said so; an empty text is refused."),
        ("Model building", _say_building(manifest)),
        ("Class imbalance", NOT_REPORTED if majority is None else
         f"The more frequent label has {100 * majority:.1f} % of the test posts."),
        ("Model output", "Calibrated probabilities; between 0.4 and 0.6 the page says “not "
         "decided”" + (", and where the set of labels at "
         f"{100 * manifest.conformal.coverage:.0f} % holds more than one." if manifest.conformal
         else ".")),
        ("Training versus evaluation", _say_sides(data)),
        ("Performance", f"Student: accuracy {say_interval(student, 'accuracy')}, AUC "
         f"{say_interval(student, 'auc', percent=False)}." if student else NOT_REPORTED),
        ("Calibration", f"Student: ECE {say_interval(student, 'ece')}." if student
         else NOT_REPORTED),
        ("Fairness", _say_fairness(manifest)),
        ("Poor or unusual input", _say_familiarity(manifest)),
        ("Open science", "Recipe, seeds and hashes stand in the bundle; the code is Apache-2.0."),
        ("Ethics approval, registration, public involvement", NOT_REPORTED),
    ]  # fmt: skip


def _of(facts: dict[str, object], key: str) -> str:
    value = facts.get(key)
    return f"{value:,}" if isinstance(value, int) else "not known"


def _say_parts(train: dict[str, object], test: dict[str, object]) -> str:
    return (
        f"Training: {_of(train, 'posts')} posts, test: {_of(test, 'posts')} posts; "
        "files and hashes under “Data”."
    )


def _say_authors(data: dict[str, Any], train: dict[str, object], test: dict[str, object]) -> str:
    if not knows_authors(data):
        return "Posts, not people. Authors: not known."
    return (
        f"Posts, not people. Authors: {_of(train, 'authors')} in training, "
        f"{_of(test, 'authors')} in test."
    )


def _say_leaks(data: dict[str, Any]) -> str:
    leaks = data.get("leaks")
    if not leaks:
        return NOT_REPORTED
    told = f"{leaks['authors_on_both_sides']} authors have posts on both sides"
    if not knows_authors(data):
        told = "Whether authors have posts on both sides is not known"
    return f"{told}; duplicates, placeholder bodies and named labels were counted, see “Data”."


def _say_sides(data: dict[str, Any]) -> str:
    told = "Both parts come from the data of one recipe; nothing outside them was tested."
    leaks = data.get("leaks")
    if leaks and knows_authors(data):
        told += f" {leaks['test_posts_by_them']} test posts are by authors of training posts."
    return told


def _say_building(manifest: Manifest) -> str:
    student = manifest.student
    folds = manifest.data.get("folds")
    teachers = _say_teachers(manifest)
    told = f"Student: {student.backbone}, {student.layers} layers, distilled from {teachers}."
    if folds is None:
        return told
    own = (manifest.recipe.get("student") or {}).get("validation_folds", folds)
    where = f"{folds} folds" if own >= folds else f"{own} of {folds} folds"
    note = manifest.recipe.get("selection_note")
    return f"{told} Chosen on {where} of the training part.{f' {note}' if note else ''}"


def _say_teachers(manifest: Manifest) -> str:
    rule = (manifest.recipe.get("student") or {}).get("soft_targets")
    told = RULES.get(rule, "a rule that is not reported")
    return f"three teachers ({told})"


def _say_fairness(manifest: Manifest) -> str:
    told = "Not tested for differences between groups of people; the data name none."
    if "reports/behaviour.json" in manifest.files:
        told += " Words for groups were exchanged in written cases, see “Behaviour”."
    return told


def _say_familiarity(manifest: Manifest) -> str:
    if manifest.familiarity is None:
        return NOT_REPORTED
    share = 100 * manifest.familiarity.validation_share_outside
    return (
        f"A post unlike the training posts is called outside what the model knows; {share:.1f} % "
        "of held-out posts are."
    )
