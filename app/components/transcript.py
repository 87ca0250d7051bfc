"""A recording without a text: written down on this machine, then edited, then analysed."""

from __future__ import annotations

import time

import streamlit as st

from app.escape import write_note, write_small_print
from app.transcript_work import Dictation, open_transcript_desk
from mhkd.audio.transcribe import find_transcriber, say_how_to_get_it

_EVERY_S = 0.7


def offer_transcript(data: bytes) -> None:
    """Draws what writes the recording down, or how to get it.

    Args:
        data: the recording as it came.
    """
    desk = open_transcript_desk()
    dictation = desk.dictation
    if dictation is not None and dictation.data is not data and dictation.data != data:
        desk.drop()
        dictation = None
    if dictation is not None and dictation.running:
        _watch(dictation)
        # outside of what redraws itself, where a click can be lost
        st.button("Stop listening", key="transcript_stop", on_click=desk.drop)
        return
    if dictation is not None and dictation.fault is not None:
        write_note("The recording was not written down", dictation.fault)
    if dictation is not None and dictation.found is not None:
        write_small_print(_say_found(dictation))
        return
    if find_transcriber() is None:
        with st.expander("No text yet? A recording can be written down"):
            write_small_print(say_how_to_get_it())
        return
    st.button("Write down what it says", on_click=desk.take, args=(data,), key="transcript_go")


@st.fragment(run_every=_EVERY_S)
def _watch(dictation: Dictation) -> None:
    desk = open_transcript_desk()
    if not dictation.running or desk.dictation is not dictation:
        st.rerun(scope="app")
    write_small_print(
        f"Listening on this machine, {time.monotonic() - dictation.began_s:.0f} s. You can go on "
        "in the meantime."
    )


def _say_found(dictation: Dictation) -> str:
    found = dictation.found
    if found is None or not found.text:
        return "No words were understood in this recording. Write down yourself what it says."
    told = (
        f"Written down by the Whisper model in “{found.model}”, language {found.language}. It "
        "mishears words and can invent some: read it against the recording and mend it before you "
        "analyse."
    )
    if not found.whole:
        told += f" Only the first {found.seconds:.0f} s were listened to."
    return told
