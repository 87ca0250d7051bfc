"""Words stay readable in both themes, also where an explanation is greyed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from app import theme

_ROOT = Path(__file__).resolve().parents[2]
_THEME = tomllib.loads((_ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
_STYLE = (_ROOT / "app" / "style.css").read_text("utf-8")


def _split(colour: str) -> list[float]:
    return [float(int(colour[place : place + 2], 16)) for place in (1, 3, 5)]


def _mix(front: list[float], back: list[float], share: float) -> list[float]:
    return [f * share + b * (1 - share) for f, b in zip(front, back, strict=True)]


def _join(parts: list[float]) -> str:
    return "#" + "".join(f"{round(part):02x}" for part in parts)


def _grey(colour: list[float]) -> list[float]:
    return [0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]] * 3


def test_contrast_is_that_of_the_standard() -> None:
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("score", [1.0, -1.0])
def test_greyed_words_keep_their_contrast(mode: str, score: float) -> None:
    ground, text = (_split(_THEME[mode][name]) for name in ("backgroundColor", "textColor"))
    found = re.search(r"greyed_\"\] \{ filter: grayscale\(1\); opacity: ([\d.]+)", _STYLE)
    assert found is not None
    share = float(found.group(1))
    *colour, alpha = (float(part) for part in re.findall(r"[\d.]+", theme.tint(score, 1.0)))
    tinted = _mix(colour, ground, alpha)
    front, back = (_join(_mix(_grey(part), ground, share)) for part in (text, tinted))
    assert theme.contrast(front, back) >= 4.5


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_small_type_keeps_its_contrast(mode: str) -> None:
    ground, text = (_split(_THEME[mode][name]) for name in ("backgroundColor", "textColor"))
    for rule in (r"\.small-print \{[^}]*opacity: ([\d.]+)", r"p:last-child \{ opacity: ([\d.]+)"):
        found = re.search(rule, _STYLE)
        assert found is not None
        assert (
            theme.contrast(_join(_mix(text, ground, float(found.group(1)))), _join(ground)) >= 4.5
        )
