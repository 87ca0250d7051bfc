"""Acoustic measures of a recorded voice, or why there are none."""

from __future__ import annotations

import streamlit as st

from app.escape import write_note, write_small_print, write_table
from app.voice_wording import NO_NORMS, list_measures, say_hidden, say_measured
from mhkd.analysis import Analysis


def show_voice(analysis: Analysis) -> None:
    """Draws the measures with units and quality, and no judgement of the values.

    Args:
        analysis: with or without measures.
    """
    hidden = say_hidden(analysis)
    voice = analysis.voice
    if voice is None and hidden is None:
        return
    st.header("Measures of the recorded voice", anchor=False)
    if voice is None:
        write_note("Not shown", hidden or "")
        return
    write_table(
        ("Measure", "Value", "Measurement", "What it is"), list_measures(voice), numeric=(1,)
    )
    write_small_print(say_measured(voice))
    write_small_print(NO_NORMS)
