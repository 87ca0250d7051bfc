"""What the answers of a kept case rest on, drawn from what was stored."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.components.counterfactual import show_counterfactual
from app.components.emotions import draw_emotion_words, draw_emotions
from app.components.figure import show_figure
from app.components.greyed import open_shown
from app.components.sound import draw_spoken, show_checks
from app.components.words import draw_words, list_strongest, show_shared, write_model_name
from app.escape import write_small_print
from app.figure_numbers import list_stretches
from app.kept_wording import list_lost
from app.report_explained import draw_stretches
from app.wording import MODEL_NAMES, signed, source_of
from app.words_wording import is_cut
from mhkd.analysis import SoundAttribution, WordAttribution
from mhkd.cases.reading import KeptAnalysis


def show_kept_words(kept: KeptAnalysis, text: str, sources: Mapping[str, str]) -> None:
    """Draws the words of student and text teacher, on the text that was kept.

    Args:
        kept: what was kept of the analysis.
        text: the text that was kept; empty where none was.
        sources: label → where such posts come from.
    """
    given, lost = kept.analysis.attributions, list_lost(kept)
    for place, model in zip(st.columns(2, gap="large"), ("student", "text"), strict=True):
        with place:
            cut = is_cut(kept.analysis.read, model)
            _show_words(getattr(given, model), model, text, sources, lost.get(model), cut=cut)
    if not {"student", "text"} & lost.keys():  # else the strongest may be among those lost
        show_shared(given)
    show_counterfactual(given.counterfactual, text, sources)
    if "counterfactual" in lost:
        write_small_print(lost["counterfactual"])


def show_kept_emotions(kept: KeptAnalysis, text: str, sources: Mapping[str, str]) -> None:
    """Draws a bar for each emotion, and the words on the text that was kept.

    Args:
        kept: what was kept of the analysis.
        text: the text that was kept; empty where none was.
        sources: label → where such posts come from.
    """
    found = kept.analysis.attributions.emotion
    if found is None:
        write_small_print("The emotion teacher was not explained.")
        return
    left, right = st.columns(2, gap="large")
    with left:
        draw_emotions(found)
    with right:
        st.header("By word", anchor=False)
        told = list_lost(kept).get("emotion")
        if told is not None:
            write_small_print(told)
        draw_emotion_words(found, text, source_of(found.target, sources))


def show_kept_sound(kept: KeptAnalysis, sources: Mapping[str, str]) -> None:
    """Draws the stretches of sound; the sound itself is never kept.

    Args:
        kept: what was kept of the analysis.
        sources: label → where such posts come from.
    """
    found = kept.analysis.attributions.audio
    if found is None or not found.segments:
        write_small_print("The audio teacher was not explained.")
        return
    st.header("Stretches of the sound", anchor=False)
    write_small_print("A recording is never kept, so that there is nothing to play or to picture.")
    _draw_stretches(found, kept.analysis.given.audio.seconds_heard)
    draw_spoken(found, sources)
    if found.checks is not None:
        show_checks(found, found.checks)


def _show_words(
    found: WordAttribution | None,
    model: str,
    text: str,
    sources: Mapping[str, str],
    lost: str | None,
    *,
    cut: bool,
) -> None:
    write_model_name(model)
    if found is None:
        write_small_print(f"The {MODEL_NAMES[model].lower()} was not explained.")
        return
    toward = source_of(found.target, sources)
    write_small_print(f"Explained toward {toward}.")
    if lost is not None:
        write_small_print(lost)
    list_strongest(found, draw_words(found, model, text, toward, cut=cut))


def _draw_stretches(found: SoundAttribution, heard_s: float) -> None:
    part = max(found.segments, key=lambda segment: abs(segment.score))
    with open_shown(found, "stretches"):
        show_figure(
            draw_stretches(found, heard_s),
            list_stretches(found),
            key="stretches_chart",
            title="What its stretches speak for",
            alt=f"Strongest: {part.start_s:.1f} to {part.end_s:.1f} s, {signed(part.score, 3)}.",
        )
