"""The written cases: read from ``cases.yaml``, spelt out as pairs of posts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from mhkd.behaviour.noise import CHANGES, change_post
from mhkd.manifest import Manifest

Swap = tuple[str, str]


@dataclass(frozen=True)
class Pair:
    """A post as it stands and the same changed in one respect."""

    plain: str
    changed: str


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Topic(_Part):
    """What a kind of cases can be about, and the labels that stand for it."""

    labels: tuple[str, ...] = Field(description="Names of labels, first match first.")
    sources: tuple[str, ...] = Field(description="Where posts of such a label come from.")
    unless: str | None = Field(None, description="Not where a label of this topic is there.")


class Kind(_Part):
    """Pairs that are changed in the same respect.

    Attributes:
        expects: the answer stays the same, or its topic's label gets no more probable.
        posts: the bank of posts.
        swaps: place in the post → what stands there, before and after.
        changes: what is done to the whole post, instead of swaps.
    """

    title: str
    expects: Literal["same", "not more"]
    about: str | None = None
    posts: str
    swaps: dict[str, tuple[Swap, ...]] = {}
    changes: tuple[str, ...] = ()
    note: str | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.expects == "not more") != (self.about is not None):
            raise ValueError("kinds that expect 'not more', and only they, are about a topic")
        if bool(self.swaps) == bool(self.changes) or not set(self.changes) <= set(CHANGES):
            raise ValueError("a kind has either swaps or changes that noise.py makes")
        return self


class Cases(_Part):
    """All written cases."""

    topics: dict[str, Topic]
    fill: dict[str, str]
    posts: dict[str, tuple[str, ...]]
    misspelt: dict[str, str]
    kinds: dict[str, Kind]

    def list_pairs(self, kind: Kind) -> list[Pair]:
        """Every post with every swap or change; a change that finds nothing gives no pair."""
        pairs = []
        for post in self.posts[kind.posts]:
            for place, swaps in kind.swaps.items():
                pairs += [
                    Pair(self._fill(post, {place: one}), self._fill(post, {place: other}))
                    for one, other in swaps
                ]
            plain = self._fill(post, {}) if kind.changes else ""
            pairs += [
                Pair(plain, changed)
                for change in kind.changes
                if (changed := change_post(plain, change, self.misspelt)) != plain
            ]
        return pairs

    def find_label(self, kind: Kind, manifest: Manifest) -> str | None:
        """The label that should get no more probable; None where the bundle has none."""
        if kind.about is None:
            return None
        topic = self.topics[kind.about]
        if topic.unless and self._label_of(self.topics[topic.unless], manifest) is not None:
            return None
        label = self._label_of(topic, manifest)
        return manifest.labels[-1] if label is None and manifest.ordered else label

    def _label_of(self, topic: Topic, manifest: Manifest) -> str | None:
        named = [label for label in topic.labels if label in manifest.labels]
        sourced = [
            label for label in manifest.labels if manifest.label_sources.get(label) in topic.sources
        ]
        return next(iter([*named, *sourced]), None)

    def _fill(self, post: str, given: dict[str, str]) -> str:
        for place, words in {**self.fill, **given}.items():
            post = post.replace(f"{{{place}}}", words)
        return post


@cache
def read_cases() -> Cases:
    """The cases that come with the package."""
    return Cases.model_validate(yaml.safe_load(read_source()))


def read_source() -> str:
    """The text of ``cases.yaml``."""
    return (files("mhkd.behaviour") / "cases.yaml").read_text("utf-8")


def gather_texts(pairs: Sequence[Pair]) -> list[str]:
    """Every text once, in order."""
    return list(dict.fromkeys(text for pair in pairs for text in (pair.plain, pair.changed)))
