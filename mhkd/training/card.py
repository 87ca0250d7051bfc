"""The model card, written from the manifest, so that it can't differ from the run.

Headings follow Mitchell et al., Model Cards for Model Reporting, FAT* 2019.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mhkd.bundle import Manifest, TextSettings
from mhkd.metrics import say_difference
from mhkd.training.card_studies import (
    tell_emotion_study,
    tell_large,
    tell_loss_study,
    tell_mean_rules,
    tell_subsets,
)

_NAMES = {
    "text": "Text teacher",
    "audio": "Audio teacher",
    "emotion": "Emotion teacher",
    "teachers": "Teachers' mean",
    "student": "Student",
    "student_without_teachers": "Same student, no distillation",
    "student_large": "Larger student",
    "student_large_without_teachers": "Larger student, no distillation",
    "tf_idf_linear": "TF-IDF + linear",
}
_COLUMNS = {
    "accuracy": "accuracy",
    "f1_macro": "macro-F1",
    "f1_weighted": "weighted F1",
    "auc": "AUC",
    "ece": "ECE",
    "brier": "Brier",
}


def write_card(manifest: Manifest, file: Path) -> None:
    """Writes ``MODEL_CARD.md``."""
    sections = [
        _head(manifest),
        _use(manifest),
        _data(manifest),
        _models(manifest),
        _results(manifest),
        tell_subsets(manifest.metrics.get("subsets")),
        _limits(manifest),
    ]
    file.write_text("\n\n".join(filter(None, sections)) + "\n", "utf-8")


def _head(manifest: Manifest) -> str:
    return (
        f"# {manifest.title}\n\n"
        f"Bundle `{manifest.name}` {manifest.version}. Every number below stands in "
        "`bundle.json`, or in the report that its section names."
    )


def _use(manifest: Manifest) -> str:
    sources = ", ".join(
        f"`{label}`: {manifest.label_sources.get(label, label)}" for label in manifest.labels
    )
    return (
        "## Intended use\n\n"
        "Research into how a multimodal, multi-teacher distilled model reads a post. It labels "
        "posts, not people. It is not a diagnosis, not a triage tool, not a medical device; "
        "nobody is alerted by it.\n\n"
        f"The labels are where a post was published ({sources}). There is no label for a post "
        "that is neither, and the absence of a label is not safety."
    )


def _data(manifest: Manifest) -> str:
    data = manifest.data
    rows = []
    for part in ("train", "test"):
        facts = data[part]
        labels = ", ".join(f"{label} {count}" for label, count in facts["labels"].items())
        rows.append(f"| {part} | {facts['posts']} | {labels} | {facts['authors']} |")
    table = "\n".join(["| part | posts | labels | authors |", "|---|---|---|---|", *rows])
    return (
        f"## Data\n\n{table}\n\n"
        f"{_leaks(data['leaks'])} "
        f"All choices were made on {data['folds']} folds of the training part, with one author's "
        "posts in one fold; the test part was opened once, for the tables below. "
        f"The training posts were spoken by {_voices(data['validation']['voices'])}; "
        f"the test posts, as in the app, by {manifest.audio.voice}."
    )


def _models(manifest: Manifest) -> str:
    text, audio, emotion, student = (
        manifest.text,
        manifest.audio,
        manifest.emotion,
        manifest.student,
    )
    graph = manifest.data["validation"].get("emotion_graph") or {}
    return (
        "## Models\n\n"
        f"- **Text teacher**: {text.backbone}, {_trained_part(text)}; "
        "windows of 256 tokens, up to four, pooled. "
        f"Temperature {text.temperature:.2f}.\n"
        f"- **Audio teacher**: {audio.backbone_title} (not AST), frozen, with a "
        "trained sum of its layers, projector and head; up to 30 s heard in windows of 10 s. A "
        f"post without recording is spoken by the voice {audio.voice}, its first "
        f"{audio.spoken_words} words. Temperature {audio.temperature:.2f}.\n"
        f"- **Emotion teacher**: MM-EMOG embeddings of {graph.get('words', '–')} words "
        f"({graph.get('lexicon_words_in_graph', '–')} of them in the lexicon "
        f"`{emotion.lexicon}`), masked mean, MLP. The graph predicts the emotions of held-out "
        f"posts with micro-F1 {graph.get('held_out_emotion_f1', float('nan')):.2f}. "
        f"Temperature {emotion.temperature:.2f}.\n"
        f"- **Student**: {student.backbone}, {student.layers} layers, text only, distilled from "
        f"{_soft_targets(manifest)} on posts that they had not seen. "
        f"Temperature {student.temperature:.2f}.\n"
        f"{_large(manifest)}\n"
        "Temperatures were fitted on held-out training posts.\n\n" + _validation(manifest)
    )


def _large(manifest: Manifest) -> str:
    large = manifest.student_large
    if large is None:
        return ""
    return (
        f"- **Larger student**: {large.backbone}, {_trained_part(large)}, distilled from the same; "
        f"for `mhkd evaluate --all`, not on the page. Temperature {large.temperature:.2f}.\n"
    )


def _soft_targets(manifest: Manifest) -> str:
    rule = manifest.recipe.get("student", {}).get("soft_targets", "mean")
    return {
        "mean": "the mean of the teachers' calibrated probabilities",
        "log_loss": "the teachers' calibrated probabilities, weighted for least log-loss,",
        "confidence": "the teachers' calibrated probabilities, weighted for each post by how "
        "decided they are,",
    }[rule]


def _trained_part(text: TextSettings) -> str:
    if text.frozen_layers == text.layers:
        return f"all layers frozen, a linear head on the {text.pooled_layers} uppermost"
    adapters = f"adapters of rank {text.lora_rank}" if text.lora_rank else "full training"
    return f"{adapters} above the {text.frozen_layers} lowest layers"


def _leaks(found: dict[str, Any]) -> str:
    identical, near = found["identical"], found["near_duplicates"]
    words = "; ".join(
        f"'{label}' or its source is named in "
        + ", ".join(f"{count} posts labelled {other}" for other, count in counts.items())
        for label, counts in found["label_words"].items()
    )
    return (
        f"{found['authors_on_both_sides']} authors have posts in both parts "
        f"({found['test_posts_by_them']} test posts); identical to a training post are "
        f"{identical['across']} test posts, nearly identical {near['across']} (within the training "
        f"part: {identical['within_train']} and {near['within_train']}). Placeholder bodies: "
        f"{sum(found['placeholder_bodies'].values())}. {words}."
    )


def _validation(manifest: Manifest) -> str:
    found = manifest.data["validation"]
    teachers = ", ".join(
        f"{name} {value:.1%}" for name, value in found["teachers_held_out_accuracy"].items()
    )
    rows = [
        f"| {c['backbone']} | {c['layers']} | {c['frozen_layers']} "
        f"| {c.get('lora_rank') or 'all weights'} | {c['accuracy']:.1%} "
        f"| {c['log_loss']:.3f} | {c['n']} |"
        for c in found["student_candidates"]
    ]
    plain = found["student_without_teachers"]
    return (
        f"Accuracy on held-out training posts: {teachers}, their mean "
        f"{found['teachers_mean_held_out_accuracy']:.1%}. "
        "Student candidates, chosen by log-loss (flattered a little: the soft targets of other "
        "posts come from teachers that have seen the labels of these):\n\n"
        "| backbone | layers | frozen | rank of adapters | accuracy | log-loss | posts |\n"
        "|---|---|---|---|---|---|---|\n"
        + "\n".join(rows)
        + f"\n\nThe chosen one without distillation: {plain['accuracy']:.1%}, "
        f"log-loss {plain['log_loss']:.3f}."
        + tell_large(found.get("student_large"))
        + tell_loss_study(found.get("loss_study") or [])
        + tell_mean_rules(found.get("mean_rules") or [])
        + tell_emotion_study(found.get("emotion_study") or [])
    )


def _results(manifest: Manifest) -> str:
    metrics = manifest.metrics
    n = metrics["student"]["n"]
    head = "| model | " + " | ".join(_COLUMNS.values()) + " |"
    rule = "|---" * (len(_COLUMNS) + 1) + "|"
    rows = [
        f"| {title} | " + " | ".join(_cell(metrics[name], key) for key in _COLUMNS) + " |"
        for name, title in _NAMES.items()
        if name in metrics
    ]
    paired = metrics["comparison"]["student_against_twin"]
    calibrated = ", ".join(
        f"{title} {metrics[name]['ece_if_calibrated']:.3f}"
        for name, title in _NAMES.items()
        if name in metrics
    )
    return (
        f"## Results on the test part (n = {n})\n\n"
        "In brackets 95 % intervals: Wilson for the accuracy, else percentiles of 2,000 bootstrap "
        "samples of the posts. One run; the shipped seed. ECE: ten bins of equal mass.\n\n"
        + "\n".join([head, rule, *rows])
        + f"\n\nMajority class: {metrics['comparison']['majority_class']:.1%}. "
        f"Student against its twin: {paired['only_first']} posts only the student gets right, "
        f"{paired['only_second']} only the twin (McNemar, exact, p = {paired['p']:.2f})"
        f"{_difference(paired)}. "
        "ECE below which 95 % of perfectly calibrated models with the same confidences lie: "
        f"{calibrated}.\n\n"
        + _f1_by_label(manifest)
        + _variants(manifest)
        + _sets(manifest)
        + _outside(manifest)
    )


def tell_crossval(report: Mapping[str, Any]) -> str:
    """What models trained anew in every fold reach, beginning with its heading."""
    metrics, paired = report["metrics"], report["student_against_twin"]
    head = "| model | " + " | ".join(_COLUMNS.values()) + " | ECE if calibrated |"
    rows = [
        f"| {title} | "
        + " | ".join(_cell(metrics[name], key) for key in _COLUMNS)
        + f" | {metrics[name]['ece_if_calibrated']:.3f} |"
        for name, title in _NAMES.items()
        if name in metrics
    ]
    return (
        f"## Cross-validation\n\nAll {metrics['student']['n']} posts, each by models that were "
        f"trained without its fold ({report['folds']} folds, column `{report['column']}`, one seed "
        "a fold): teachers, soft targets, students and temperatures anew. Numbers stand in "
        "`reports/crossval.json`.\n\n"
        + "\n".join([head, "|---" * (len(_COLUMNS) + 2) + "|", *rows])
        + f"\n\nStudent against its twin: {paired['only_first']} posts only the student gets "
        f"right, {paired['only_second']} only the twin (McNemar, exact, p = {paired['p']:.2f})"
        f"{_difference(paired)}."
    )


def _difference(paired: dict[str, Any]) -> str:
    return f"; accuracy {say_difference(paired)}" if "difference" in paired else ""


def _f1_by_label(manifest: Manifest) -> str:
    rows = [
        f"| {title} | "
        + " | ".join(
            f"{100 * value:.1f} [{100 * low:.1f}, {100 * high:.1f}]"
            for value, (low, high) in zip(
                found["f1_per_class"], found["intervals"]["f1_per_class"], strict=True
            )
        )
        + " |"
        for name, title in _NAMES.items()
        if "f1_per_class" in (found := manifest.metrics.get(name, {}))
    ]
    if not rows:
        return ""
    labels = " | ".join(manifest.labels)
    rule = "|---" * (len(manifest.labels) + 1) + "|"
    return "\n".join([f"F1 of each label:\n\n| model | {labels} |", rule, *rows]) + "\n\n"


def _sets(manifest: Manifest) -> str:
    settings, found = manifest.conformal, manifest.metrics.get("conformal")
    if settings is None or found is None:
        return ""
    return (
        f"Sets of labels (split conformal, {settings.coverage:.0%} promised, calibrated on "
        f"{settings.n} held-out training posts): {found['share']:.1%} "
        f"[{found['interval'][0]:.1%}, {found['interval'][1]:.1%}] of the test posts' sets hold "
        f"their label; {found['single']:.1%} hold one label only.\n\n"
    )


def _variants(manifest: Manifest) -> str:
    titles = {
        "author_disjoint": "by nobody who wrote a training post",
        "no_near_duplicates": "unlike every training post and every other test post",
    }
    kinds = {
        kind: found
        for kind, found in manifest.metrics.get("variants", {}).items()
        if found["models"]
    }
    if not kinds:
        return ""
    heads = [f"{titles[kind]} (n = {found['n']})" for kind, found in kinds.items()]
    rows = [
        f"| {title} | "
        + " | ".join(_cell(found["models"][name], "accuracy") for found in kinds.values())
        + " |"
        for name, title in _NAMES.items()
        if all(name in found["models"] for found in kinds.values())
    ]
    return (
        "Accuracy on the test posts that are\n\n"
        + "\n".join([f"| model | {' | '.join(heads)} |", "|---" * (len(kinds) + 1) + "|", *rows])
        + "\n\n"
    )


def _outside(manifest: Manifest) -> str:
    rates: dict[str, Any] = manifest.metrics.get("outside", {})
    skipped = max((kind["skip"] for kind in manifest.recipe["data"]["unfamiliar"]), default=0)
    rows = [
        f"| {name} | {rate['share']:.1%} [{rate['interval'][0]:.1%}, {rate['interval'][1]:.1%}] "
        f"| {rate['n']} |"
        for name, rate in rates.items()
        if rate["share"] is not None
    ]
    if not rows:
        return ""
    return (
        "Posts found to be outside what the model knows"
        + (
            f" (the test's form was chosen on {skipped} other posts of each kind)"
            if skipped
            else ""
        )
        + ":\n\n"
        "| posts | share outside | n |\n|---|---|---|\n" + "\n".join(rows)
    )


def _limits(manifest: Manifest) -> str:
    return (
        "## Limits\n\n"
        "- Labels are noisy: they say where a post was published, not what its writer needs.\n"
        "- English only; posts of one site and few years.\n"
        "- All three teachers learn from the same text: the audio is synthetic speech of it. Its "
        "prosody is the synthesiser's and is no evidence about a person; a real recording is "
        "unlike the training voices.\n"
        "- How well it serves different groups of people was not tested: no data tell who wrote.\n"
        f"- {manifest.data['leaks']['authors_on_both_sides']} authors stand on both sides of the "
        "official split, which can flatter every model.\n"
        "- Intervals cover the choice of test posts, not the choice of seed."
    )


def _cell(values: dict[str, Any], key: str) -> str:
    low, high = values["intervals"][key]
    if key in ("ece", "brier", "auc"):
        return f"{values[key]:.3f} [{low:.3f}, {high:.3f}]"
    return f"{100 * values[key]:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def _voices(counts: dict[str, int]) -> str:
    total = sum(counts.values())
    return ", ".join(
        f"{name} {count} posts ({count / total:.0%})" for name, count in counts.items()
    )
