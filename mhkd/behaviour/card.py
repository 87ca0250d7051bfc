"""The report as a section of the model card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mhkd.reports import MODEL_NAMES


def tell_behaviour(report: Mapping[str, Any]) -> str:
    """Markdown, beginning with its heading."""
    parts = [
        "## Behaviour on written cases",
        "Invented posts in pairs, one changed in a single respect. Numbers stand in "
        "`reports/behaviour.json`, with the worst pairs. Flips: pairs whose most probable label "
        "changes. Change: of the calibrated probability, absolute, mean and largest, in points. In "
        "brackets Wilson 95 % intervals; pairs of one post resemble each other, so they are rather "
        "too narrow. Written cases are not patients, and exchanging words that name a group does "
        "not tell how well the models serve that group.",
        _tabulate_same(report),
    ]
    directed = _tabulate_directed(report)
    if directed:
        parts += [
            "Here a post says something, and then the same is negated, quoted (a song, a film, a "
            "book), said of others, or past and over: the named label should get no more probable. "
            f"Rises, falls: by more than {100 * report['margin']:.0f} points.",
            directed,
        ]
    notes = [
        f"{kind['title']}: {kind['note']}"
        for kind in report["kinds"].values()
        if kind["note"] and kind["asked"]
    ]
    skipped = [kind["title"] for kind in report["kinds"].values() if not kind["asked"]]
    if skipped:
        told = "; ".join(f"{title[:1].lower()}{title[1:]}" for title in skipped)
        notes.append(f"Not asked, as no label of this bundle is about it: {told}.")
    return "\n\n".join([*parts, *notes]) + "\n"


def _tabulate_same(report: Mapping[str, Any]) -> str:
    lines = ["| changed | model | pairs | flips | change |", "|---|---|---|---|---|"]
    for title, model, found in _list_measured(report, "same"):
        lines.append(
            f"| {title} | {model} | {found['pairs']} | {_rate(found['flips'])} | {_change(found)} |"
        )
    return "\n".join(lines)


def _tabulate_directed(report: Mapping[str, Any]) -> str:
    lines = []
    for title, model, found in _list_measured(report, "not more"):
        way = found["direction"]
        lines.append(
            f"| {title} | {model} | {found['pairs']} | `{way['label']}` "
            f"{100 * way['mean_before']:.1f} → {100 * way['mean_after']:.1f} | "
            f"{_rate(way['rises'])} | {_rate(way['falls'])} | {_rate(found['flips'])} | "
            f"{_change(found)} |"
        )
    if not lines:
        return ""
    head = "| changed | model | pairs | mean probability | rises | falls | flips | change |"
    return "\n".join([head, "|---" * 8 + "|", *lines])


def _list_measured(
    report: Mapping[str, Any], expects: str
) -> list[tuple[str, str, Mapping[str, Any]]]:
    return [
        (kind["title"], MODEL_NAMES[model], found[name])
        for name, kind in report["kinds"].items()
        if kind["expects"] == expects and kind["asked"]
        for model, found in report["models"].items()
    ]


def _rate(found: Mapping[str, Any]) -> str:
    low, high = found["interval"]
    return f"{100 * found['share']:.1f}% [{100 * low:.1f}, {100 * high:.1f}]"


def _change(found: Mapping[str, Any]) -> str:
    return f"{100 * found['mean_change']:.1f}, {100 * found['max_change']:.1f}"
