"""The same post in several voices, on demand."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.asked_acts import VOICES, speak_otherwise
from app.components.asked import offer_work
from app.escape import write_small_print, write_table
from app.voices_wording import HEADER, list_lacking, say_spread, tabulate_voices
from app.work import Case


def show_voices(case: Case, target: str, sources: Mapping[str, str]) -> None:
    """Draws the button, or what every voice gave and how far they differ.

    Args:
        case: with its analysis.
        target: the label explained.
        sources: label → where such posts come from.
    """
    analysis = case.analysis
    if analysis is None:
        return
    st.header("The same words in other voices", anchor=False)
    found = analysis.voices
    if found is None:
        write_small_print(
            "How much of the audio teacher’s answer is the voice? The post is spoken in every "
            "voice that is installed, which takes a while; the teacher answers each."
        )
        offer_work(case, VOICES, "Speak it in other voices", speak_otherwise)
        return
    write_table(HEADER, tabulate_voices(analysis, found, target), numeric=(1, 2))
    write_small_print(say_spread(analysis, found, target, sources))
    for line in list_lacking(found):
        write_small_print(line)
