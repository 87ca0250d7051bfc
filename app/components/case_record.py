"""A kept case to take away: report and JSON, and which versions gave it. Keys ``case_``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import streamlit as st

from app.components.decide import say_judgement
from app.components.help_lines import NOT_THIS, read_help_lines
from app.components.record import show_versions
from app.escape import write_small_print
from app.kept_case import KnownBundle
from app.kept_wording import OF_CASE, list_lost
from app.report import About, build_report
from mhkd.cases.reading import KeptAnalysis
from mhkd.cases.records import Case


def show_kept_record(
    case: Case, kept: KeptAnalysis, stored: Mapping[str, Any], bundle: KnownBundle
) -> None:
    """Draws the downloads, the versions and the times.

    Args:
        case: the case.
        kept: what was kept of its analysis.
        stored: the same as it was stored.
        bundle: what is known of the one that answered.
    """
    left, right = st.columns(2, gap="large")
    with left:
        _offer_report(case, kept, bundle)
        st.header("Numbers as JSON", anchor=False)
        write_small_print("All that is stored of the analysis.")
        offer_json(case, stored)
    with right:
        show_versions(kept.analysis)


def offer_json(case: Case, stored: Mapping[str, Any]) -> None:
    """Draws the download of all that is stored of an analysis."""
    st.download_button(
        "Download numbers as JSON",
        json.dumps({"notice": NOT_THIS, **stored}, indent=2, ensure_ascii=False),
        f"case-{case.id}.json",
        "application/json",
        on_click="ignore",
    )


def build_report_of_case(case: Case, kept: KeptAnalysis, about: About, *, with_text: bool) -> str:
    """The report of a kept case; with the text that was kept only where that was chosen."""
    text = case.text if with_text else None
    return build_report(kept.analysis, about, text=text, deidentified=OF_CASE, lost=list_lost(kept))


def tell_about(case: Case, bundle: KnownBundle, made_at: datetime) -> About:
    """What its report says beside the analysis; the models' metrics only if they are the same."""
    same, after = bundle.sha256 == case.bundle_sha256, case.judgement.after
    return About(
        f"{made_at:%d %B %Y, %H:%M} UTC",
        bundle.sources,
        read_help_lines(),
        bundle.calibration if same else None,
        bundle.metrics if same else {},
        say_judgement(case.judgement.label, bundle.sources),
        judged_first=case.judgement.first,
        judged_after=None if after is None else say_judgement(after, bundle.sources),
        case=(
            ("Case", case.id),
            ("Kept", f"{case.kept_at:%d %B %Y, %H:%M} UTC"),
            ("Deleted on", f"{case.expires_on:%d %B %Y}"),
        ),
    )


def _offer_report(case: Case, kept: KeptAnalysis, bundle: KnownBundle) -> None:
    st.header("Report", anchor=False)
    write_small_print(
        "One file for browser and paper, with all charts and numbers as they were stored. It "
        "needs no network and asks for nothing. Your note is not in it."
    )
    with_text = case.text is not None and st.checkbox(
        "Include the de-identified text and its words",
        key=f"case_with_text_{case.id}",
        help="Without it the report holds no word of the post. With it, keep it as safe as the "
        "post.",
    )
    if with_text:
        write_small_print(OF_CASE)
    about = tell_about(case, bundle, datetime.now(UTC))
    st.download_button(
        "Download report",
        partial(build_report_of_case, case, kept, about, with_text=with_text),
        f"case-{case.id}.html",
        "text/html",
        on_click="ignore",
    )
