"""Where the models come from: data, protocol, reporting, card, files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import streamlit as st

from app import model_facts as facts
from app import model_studies as studies
from app.components.figure import show_figure
from app.escape import write_small_print, write_table
from app.glossary import explain
from app.model_explanations import (
    AGREEMENT_HEADER,
    TEST_HEADER,
    draw_explanations,
    list_agreement,
    list_explanation_numbers,
    list_tests,
    say_marks,
)
from app.model_reporting import list_tripod
from app.models import say_bundle_option

if TYPE_CHECKING:
    from mhkd.analyser import Analyser, Manifest


def show_data(manifest: Manifest) -> None:
    """Draws the data, what leaks were looked for, and the protocol."""
    st.subheader("Data", anchor=False)
    header = ("Part", "Posts", "Labels", "Authors", "SHA-256")
    write_table(header, facts.list_parts(manifest.data), numeric=(1, 3))
    write_table(("Label", "Where such posts come from"), list(manifest.label_sources.items()))
    leaks = facts.list_leaks(manifest.data)
    st.subheader("Leaks looked for", anchor=False)
    if leaks:
        write_table(("What", "Found"), leaks, numeric=(1,))
        words = facts.list_label_words(manifest.data)
        if words:
            header = ("Label words", *(f"in posts labelled {name}" for name in manifest.labels))
            write_table(header, words, numeric=range(1, len(header)))
    else:
        write_small_print("This bundle has no counts of leaks.")
    st.subheader("Protocol", anchor=False)
    write_table(("What", "How"), facts.list_protocol(manifest))
    candidates = facts.list_candidates(manifest.data)
    if candidates:
        header = ("Student candidate, on held-out posts", "Accuracy", "Log-loss", "Posts")
        write_table(header, candidates, numeric=(1, 2, 3))
        write_small_print(
            "Flattered a little where there are teachers: the soft targets of other posts come "
            "from teachers that have seen the labels of these."
        )
    losses = studies.list_losses(manifest.data)
    if losses:
        st.subheader("Other losses, on the same posts", anchor=False)
        write_table(
            ("α", "T", "Soft targets", "Accuracy", "Log-loss"), losses, numeric=(0, 1, 3, 4)
        )
        write_small_print(
            "The first row is the shipped student’s. α weighs the labels against the soft targets, "
            "T softens both sides. One seed."
        )
    recipe = manifest.recipe
    if recipe:
        with st.expander("The whole recipe"):
            st.json(recipe, expanded=1)


def show_explanations(analyser: Analyser) -> None:
    """Draws how explanations fared over many posts, where the bundle says."""
    report = analyser.explanation_report
    if not report:
        write_small_print(
            "This bundle has no evaluation of explanations over many posts; “mhkd faithfulness "
            f"--data FILE --into-bundle{say_bundle_option()}” makes one, with a CSV of posts that "
            "nothing learned from. Each explanation of words is tested on its own when it is "
            "made, and its mark stands below it."
        )
        return
    meant = explain("Attribution", "Trust mark")
    st.subheader("Attributions put to the test", anchor=False, help=meant)
    figure = draw_explanations(report)
    if figure is not None:
        show_figure(
            figure,
            list_explanation_numbers(report),
            key="models_explanations_chart",
            title="Fall of the logit without the strongest and without random words",
        )
    write_small_print(
        f"On held-out posts ({report['data']['file']}, {report['data']['posts']:,} posts, of which "
        "each teacher has those in its row), means with bootstrap 95 % intervals. Long posts are "
        "tested by sentences. The farther the strongest words lie to the right of random "
        "ones, the more an explanation says. Masking is itself unlike any post."
    )
    write_table(TEST_HEADER, list_tests(report), numeric=range(1, 7))
    write_small_print(
        "Falls of the logit when the strongest words (stretches, for sound) or random ones are "
        "taken away or left alone, over 1, 5, 10, 20 and 50 % of them. A method “beside it” gives "
        "an order of its own, tried on the same posts against the same random orders. Where random "
        "words may take nothing away, only the lower bound of the ratio is told."
    )
    write_table(AGREEMENT_HEADER, list_agreement(report), numeric=range(1, 7))
    write_small_print(
        "Rank correlation and overlap of the strongest fifth are with the second method. Time is "
        f"of an explanation and of its tests, on {report.get('device', 'an unknown device')}."
    )
    for told in say_marks(report):
        write_small_print(told)


def show_reporting(manifest: Manifest) -> None:
    """Draws the headings of TRIPOD+AI, filled in."""
    write_table(("Heading", "This bundle"), list_tripod(manifest))
    write_small_print(
        "Headings after TRIPOD+AI (BMJ 2024;385:e078378) and Model Cards for Model Reporting "
        "(FAT* 2019). Numbers and names are read from bundle.json; "
        "the rest holds of every bundle that mhkd trains."
    )


def show_card(analyser: Analyser) -> None:
    """Draws the model card as the run wrote it."""
    card = analyser.read_card()
    if card is None:
        write_small_print("This bundle has no model card.")
        return
    with st.container(key="model_card"):
        st.markdown(tame(card))
    st.download_button(
        "Download the card", card, "MODEL_CARD.md", "text/markdown", on_click="ignore"
    )


def show_files(analyser: Analyser) -> None:
    """Draws versions and hashes."""
    manifest = analyser.manifest
    write_table(
        ("What", "Version or SHA-256"),
        [
            ("Bundle", f"{manifest.name} {manifest.version}"),
            ("bundle.json", analyser.sha256),
            *((f"Backbone {name}", sha) for name, sha in manifest.backbones.items()),
            *manifest.files.items(),
        ],
    )
    write_small_print("Every hash was verified when the bundle was opened.")


def tame(card: str) -> str:
    """A card's Markdown that asks for nothing: no pictures, headings one step lower."""
    return re.sub(r"^#", "##", card.replace("![", "!\\["), flags=re.MULTILINE)
