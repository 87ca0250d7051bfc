"""What failed its test is grey as a whole: words, bars and stretches, wherever they are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from mhkd.analysis import Analysis, WordTrust
from tests.app.example_analysis import build_analysis
from tests.app.test_sound_wording import CHECKS


def judge(mark: Any) -> Analysis:
    """An analysis whose explanations of emotions and of sound got this mark."""
    trust = WordTrust("word", 0.1, 0.2, 0.1, 0.6, None, None, None, mark, ())
    whole = build_analysis()
    found = whole.attributions
    assert found.emotion is not None and found.audio is not None
    of_sound = replace(trust, unit="stretch")
    checks = replace(CHECKS, noise=found.audio.segments, gradients=None, trust=of_sound)
    sound = replace(found.audio, checks=checks)
    emotion = replace(found.emotion, trust=trust)
    return replace(whole, attributions=replace(found, emotion=emotion, audio=sound))


def _draw(mark: str) -> None:
    from app.components.case_explained import show_kept_emotions, show_kept_sound
    from mhkd.cases.reading import read_kept
    from mhkd.cases.wordless import keep_words_of
    from tests.app.example_analysis import SOURCES, TEXT
    from tests.app.test_greyed import judge

    kept = read_kept(keep_words_of(judge(mark), TEXT), TEXT)
    show_kept_emotions(kept, TEXT, SOURCES)
    show_kept_sound(kept, SOURCES)


@pytest.mark.parametrize("mark", ["holds", "fails"])
def test_bars_and_stretches_are_grey_where_the_test_failed(mark: Literal["holds", "fails"]) -> None:
    page = AppTest.from_function(_draw, args=(mark,), default_timeout=60).run()
    assert not page.exception
    shown = "greyed" if mark == "fails" else "shown"
    keys = set(_keys(page.main))
    for part in ("emotions", "stretches", "spoken"):
        assert f"{shown}_{part}" in keys


def _keys(block: Block) -> Iterator[str]:
    for node in block.children.values():
        if isinstance(node, Block):
            yield str(getattr(node.proto, "id", "")).rsplit("-", 1)[-1]
            yield from _keys(node)
