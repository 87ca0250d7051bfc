"""The words that the student and the text teacher rest on."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.coloured_parts import (
    Parts,
    is_masking_shaky,
    list_parts,
    say_masking,
    tabulate_strongest,
)
from app.components.explained import choose_attribution
from app.components.fidelity import offer_fidelity
from app.components.greyed import open_shown
from app.escape import (
    write_coloured_words,
    write_findings,
    write_small_print,
    write_table,
)
from app.glossary import explain
from app.shared_words import compare_evidence, list_shared, say_shared
from app.wording import MODEL_NAMES, source_of
from app.words_wording import (
    is_cut,
    say_fidelity,
    say_other_baseline,
    say_thresholds,
    say_trust,
    say_words_method,
    say_words_trust,
)
from app.work import Case, ExplainedModel
from mhkd.analysis import Attributions, WordAttribution


def show_words(case: Case, labels: tuple[str, ...], sources: Mapping[str, str]) -> None:
    """Draws both explanations side by side.

    Args:
        case: with its analysis.
        labels: all labels.
        sources: label → where such posts come from.
    """
    left, right = st.columns(2, gap="large")
    with left:
        _show_model(case, "student", labels, sources)
    with right:
        _show_model(case, "text", labels, sources)
    if case.analysis is not None:
        show_shared(case.analysis.attributions)


def show_shared(explained: Attributions) -> None:
    """Draws which strongest words the student and its text teacher have in common."""
    if explained.student is None or explained.text is None:
        return
    shared = compare_evidence(explained.student, explained.text)
    if shared is None:
        return
    st.header("What the student shares with its text teacher", anchor=False)
    write_findings(list_shared(shared))
    write_small_print(say_shared(shared))


def show_legend(toward: str, several: str = "words") -> None:
    """Says what colour and line mean."""
    write_small_print(
        f"Ochre with a solid line speaks for {toward}, blue with a dotted line against it; "
        f"stronger {several} are darker and bolder."
    )


def write_model_name(model: str) -> None:
    """Names the model; beside the first one stands what an attribution is."""
    meant = explain("Attribution", "Trust mark") if model == "student" else None
    st.header(MODEL_NAMES[model], anchor=False, help=meant)


def draw_words(
    found: WordAttribution, model: str, text: str, toward: str, *, cut: bool = False
) -> Parts:
    """Draws the words in their colours, and what is said of how far they can be trusted.

    A post over 150 words is drawn by sentences first. Where a second method was asked, its scores
    can be chosen.

    Args:
        found: the explanation; without words, only what is said of it is drawn.
        model: whose it is.
        text: what the words have their places in.
        toward: where posts of the label explained come from.
        cut: the model did not read to the end.

    Returns:
        What was coloured.
    """
    parts = _choose_parts(found, model, text)
    if found.words:
        with open_shown(found, model, shaky=is_masking_shaky(found) if parts.masked else None):
            write_coloured_words(text, parts.scores, toward, cut=cut)
        show_legend(toward, f"{parts.unit}s")
        if parts.masked:
            write_small_print(say_masking(found, parts))
    told = (say_words_trust(found), say_trust(found.trust), say_other_baseline(found))
    for sentence in (*told, say_fidelity(found)):
        if sentence is not None:
            write_small_print(sentence)
    return parts


def list_strongest(found: WordAttribution, parts: Parts) -> None:
    """Draws the strongest words as a table, to be unfolded, with the method.

    Args:
        found: the explanation.
        parts: of it, as they were coloured.
    """
    with st.expander(f"Strongest {parts.unit}s as a table" if found.words else "Method"):
        if found.words:
            header, rows = tabulate_strongest(found, parts)
            write_table(header, rows, numeric=range(1, len(header)))
        write_small_print(say_words_method(found))
        if (limits := say_thresholds(found.trust)) is not None:
            write_small_print(limits)


def _show_model(
    case: Case, model: ExplainedModel, labels: tuple[str, ...], sources: Mapping[str, str]
) -> None:
    write_model_name(model)
    found = choose_attribution(case, model, labels, sources)
    if not isinstance(found, WordAttribution):
        return
    cut = case.analysis is not None and is_cut(case.analysis.read, model)
    toward = source_of(found.target, sources)
    parts = draw_words(found, model, case.order.text, toward, cut=cut)
    offer_fidelity(case, model, found)
    list_strongest(found, parts)


def _choose_parts(found: WordAttribution, model: str, text: str) -> Parts:
    choices = list_parts(found, text)
    first = next(iter(choices))
    if len(choices) == 1:
        return choices[first]
    chosen = st.segmented_control(
        "Coloured by", choices, default=first, required=True, wrap=True, key=f"words_by_{model}"
    )
    return choices[chosen if chosen in choices else first]
