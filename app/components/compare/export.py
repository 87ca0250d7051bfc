"""A comparison to take away: report and JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from app.compare_work import Comparison
from app.comparison import compare_models, list_shared_labels
from app.comparison_report import AboutPair, build_comparison_report
from app.components.help_lines import NOT_THIS, read_help_lines
from app.escape import write_small_print
from app.work import ExplainedModel
from mhkd.analysis import Analysis, EmotionAttribution, WordAttribution


def show_export(comparison: Comparison, pair: tuple[Analysis, Analysis]) -> None:
    """Draws the downloads.

    Args:
        comparison: with its answers.
        pair: both analyses.
    """
    texts = (comparison.cases[0].order.text, comparison.cases[1].order.text)
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Report", anchor=False)
        write_small_print(
            "One file for browser and paper, with all charts and numbers. It needs no network and "
            "asks for nothing."
        )
        with_texts = st.checkbox(
            "Include both texts and their words",
            key=f"compare_with_texts_{id(comparison)}",
            help="Without it the report holds no word of them. With it, keep it as safe as they "
            "are.",
        )
        st.download_button(
            "Download report",
            partial(
                build_comparison_report,
                pair,
                _describe(comparison),
                texts=texts if with_texts else None,
            ),
            "comparison.html",
            "text/html",
            disabled=comparison.busy,
            on_click="ignore",
        )
    with right:
        st.header("Numbers as JSON", anchor=False)
        write_small_print(
            "Both analyses and what differs. It contains no sound and no text, except single words "
            "where they were explained: keep it as safe as the posts."
        )
        st.download_button(
            "Download JSON",
            partial(encode, pair, comparison.mode, mismatch=comparison.mismatch),
            "comparison.json",
            "application/json",
            on_click="ignore",
        )


def encode(pair: tuple[Analysis, Analysis], mode: str, *, mismatch: bool) -> str:
    """Both analyses and their differences as JSON; differences are null between other labels."""
    labels = list_shared_labels(*pair)
    differences = {
        label: {change.model: change.difference for change in compare_models(*pair, label)}
        for label in labels
    }
    plain = {
        "notice": NOT_THIS,
        "compared": mode,
        "recording_of_other_text": mismatch,
        "difference": differences or None,
        "first": pair[0].to_json(),
        "second": pair[1].to_json(),
    }
    return json.dumps(plain, indent=2, ensure_ascii=False)


def _describe(comparison: Comparison) -> AboutPair:
    first, second = (case.opening.result().manifest for case in comparison.cases)
    words, emotions = _find_words(comparison, "student"), comparison.find("emotion")
    pair = None
    if emotions is not None:
        one, other = emotions
        if isinstance(one, EmotionAttribution) and isinstance(other, EmotionAttribution):
            pair = (one, other)
    return AboutPair(
        f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC",
        comparison.mode,
        (first.label_sources, second.label_sources),
        read_help_lines(),
        mismatch=comparison.mismatch,
        student=words,
        text=_find_words(comparison, "text"),
        emotions=pair,
    )


def _find_words(
    comparison: Comparison, model: ExplainedModel
) -> tuple[WordAttribution, WordAttribution] | None:
    found = comparison.find(model)
    if found is None:
        return None
    first, second = found
    if isinstance(first, WordAttribution) and isinstance(second, WordAttribution):
        return first, second
    return None
