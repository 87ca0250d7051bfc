"""The page “Models”: what a bundle's own files say of its models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import models
from app.components.help_lines import show_help_lines
from app.components.models.behaviour import show_behaviour
from app.components.models.origin import (
    show_card,
    show_data,
    show_explanations,
    show_files,
    show_reporting,
)
from app.components.models.results import (
    show_ablation,
    show_calibration,
    show_results,
    show_studies,
)
from app.components.opening import await_analyser
from app.escape import write_small_print

if TYPE_CHECKING:
    from mhkd.analyser import Analyser


def show_page() -> None:
    """Draws the page."""
    st.title("Models", anchor=False)
    show_help_lines()
    analyser = await_analyser(models.open_analyser())
    if analyser is not None:
        _show(analyser)


def _show(analyser: Analyser) -> None:
    manifest = analyser.manifest
    st.header(manifest.title, anchor=False)
    write_small_print(
        f"Bundle {manifest.name} {manifest.version}. All numbers on this page are read from its "
        "own files, which the run that trained it and later tests of it wrote."
    )
    results, calibration, data, teachers, ablation, explained, behaviour, reporting, card, files = (
        st.tabs(
            [
                "Results",
                "Calibration",
                "Data and protocol",
                "Teachers",
                "Eight students",
                "Explanations",
                "Behaviour",
                "TRIPOD+AI",
                "Model card",
                "Hashes and versions",
            ]
        )
    )
    with results:
        show_results(manifest)
    with calibration:
        show_calibration(manifest)
    with data:
        show_data(manifest)
    with teachers:
        show_studies(manifest)
    with ablation:
        show_ablation(manifest)
    with explained:
        show_explanations(analyser)
    with behaviour:
        show_behaviour(analyser)
    with reporting:
        show_reporting(manifest)
    with card:
        show_card(analyser)
    with files:
        show_files(analyser)
