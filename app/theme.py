"""One visual language for figures and words.

The mark colours keep a contrast of at least 3:1 against the light and the dark
background, so that a figure needs no knowledge of the theme. Blue and ochre stay
apart in all common forms of colour blindness, and neither stands for good or bad.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TOWARD: Final = "#c07a24"  # ochre: toward the label explained
AWAY: Final = "#4a88ad"  # blue: away from it
NEUTRAL: Final = "#7a8791"
STUDENT: Final = "#4a88ad"

_TOWARD_RGB: Final = (192, 122, 36)
_AWAY_RGB: Final = (74, 136, 173)
_FAINTEST: Final = 0.10
_STRONGEST: Final = 0.42  # text on it keeps 4.5:1 in both themes


@dataclass(frozen=True)
class LabelColour:
    """A filled area and the text on it, with 4.5:1 between them."""

    fill: str
    text: str


_SCALE: Final = ("#dbe7ee", "#a6c3d5", "#6e9ebd", "#3f769a", "#224a68")
_KINDS: Final = ("#4a88ad", "#e0a458", "#7a8791", "#9fd0c3", "#6d4f86", "#f0e0a0")
_INK: Final = "#14191d"
_PAPER: Final = "#ffffff"


def label_colours(count: int, *, ordered: bool) -> tuple[LabelColour, ...]:
    """One colour for each of several labels.

    Args:
        count: of labels.
        ordered: they are steps of a scale, which then runs from pale to strong.
    """
    if ordered:
        last = max(count - 1, 1)
        chosen = [_SCALE[round(i * (len(_SCALE) - 1) / last)] for i in range(count)]
    else:
        chosen = [_KINDS[i % len(_KINDS)] for i in range(count)]
    return tuple(LabelColour(fill, better_text(fill)) for fill in chosen)


def better_text(fill: str) -> str:
    """Black or white, whichever stands out more from a colour."""
    return max((_INK, _PAPER), key=lambda text: contrast(text, fill))


def contrast(first: str, second: str) -> float:
    """The contrast of two colours by WCAG 2.2, 1 to 21."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


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
