"""The page “Method and limits”, filled from the bundle's own manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import models
from app.components.help_lines import show_help_lines
from app.components.opening import await_analyser
from app.components.tour.picture import show_picture
from app.escape import write_findings, write_flow, write_small_print, write_table
from app.glossary import TERMS
from app.model_behaviour import list_limits
from app.model_studies import say_used_rule
from app.wording import COMPARED_NAMES, say_interval, say_rate

if TYPE_CHECKING:
    from mhkd.analyser import Analyser

_WAY = (
    ("Checked", ("length, language", "quality of the sound", "like the training posts?")),
    ("Read and heard", ("text in windows of 256 tokens", "up to 30 s of sound", "known words")),
    ("Answered", ("student first", "three teachers and their mean", "calibrated")),
    ("Explained", ("words, sounds, emotions", "each teacher’s share", "tested against chance")),
)
_METRICS = (("accuracy", True), ("f1_macro", True), ("auc", False), ("ece", True))


def show_page() -> None:
    """Draws the page."""
    st.title("Method and limits", anchor=False)
    show_help_lines()
    _show_way()
    analyser = await_analyser(models.open_analyser())
    if analyser is None:
        return
    _show_models(analyser)
    _show_metrics(analyser)
    _show_limits(analyser)
    st.header("Glossary", anchor=False)
    write_findings([(term, (), meaning) for term, meaning in TERMS])
    _show_versions(analyser)


def _show_way() -> None:
    st.header("How it works", anchor=False)
    show_picture()
    write_small_print(
        "In training, three teachers read each post in their own way, and the student learns from "
        "the labels and from the mean of what they say of posts that they had not seen. "
        "Afterwards the student needs the text alone; the teachers answer beside it, so that one "
        "sees where it kept their knowledge and where they disagree."
    )
    st.subheader("What happens to a post", anchor=False)
    write_flow(_WAY)
    write_small_print(
        "The post stays on this machine and in this session. Every answer says what was read and "
        "heard, every explanation how it fared when it was put to the test."
    )


def _show_models(analyser: Analyser) -> None:
    manifest = analyser.manifest
    st.header("The models", anchor=False)
    write_table(
        ("Model", "Reads", "Built on"),
        [
            (
                "Text teacher",
                "the text",
                f"{manifest.text.backbone}, {manifest.text.layers} layers",
            ),
            ("Audio teacher", "the sound", manifest.audio.backbone_title),
            (
                "Emotion teacher",
                "emotion words",
                f"MM-EMOG on the lexicon {manifest.emotion.lexicon}",
            ),
            (
                "Student",
                "the text only",
                f"{manifest.student.backbone}, {manifest.student.layers} layers",
            ),
        ],
    )
    write_small_print(
        "The student learned from the labels and from the three teachers’ calibrated answers. "
        f"{say_used_rule(manifest)} A post without a recording is spoken by the voice "
        f"“{manifest.audio.voice}”, up to {manifest.audio.spoken_words} words of it."
    )
    st.header("What the labels are", anchor=False)
    write_table(("Label", "Where such posts come from"), list(manifest.label_sources.items()))
    write_small_print(
        "A label is what the training data call a post. It is no diagnosis, and says nothing about "
        "the person who wrote it."
    )


def _show_metrics(analyser: Analyser) -> None:
    st.header("How good they are", anchor=False)
    metrics = analyser.manifest.metrics
    measured = {name: metrics[name] for name in COMPARED_NAMES if name in metrics}
    if not measured:
        write_small_print("This bundle comes without metrics.")
        return
    rows = [
        (
            COMPARED_NAMES[name],
            *(say_interval(found, metric, percent=percent) for metric, percent in _METRICS),
        )
        for name, found in measured.items()
    ]
    write_table(("Model", "Accuracy", "Macro-F1", "AUC", "ECE"), rows, numeric=(1, 2, 3, 4))
    told = [f"On {n:,} test posts." for n in {m["n"] for m in measured.values()}]
    told.append(
        "In brackets 95 % intervals; of the ECE the limit that 95 % of perfectly calibrated "
        "models stay below (> where it is above)."
    )
    majority = metrics.get("comparison", {}).get("majority_class")
    if majority is not None:
        told.append(f"Always naming the more frequent label would reach {100 * majority:.1f} %.")
    write_small_print(" ".join(told))
    if metrics.get("outside"):
        write_table(
            ("Posts", "Called outside what the model knows", "Posts tried"),
            [(name, say_rate(rate), f"{rate['n']:,}") for name, rate in metrics["outside"].items()],
            numeric=(1, 2),
        )


def _show_limits(analyser: Analyser) -> None:
    familiarity = analyser.manifest.familiarity
    st.header("Limits", anchor=False)
    rows = [
        (
            f"{len(analyser.labels)} sources only",
            "Every post is compared with these; there is no other answer.",
        ),
        ("Not people", "It was never tested on people, in a clinic, or over time."),
        (
            "Spoken text",
            "The audio teacher learned from synthetic voices; a real recording is new to it.",
        ),
        ("English", "The posts it learned from are in English."),
        (
            "Length",
            "Text models read up to four windows of 256 tokens; the page says what was not read.",
        ),
    ]
    if familiarity is not None:
        share = 100 * familiarity.validation_share_outside
        told = f"{share:.1f} % of validation posts are called outside what the model knows."
        rows.append(("Unfamiliar posts", told))
    rows += list_limits(analyser.behaviour_report)
    write_table(("Limit", "What follows"), rows)


def _show_versions(analyser: Analyser) -> None:
    manifest = analyser.manifest
    with st.expander("Versions and hashes"):
        write_table(
            ("File", "SHA-256"),
            [
                (f"{manifest.name} {manifest.version}", manifest.title),
                *((f"backbone {name}", sha[:16] + "…") for name, sha in manifest.backbones.items()),
                *((name, sha[:16] + "…") for name, sha in manifest.files.items()),
            ],
        )
