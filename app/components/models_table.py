"""The three teachers, their mean and the student, side by side."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app import charts
from app.components.figure import show_figure
from app.escape import write_small_print, write_table
from app.figure_numbers import list_models
from app.glossary import explain
from app.wording import MODEL_INPUTS, MODEL_NAMES, say_agreement, source_of
from mhkd.analysis import Analysis

_ROWS = ("student", "teachers", "text", "audio", "emotion")


def show_models(analysis: Analysis, target: str, sources: Mapping[str, str]) -> None:
    """Draws one chart on a common axis, and the same numbers as a table.

    Args:
        analysis: with the predictions.
        target: the label whose probability is shown.
        sources: label → where such posts come from.
    """
    here = source_of(target, sources)
    st.header("Five answers side by side", anchor=False, help=explain("Divergence"))
    rows = [_row(analysis, model, target) for model in _ROWS]
    if len(analysis.labels) > 2:
        _show_all_labels(analysis, sources)
        return
    show_figure(
        charts.draw_models(analysis, target, sources),
        list_models(analysis),
        key="models_chart",
        title="Five answers side by side",
        alt=f"Probability of {here}: " + "; ".join(f"{row[0]} {row[2]}" for row in rows),
    )
    write_small_print(
        "The shaded band, 0.4 to 0.6, is not decided. Divergence: Jensen–Shannon, in bits, from "
        "the student’s answer."
    )
    write_table(("Model", "Reads", f"P({here})", "Divergence"), rows, numeric=(2,))


def _row(analysis: Analysis, model: str, target: str) -> tuple[str, str, str, str]:
    prediction = analysis.predictions.get(model)
    reads = MODEL_INPUTS[model]
    if model == "audio":
        origin = analysis.given.audio.origin
        reads = "no sound" if origin == "none" else f"sound ({origin})"
    told = "did not answer" if prediction is None else f"{prediction.probabilities[target]:.3f}"
    bits = "" if model == "student" else say_agreement(analysis.divergence_bits.get(model))
    return MODEL_NAMES[model], reads, told, bits


def _show_all_labels(analysis: Analysis, sources: Mapping[str, str]) -> None:
    rows = []
    for model in _ROWS:
        name, reads, _, bits = _row(analysis, model, analysis.labels[0])
        found = analysis.predictions.get(model)
        values = [
            "–" if found is None else f"{found.probabilities[n]:.3f}" for n in analysis.labels
        ]
        rows.append((name, reads, *values, bits))
    names = [source_of(label, sources) for label in analysis.labels]
    show_figure(
        charts.draw_shares(analysis, sources),
        list_models(analysis),
        key="models_chart",
        title="Five answers side by side",
        alt="; ".join(f"{row[0]}: {', '.join(row[2:-1])}" for row in rows),
    )
    write_small_print(
        "Divergence: Jensen–Shannon, in bits, from the student’s answer."
        + (" The labels are steps of a scale, palest first." if analysis.ordered else "")
    )
    write_table(
        ("Model", "Reads", *(f"P({name})" for name in names), "Divergence"),
        rows,
        numeric=range(2, 2 + len(names)),
    )
