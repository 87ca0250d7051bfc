"""The written cases are whole, and each kind is asked where its label is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from mhkd.behaviour.cases import Kind, read_cases
from mhkd.text.quality import judge_text

CASES = read_cases()


def _manifest(*labels: str, sources: dict[str, str] | None = None, ordered: bool = False) -> Any:
    return SimpleNamespace(labels=labels, label_sources=sources or {}, ordered=ordered)


@pytest.mark.parametrize("name", CASES.kinds)
def test_pairs_are_many_and_whole(name: str) -> None:
    pairs = CASES.list_pairs(CASES.kinds[name])
    assert len(pairs) >= 30
    assert len({(pair.plain, pair.changed) for pair in pairs}) == len(pairs)
    for pair in pairs:
        assert pair.plain != pair.changed
        assert not set("{}") & set(pair.plain + pair.changed)
        assert pair.plain.count(". ") >= 2, "several sentences"
        assert judge_text(pair.plain) == judge_text(pair.changed) == []


def test_every_change_changes_every_post() -> None:
    for name in ("spelling", "punctuation"):
        kind = CASES.kinds[name]
        assert len(CASES.list_pairs(kind)) == len(kind.changes) * len(CASES.posts[kind.posts])


def test_a_swap_leaves_the_rest_of_the_post() -> None:
    for pair in CASES.list_pairs(CASES.kinds["names"]):
        before, after = pair.plain.split(), pair.changed.split()
        differing = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
        assert 1 <= len(differing) <= 3


@pytest.mark.parametrize(
    ("manifest", "wish", "mood"),
    [
        (_manifest("depression", "suicide"), "suicide", None),
        (_manifest("a", "b", sources={"b": "r/SuicideWatch"}), "b", None),
        (_manifest("non_depression", "depression"), None, "depression"),
        (_manifest("severe", "moderate", "mild", "non_depressed"), None, "severe"),
        (_manifest("strongly_concerning", "safe_to_ignore"), "strongly_concerning", None),
        (_manifest("low", "middle", "high", ordered=True), "high", "high"),
        (_manifest("calm", "angry"), None, None),
    ],
)
def test_a_kind_is_about_a_label_that_the_bundle_has(
    manifest: Any, wish: str | None, mood: str | None
) -> None:
    assert CASES.find_label(CASES.kinds["negated wish"], manifest) == wish
    assert CASES.find_label(CASES.kinds["past depression"], manifest) == mood
    assert CASES.find_label(CASES.kinds["identity"], manifest) is None


def test_a_kind_without_its_topic_is_refused() -> None:
    with pytest.raises(ValidationError, match="topic"):
        Kind(title="x", expects="not more", posts="told", changes=("no commas",))
    with pytest.raises(ValidationError, match="either swaps or changes"):
        Kind(title="x", expects="same", posts="told", changes=("upside down",))
