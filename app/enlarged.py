"""A figure drawn larger, type and all, for a screen that is seen from afar. Pure."""

from __future__ import annotations

from typing import Any, Final

import plotly.graph_objects as go

_SIZES: Final = frozenset({"size", "height", "standoff", "thickness", "xshift", "yshift"})
_STROKES: Final = frozenset({"line", "error_x", "error_y"})


def enlarge(figure: go.Figure, times: float) -> go.Figure:
    """The same figure with all that is measured in pixels made larger.

    Its width is that of the page, whatever is done here.

    Args:
        figure: stays as it is.
        times: above 0; 1 returns ``figure`` itself.
    """
    if times == 1:
        return figure
    return go.Figure(_grow(figure.to_plotly_json(), "", times))


def _grow(part: Any, name: str, times: float) -> Any:
    if isinstance(part, dict):
        return {key: _grow_entry(value, key, name, times) for key, value in part.items()}
    if isinstance(part, (list, tuple)):
        return [_grow(entry, name, times) for entry in part]
    return part


def _grow_entry(value: Any, key: str, parent: str, times: float) -> Any:
    stroke = key == "width" and parent in _STROKES  # the width of a bar is not in pixels
    if not (key in _SIZES or stroke or parent == "margin"):
        return _grow(value, key, times)
    if isinstance(value, (list, tuple)):
        return [entry * times for entry in value]
    return value * times if isinstance(value, (int, float)) else value
