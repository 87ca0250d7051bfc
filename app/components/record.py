"""The analysis as a file, and which versions gave it."""

from __future__ import annotations

import json

import streamlit as st

from app.components.help_lines import NOT_THIS
from app.escape import write_small_print, write_table
from app.wording import say_stage
from mhkd.analysis import Analysis


def show_record(analysis: Analysis) -> None:
    """Draws the download, the versions and the times.

    Args:
        analysis: the finished analysis.
    """
    left, right = st.columns(2, gap="large")
    with left:
        st.header("This analysis as a file", anchor=False)
        write_small_print(
            "All numbers of this page. It contains no sound and no text of the post, except the "
            "single words that were explained, which together can tell much of it: keep it as "
            "safe as the post."
        )
        st.download_button(
            "Download JSON",
            encode(analysis),
            "analysis.json",
            "application/json",
            on_click="ignore",
        )
        write_table(
            ("What", "Version"),
            [
                ("Bundle", f"{analysis.bundle.name} {analysis.bundle.version}"),
                ("SHA-256 of its manifest", f"{analysis.bundle.sha256[:16]}…"),
                *analysis.versions.items(),
            ],
        )
    with right:
        st.header("Times", anchor=False)
        write_table(
            ("Stage", "Seconds"),
            [(say_stage(name), f"{ms / 1000:.2f}") for name, ms in analysis.timing_ms.items()],
            numeric=(1,),
        )


def encode(analysis: Analysis) -> str:
    """The analysis as JSON, with the line that says what it is not."""
    return json.dumps({"notice": NOT_THIS, **analysis.to_json()}, indent=2, ensure_ascii=False)
