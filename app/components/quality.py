"""What each model read and heard, and what about the input bears on the answer."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.escape import write_note, write_small_print, write_table
from app.wording import MODEL_NAMES, ORIGIN_BADGES, say_finding, say_message
from mhkd.analysis import Analysis

_UNITS = {"student": "tokens", "text": "tokens", "emotion": "words known"}


def show_read(analysis: Analysis, sources: Mapping[str, str]) -> None:
    """Draws how much of the post reached each model, and the findings.

    Args:
        analysis: with what was read and heard.
        sources: label → where such posts come from.
    """
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Read and heard", anchor=False)
        rows = [_read_row(analysis, model) for model in _UNITS]
        rows.append(_heard_row(analysis))
        write_table(("Model", "Reached it", "Of", "Share"), rows, numeric=(1, 2, 3))
        heard = analysis.given.audio
        write_small_print(
            f"{analysis.given.characters:,} characters. Sound: {ORIGIN_BADGES[heard.origin]}; "
            f"padding added to fill the last window: {heard.padding_s:.1f} s."
        )
    with right:
        st.header("Findings about the input", anchor=False)
        if not analysis.quality:
            write_small_print("Nothing was found that limits the answer.")
        for finding in analysis.quality:
            write_note(say_finding(finding.code), say_message(finding, analysis, sources))


def _read_row(analysis: Analysis, model: str) -> tuple[str, str, str, str]:
    read = analysis.read.get(model)
    if read is None:
        return MODEL_NAMES[model], "did not run", "–", "–"
    total = max(read.tokens_total, 1)
    return (
        MODEL_NAMES[model],
        f"{read.tokens_read:,}",
        f"{read.tokens_total:,} {'words' if model == 'emotion' else 'tokens'}",
        f"{100 * read.tokens_read / total:.0f} %",
    )


def _heard_row(analysis: Analysis) -> tuple[str, str, str, str]:
    heard = analysis.given.audio
    if not heard.seconds:
        return MODEL_NAMES["audio"], "did not run", "–", "–"
    share = 100 * heard.seconds_heard / heard.seconds
    return (
        MODEL_NAMES["audio"],
        f"{heard.seconds_heard:.1f} s",
        f"{heard.seconds:.1f} s",
        f"{share:.0f} %",
    )
