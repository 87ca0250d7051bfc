"""The emotions that the emotion teacher rests on."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app import charts
from app.coloured_parts import find_strongest
from app.components.explained import choose_attribution
from app.components.fidelity import offer_fidelity
from app.components.figure import show_figure
from app.components.greyed import open_shown
from app.components.words import show_legend
from app.emotions_wording import say_emotions_verdict, say_sum
from app.escape import write_coloured_words, write_small_print, write_table
from app.figure_numbers import list_emotions
from app.wording import signed, source_of
from app.words_wording import list_told
from app.work import Case
from mhkd.analysis import EmotionAttribution


def show_emotions(case: Case, labels: tuple[str, ...], sources: Mapping[str, str]) -> None:
    """Draws a bar for each emotion, and the words with the emotions they carry.

    Args:
        case: with its analysis.
        labels: all labels.
        sources: label → where such posts come from.
    """
    found = choose_attribution(case, "emotion", labels, sources)
    if not isinstance(found, EmotionAttribution):
        return
    left, right = st.columns(2, gap="large")
    with left:
        draw_emotions(found)
        verdict = say_emotions_verdict(case.opening.result().manifest.data)
        if verdict is not None:
            write_small_print(verdict)
    with right:
        st.header("By word", anchor=False)
        draw_emotion_words(found, case.order.text, source_of(found.target, sources))
        offer_fidelity(case, "emotion", found)


def draw_emotions(found: EmotionAttribution) -> None:
    """Draws a bar for each emotion."""
    st.header("By emotion", anchor=False)
    with open_shown(found, "emotions"):
        show_figure(
            charts.draw_emotions(found),
            list_emotions(found),
            key="emotions_chart",
            title="By emotion",
            alt="; ".join(f"{name} {signed(v, 3)}" for name, v in found.emotions.items()),
        )
    write_small_print(say_sum(found))


def draw_emotion_words(found: EmotionAttribution, text: str, toward: str) -> None:
    """Draws the words in their colours, and what is said of how far they can be trusted.

    Args:
        found: the explanation; without words, only what is said of it is drawn.
        text: what the words have their places in.
        toward: where posts of the label explained come from.
    """
    if found.words:
        notes = {word: ", ".join(names) for word, names in found.word_emotions.items()}
        with open_shown(found, "emotion"):
            write_coloured_words(text, found.words, toward, notes)
        show_legend(toward)
        with st.expander("Strongest words and their emotions"):
            write_table(
                ("Word", "Emotions", "Share of the logit"),
                [
                    (word.text, notes.get(word.text.lower(), "not listed"), signed(word.score, 3))
                    for word in find_strongest(found.words)
                ],
                numeric=(2,),
            )
    for sentence in list_told(found):
        write_small_print(sentence)
