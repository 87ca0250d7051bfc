"""The analysis to take away: report and JSON, and which versions gave it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import streamlit as st

from app.components.decide import say_judgement
from app.components.help_lines import NOT_THIS, read_help_lines
from app.escape import write_small_print, write_table
from app.kept_wording import OF_REPORT, list_lost, strip_post
from app.report import About, build_report
from app.wording import say_stage
from app.work import Case
from mhkd.analysis import Analysis

NONE, STRIPPED, WHOLE = "none", "stripped", "whole"
_WITH_POST: Final = {
    NONE: "Leave them out",
    STRIPPED: "Include them de-identified",
    WHOLE: "Include them as they are",
}


def show_record(
    case: Case,
    sources: Mapping[str, str],
    calibration: str | None,
    metrics: Mapping[str, Mapping[str, Any]],
) -> None:
    """Draws the downloads, the versions and the times.

    Args:
        case: with its analysis.
        sources: label → where such posts come from.
        calibration: how far the probability can be taken at its word.
        metrics: model → its metrics on the test split.
    """
    analysis = case.analysis
    if analysis is None:
        return
    left, right = st.columns(2, gap="large")
    with left:
        about = About(
            f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC",
            sources,
            read_help_lines(),
            calibration,
            metrics,
            None if case.judged_first is None else say_judgement(case.judged_first, sources),
        )
        _offer_report(case, analysis, about)
        _offer_json(analysis)
    with right:
        show_versions(analysis)


def show_versions(analysis: Analysis) -> None:
    """Draws which versions gave an analysis, and how long each stage took."""
    st.header("Versions and times", anchor=False)
    write_table(
        ("What", "Version"),
        [
            ("Bundle", f"{analysis.bundle.name} {analysis.bundle.version}"),
            ("SHA-256 of its manifest", f"{analysis.bundle.sha256[:16]}…"),
            *analysis.versions.items(),
        ],
    )
    write_table(
        ("Stage", "Seconds"),
        [(say_stage(name), f"{ms / 1000:.2f}") for name, ms in analysis.timing_ms.items()],
        numeric=(1,),
    )


def encode(analysis: Analysis) -> str:
    """The analysis as JSON, with the line that says what it is not."""
    return json.dumps({"notice": NOT_THIS, **analysis.to_json()}, indent=2, ensure_ascii=False)


def _offer_report(case: Case, analysis: Analysis, about: About) -> None:
    st.header("Report", anchor=False)
    write_small_print(
        "One file for browser and paper, with all charts and numbers. It needs no network and "
        "asks for nothing."
    )
    with_post = st.radio(
        "The post and its words",
        list(_WITH_POST),
        format_func=_WITH_POST.__getitem__,
        key=f"record_with_post_{id(case)}",
        help="Left out, the report holds no word of the post. With it, keep it as safe as the "
        "post.",
    )
    if with_post == STRIPPED:
        write_small_print(OF_REPORT)
    st.download_button(
        "Download report",
        partial(build_report_of, case.order.text, with_post or NONE, analysis, about),
        "report.html",
        "text/html",
        disabled=case.running,
        on_click="ignore",
    )


def build_report_of(post: str, with_post: str, analysis: Analysis, about: About) -> str:
    """The report with as much of the post as was chosen.

    Args:
        post: as it was analysed.
        with_post: ``NONE``, ``STRIPPED`` or ``WHOLE``.
        analysis: of ``post``.
        about: what stands beside it.
    """
    if with_post != STRIPPED:
        return build_report(analysis, about, text=post if with_post == WHOLE else None)
    text, kept = strip_post(analysis, post)
    return build_report(
        kept.analysis, about, text=text, deidentified=OF_REPORT, lost=list_lost(kept)
    )


def _offer_json(analysis: Analysis) -> None:
    st.header("Numbers as JSON", anchor=False)
    write_small_print(
        "It contains no sound and no text of the post, except the single words that were "
        "explained, which together can tell much of it: keep it as safe as the post."
    )
    st.download_button(
        "Download JSON",
        encode(analysis),
        "analysis.json",
        "application/json",
        on_click="ignore",
    )
