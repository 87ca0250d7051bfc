"""The model card, written from the manifest, so that it can't differ from the run.

Headings follow Mitchell et al., Model Cards for Model Reporting, FAT* 2019.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mhkd.manifest import Manifest, TextSettings, knows_authors
from mhkd.training.card_results import tell_results
from mhkd.training.card_studies import (
    tell_emotion_study,
    tell_large,
    tell_loss_study,
    tell_mean_rules,
    tell_subsets,
)


def write_card(manifest: Manifest, file: Path) -> None:
    """Writes ``MODEL_CARD.md``."""
    sections = [
        _head(manifest),
        _use(manifest),
        _data(manifest),
        _models(manifest),
        tell_results(manifest),
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
    rows, authors = [], knows_authors(data)
    for part in ("train", "test"):
        facts = data[part]
        labels = ", ".join(f"{label} {count}" for label, count in facts["labels"].items())
        rows.append(
            f"| {part} | {facts['posts']} | {labels} "
            f"| {facts['authors'] if authors else 'not known'} |"
        )
    table = "\n".join(["| part | posts | labels | authors |", "|---|---|---|---|", *rows])
    return (
        f"## Data\n\n{table}\n\n"
        f"{_leaks(data['leaks'], authors=authors)} "
        f"{_choices(manifest, authors=authors)} "
        f"The training posts were spoken by {_voices(data['validation']['voices'])}; "
        f"the test posts, as in the app, by {manifest.audio.voice}."
    )


def _choices(manifest: Manifest, *, authors: bool) -> str:
    """On which posts what was chosen, and what was chosen otherwise."""
    data, seen = manifest.data, manifest.data["validation"]
    folds, posts = data["folds"], data["train"]["posts"]
    own = manifest.recipe.get("student", {}).get("validation_folds", folds)
    apart = ", with one author’s posts in one fold" if authors else ""
    told = f"What concerns the teachers was chosen on {folds} folds of the training part{apart} "
    told += f"(n = {posts})"
    if own < folds:
        n = seen["student_candidates"][0]["n"]
        told += (
            f"; the student, the temperatures of all students and the limit of their sets of "
            f"labels on {'one' if own == 1 else own} of these folds alone (n = {n})"
        )
    else:
        told += ", and so were the students"
    note = manifest.recipe.get("selection_note")
    if note:
        return f"{told}. The test part was opened for the tables below. {note}"
    return f"{told}; the test part was opened once, for the tables below."


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
        f"{_soft_targets(manifest)} on posts that they had not seen{_copies(manifest)}. "
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


def _copies(manifest: Manifest) -> str:
    part = manifest.recipe.get("student", {})
    copies = part.get("masked_copies", 0)
    if not copies:
        return ""
    return (
        f"; {'a copy' if copies == 1 else f'{copies} copies'} of each post without some of its "
        f"words (up to {part['masked_share']:.0%} masked) stood beside it, so that the student "
        "knows posts from which words are taken away, as tests of explanations do"
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


def _leaks(found: dict[str, Any], *, authors: bool) -> str:
    identical, near = found["identical"], found["near_duplicates"]
    words = "; ".join(
        f"'{label}' or its source is named in "
        + ", ".join(f"{count} posts labelled {other}" for other, count in counts.items())
        for label, counts in found["label_words"].items()
    )
    told = (
        f"{found['authors_on_both_sides']} authors have posts in both parts "
        f"({found['test_posts_by_them']} test posts)"
    )
    return (
        f"{told if authors else 'Who wrote what is not known'}; identical to a training post are "
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
        + tell_loss_study(found.get("loss_study") or [], masked=bool(_copies(manifest)))
        + tell_mean_rules(found.get("mean_rules") or [])
        + tell_emotion_study(
            found.get("emotion_study") or [], found["teachers_held_out_accuracy"].get("emotion")
        )
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
        f"- {_shared_authors(manifest)} on both sides of the split, which can flatter every "
        "model.\n"
        "- Intervals cover the choice of test posts, not the choice of seed."
    )


def _shared_authors(manifest: Manifest) -> str:
    if not knows_authors(manifest.data):
        return "Authors are not known: some may stand"
    return f"{manifest.data['leaks']['authors_on_both_sides']} authors stand"


def _voices(counts: dict[str, int]) -> str:
    total = sum(counts.values())
    return ", ".join(
        f"{name} {count} posts ({count / total:.0%})" for name, count in counts.items()
    )
