"""Which label is explained: a selector, and the explanation once it is there."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.session import open_desk
from app.wording import MODEL_NAMES, source_of
from app.work import Case, ExplainedModel
from mhkd.analysis import Attribution


def choose_attribution(
    case: Case, model: ExplainedModel, labels: tuple[str, ...], sources: Mapping[str, str]
) -> Attribution | None:
    """Draws the selector of one explanation.

    A label that has not been explained yet is explained in the background.

    Args:
        case: with its analysis.
        model: the model explained.
        labels: all labels.
        sources: label → where such posts come from.

    Returns:
        The explanation, or None while it is on its way.
    """
    first = None if case.analysis is None else getattr(case.analysis.attributions, model)
    if first is None:
        if case.running:
            st.skeleton(height=120)
        else:
            st.caption(f"The {MODEL_NAMES[model].lower()} was not explained.")
        return None
    target: str = (
        st.segmented_control(
            "Explained toward",
            list(labels),
            format_func=lambda label: source_of(label, sources),
            default=first.target,
            required=True,
            wrap=True,
            key=f"explained_{model}_{id(case)}",
        )
        or first.target
    )
    if target == first.target:
        found: Attribution = first
        return found
    if (model, target) in case.explained:
        return case.explained[model, target]
    open_desk().explain(model, target)
    st.skeleton(height=120)
    return None
