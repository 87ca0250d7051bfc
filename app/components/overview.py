"""What all models say of a case, and what each teacher gave: above its details."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.components.contributions import show_contributions
from app.components.learned import show_learned
from app.components.models_table import show_models
from mhkd.analysis import Analysis

_DETAILS: Final = ("Words", "Emotions", "Sound", "Read and heard", "Record")


def show_overview(analysis: Analysis, sources: Mapping[str, str]) -> None:
    """Draws the models beside the contributions.

    Args:
        analysis: of the case.
        sources: label → where such posts come from.
    """
    found = analysis.teacher_contributions
    target = found.target if found is not None else analysis.labels[-1]
    left, right = st.columns(2, gap="large")
    with left:
        show_models(analysis, target, sources)
    with right:
        show_contributions(analysis, sources)
        show_learned(analysis, sources)
    st.space("small")


def open_details() -> list[DeltaGenerator]:
    """The tabs of a case's details: words, emotions, sound, what was read, record."""
    return list(st.tabs(list(_DETAILS)))
