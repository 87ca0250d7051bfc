"""One visual language for figures and words.

The mark colours keep a contrast of at least 3:1 against the light and the dark
background, so that a figure needs no knowledge of the theme. Blue and ochre stay
apart in all common forms of colour blindness, and neither stands for good or bad.
"""

from __future__ import annotations

from typing import Final

TOWARD: Final = "#c07a24"  # ochre: toward the label explained
AWAY: Final = "#4a88ad"  # blue: away from it
NEUTRAL: Final = "#7a8791"
STUDENT: Final = "#4a88ad"

_TOWARD_RGB: Final = (192, 122, 36)
_AWAY_RGB: Final = (74, 136, 173)
_FAINTEST: Final = 0.10
_STRONGEST: Final = 0.42  # text on it keeps 4.5:1 in both themes


def tint(score: float, largest: float) -> str:
    """A see-through background for a signed score.

    Args:
        score: signed; above 0 is toward the label.
        largest: the largest absolute score, above 0.

    Returns:
        A CSS colour.
    """
    share = min(abs(score) / largest, 1.0)
    alpha = _FAINTEST + (_STRONGEST - _FAINTEST) * share
    red, green, blue = _TOWARD_RGB if score > 0 else _AWAY_RGB
    return f"rgba({red}, {green}, {blue}, {alpha:.2f})"
