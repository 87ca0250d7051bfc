"""What is drawn of an explanation stands in a container that is grey where its test failed."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.words_wording import is_shaky
from mhkd.analysis import Attribution


def open_shown(found: Attribution | None, key: str, *, shaky: bool | None = None) -> DeltaGenerator:
    """A container for words, bars or stretches; ``style.css`` takes its colours away.

    Args:
        found: the explanation drawn; None where there is none yet.
        key: of the container, once on the page.
        shaky: whether it failed; None takes the explanation's own test.
    """
    if shaky is None:
        shaky = found is not None and is_shaky(found)
    return st.container(key=f"{'greyed' if shaky else 'shown'}_{key}")
