"""The sound said otherwise, as the reader chooses: heard, and answered by the audio teacher."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from app.asked_acts import MANNER, hear_otherwise
from app.asked_work import HeardOtherwise
from app.components.asked import offer_work
from app.escape import write_small_print, write_table
from app.manner_wording import (
    HEADER,
    INTRO,
    NEUTRAL,
    NOT_KEPT,
    list_remarks,
    name_manner,
    say_limited,
    say_moved,
    tabulate_otherwise,
)
from app.played import as_wav
from app.work import Case
from mhkd.analysis import Analysis
from mhkd.audio.manner import Manner
from mhkd.limits import MAX_GAIN_DB, MAX_SEMITONES, MAX_TEMPO, MIN_TEMPO

_TEMPO_STEP = 0.05


def show_manner(case: Case, target: str, sources: Mapping[str, str]) -> None:
    """Draws the sliders, the button, and what came of the last change.

    Nothing is drawn where the audio teacher did not answer.

    Args:
        case: with its analysis.
        target: the label whose probability is told.
        sources: label → where such posts come from.
    """
    analysis = case.analysis
    if analysis is None or analysis.predictions["audio"] is None or case.recording is None:
        return
    st.header("The same words, said as you choose", anchor=False)
    write_small_print(INTRO)
    manner = _ask_manner(case)
    offer_work(
        case,
        MANNER,
        "Hear and ask the audio teacher",
        partial(hear_otherwise, manner),
        ready=not manner.is_neutral,
    )
    if manner.is_neutral:
        write_small_print(NEUTRAL)
    if case.otherwise is not None:
        _draw(analysis, case.otherwise, target, sources)


def _ask_manner(case: Case) -> Manner:
    pitch, tempo, loudness = st.columns(3, gap="large")
    with pitch:
        semitones = st.slider(
            "Pitch, in semitones",
            -MAX_SEMITONES,
            MAX_SEMITONES,
            0,
            help="0 leaves it as it is; 12 would be an octave.",
            key=f"manner_pitch_{id(case)}",
        )
    with tempo:
        times = st.slider(
            "Tempo, times as fast",
            MIN_TEMPO,
            MAX_TEMPO,
            1.0,
            _TEMPO_STEP,
            help="1.00 leaves it as it is; below, it is slower.",
            key=f"manner_tempo_{id(case)}",
        )
    with loudness:
        gain_db = st.slider(
            "Loudness, in dB",
            -MAX_GAIN_DB,
            MAX_GAIN_DB,
            0,
            help="0 leaves it as it is. Louder goes only as far as nothing clips.",
            key=f"manner_loudness_{id(case)}",
        )
    return Manner(semitones, round(times, 2), gain_db)


def _draw(
    analysis: Analysis, found: HeardOtherwise, target: str, sources: Mapping[str, str]
) -> None:
    recording, answer = found.said.recording, found.answer
    st.caption(f"The changed sound: {name_manner(found.manner)}")
    st.audio(as_wav(recording.samples, recording.rate_hz), alt="The changed sound")
    if (limited := say_limited(found)) is not None:
        write_small_print(limited)
    if answer is None:
        write_small_print("The audio teacher has not answered it.")
        return
    if answer.probabilities is None:
        write_small_print("The audio teacher gives no answer to the changed sound.")
    else:
        write_table(HEADER, tabulate_otherwise(analysis, answer, target), numeric=(1, 2, 3))
        write_small_print(say_moved(analysis, found, answer, target, sources))
    for remark in list_remarks(analysis, answer):
        write_small_print(remark)
    write_small_print(NOT_KEPT)
