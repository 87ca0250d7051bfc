"""How large figures are drawn on this screen. Owns the key ``screen_scales``.

Text grows with the screen by the style sheet alone. A figure is drawn in pixels, so the
browser tells how large its type should be; on most screens it has nothing to tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import streamlit as st

_KEY: Final = "screen_scales"
_MOST: Final = 4.0


@dataclass(frozen=True)
class Scales:
    """How many times larger figures are drawn: on a page, and in the tour."""

    page: float = 1.0
    tour: float = 1.0


def watch_screen() -> None:
    """Draws nothing; asks the browser, which answers where its screen is large."""
    known: Scales = st.session_state.setdefault(_KEY, Scales())
    with st.container(key="screen"):
        told = _watcher()(
            key="screen_watched",
            data={"scales": f"{known.page:g} {known.tour:g}"},
            on_scales_change=_take_note,
        )
    if told.scales is not None:
        st.session_state[_KEY] = read_scales(told.scales)


def find_scale(*, tour: bool = False) -> float:
    """How many times larger a figure is drawn."""
    found = st.session_state.get(_KEY, Scales())
    scale: float = found.tour if tour else found.page
    return scale


def read_scales(told: object) -> Scales:
    """What a browser told; what is not understood or out of range leaves figures as they are."""
    try:
        page, tour = (float(number) for number in str(told).split())
    except ValueError:
        return Scales()
    fits = all(1.0 <= number <= _MOST for number in (page, tour))
    return Scales(page, tour) if fits else Scales()


def _take_note() -> None:
    """A part of the component's state has a name only where something listens for it."""


@st.cache_resource(show_spinner=False)
def _watcher() -> Any:
    code = Path(__file__).parents[1] / "screen.js"
    return st.components.v2.component("mhkd_screen", js=code.read_text("utf-8"))
