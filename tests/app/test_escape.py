"""What a post contains is shown, never run; colours keep their contrast."""

from __future__ import annotations

import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app import theme
from app.escape import build_table, colour_words, escape
from mhkd.analysis import WordScore

_ROOT = Path(__file__).resolve().parents[2]
_NASTY = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "![x](http://evil.example/a.png)",
    "&lt;b&gt;",
    "a\0b",
    "\ud800 lone",
    "‮reversed",
]


class _Reader(HTMLParser):
    """Collects tags and what a browser would show."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.shown = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.shown += data


def _read(markup: str) -> _Reader:
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return reader


def _split(text: str) -> list[WordScore]:
    return [
        WordScore(found.group(), found.start(), found.end(), (-1) ** number * (1 + number) / 9)
        for number, found in enumerate(re.finditer(r"\S+", text))
    ]


@pytest.mark.parametrize("text", _NASTY)
def test_words_are_shown_as_written_and_nothing_else(text: str) -> None:
    post = f"before {text}\n  after {text}"
    found = _read(colour_words(post, _split(post), "r/<b>x</b>", {"before": '"><i>'}))
    assert found.tags <= {"div", "span"}
    assert found.attributes <= {
        *("class", "dir", "title", "style", "tabindex", "role", "aria-label"),
    }
    assert found.shown == post.replace("\0", "\ufffd").replace("\ud800", "\ufffd")


@pytest.mark.parametrize("text", _NASTY)
def test_tables_show_cells_as_written(text: str) -> None:
    found = _read(build_table((text, "b"), [(text, text)], numeric=(1,)))
    assert found.tags <= {"div", "table", "thead", "tbody", "tr", "th", "td"}


def test_escaped_text_can_be_sent() -> None:
    escape("".join(_NASTY)).encode("utf-8")


def test_sign_is_told_without_colour() -> None:
    markup = colour_words("up down", _split("up down"), "r/x")
    assert 'class="toward' in markup
    assert 'class="away' in markup
    assert "toward r/x" in markup
    assert "away from r/x" in markup


def test_only_the_reviewed_component_writes_html() -> None:
    for file in (_ROOT / "app").rglob("*.py"):
        if file.name != "escape.py":
            source = file.read_text("utf-8")
            assert "st.html" not in source, file
            assert "unsafe_allow" not in source, file


def _channels(colour: str) -> tuple[float, float, float]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))  # type: ignore[return-value]


def _luminance(colour: tuple[float, float, float]) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _theme(mode: str) -> dict[str, str]:
    config = tomllib.loads((_ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    found: dict[str, str] = config["theme"][mode]
    return found


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("score", [1.0, -1.0])
def test_text_on_the_strongest_tint_keeps_4_5_to_1(mode: str, score: float) -> None:
    numbers = [float(n) for n in re.findall(r"[\d.]+", theme.tint(score, 1.0))]
    ground, ink = _channels(_theme(mode)["backgroundColor"]), _channels(_theme(mode)["textColor"])
    mixed = [
        numbers[3] * tint + (1 - numbers[3]) * base
        for tint, base in zip(numbers[:3], ground, strict=True)
    ]
    assert _contrast((mixed[0], mixed[1], mixed[2]), ink) >= 4.5


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("colour", [theme.TOWARD, theme.AWAY, theme.NEUTRAL, theme.STUDENT])
def test_marks_keep_3_to_1(mode: str, colour: str) -> None:
    assert _contrast(_channels(colour), _channels(_theme(mode)["backgroundColor"])) >= 3.0


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", ["textColor", "linkColor"])
def test_texts_keep_4_5_to_1(mode: str, name: str) -> None:
    for ground in ("backgroundColor", "secondaryBackgroundColor"):
        found = _theme(mode)
        assert _contrast(_channels(found[name]), _channels(found[ground])) >= 4.5


def test_what_was_not_read_is_drawn_apart() -> None:
    words = [WordScore("so", 0, 2, 0.4)]
    told = colour_words("so tired <b>", words, "here", cut=True)
    read, unread = told.split("not read from here")
    assert "so</span>" in read and "tired &lt;b&gt;" in unread
    assert "not read" not in colour_words("so tired", words, "here")
    assert "not read" not in colour_words("so ", words, "here", cut=True)
