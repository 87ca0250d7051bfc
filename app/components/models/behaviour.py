"""How answers change over written pairs of posts, where the bundle says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import model_behaviour as facts
from app.comparison import compare_texts
from app.components.figure import show_figure
from app.escape import write_marked_text, write_small_print, write_table
from app.models import say_bundle_option
from app.wording import MODEL_NAMES

if TYPE_CHECKING:
    from mhkd.analyser import Analyser


def show_behaviour(analyser: Analyser) -> None:
    """Draws flips, wrong moves, and the worst pairs."""
    report = analyser.behaviour_report
    if not report:
        write_small_print(
            "This bundle has no test of its behaviour on written cases; “mhkd behaviour "
            f"--into-bundle{say_bundle_option()}” makes one."
        )
        return
    sources = analyser.manifest.label_sources
    st.subheader("What should not change the answer", anchor=False)
    show_figure(
        facts.draw_rates(report, facts.SAME),
        facts.list_rates(report, facts.SAME),
        key="models_flips_chart",
        title="Pairs whose label flips, by what was changed",
    )
    write_small_print(facts.say_same(report))
    write_table(facts.SAME_HEADER, facts.list_same(report), numeric=range(2, 6))
    if facts.list_kinds(report, facts.NOT_MORE):
        st.subheader("What should not raise it", anchor=False)
        show_figure(
            facts.draw_rates(report, facts.NOT_MORE),
            facts.list_rates(report, facts.NOT_MORE),
            key="models_rises_chart",
            title="Pairs whose label gets more probable, by what was changed",
        )
        write_small_print(facts.say_not_more(report, sources))
        write_table(facts.NOT_MORE_HEADER, facts.list_not_more(report), numeric=range(2, 7))
    for remark in facts.list_remarks(report):
        write_small_print(remark)
    with st.expander("The worst pairs, all invented"):
        _show_worst(report, sources)
    write_small_print(f"{facts.LIMIT} In brackets Wilson’s 95 % intervals.")


def _show_worst(report: Mapping[str, Any], sources: Mapping[str, str]) -> None:
    models = list(report["models"])
    kinds = [name for name, kind in report["kinds"].items() if kind["asked"]]
    model = st.segmented_control(
        "Model",
        models,
        default=models[0],
        format_func=MODEL_NAMES.__getitem__,
        required=True,
        wrap=True,
        key="models_worst_of",
        bind="query-params",
    )
    kind = st.segmented_control(
        "Changed",
        kinds,
        default=kinds[0],
        format_func=lambda name: report["kinds"][name]["title"],
        required=True,
        wrap=True,
        key="models_worst_kind",
        bind="query-params",
    )
    pairs = facts.list_worst(report, model or models[0], kind or kinds[0])
    if not pairs:
        write_small_print("No pair of this kind moved this model’s answer the wrong way.")
    for pair in pairs:
        write_small_print(facts.say_pair(pair, sources))
        found = compare_texts(pair["plain"], pair["changed"])
        first, second = st.columns(2)
        with first:
            write_marked_text(pair["plain"], [("removed", *span) for span in found.removed])
        with second:
            write_marked_text(pair["changed"], [("added", *span) for span in found.added])
