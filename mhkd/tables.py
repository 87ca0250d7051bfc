"""Results as tables for a terminal. Nothing of the post is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from mhkd.analysis import MODELS, TEACHERS, Analysis, VoiceComparison
from mhkd.bundle import BundleSummary
from mhkd.doctor import Check

_METRICS = ("accuracy", "f1_macro", "f1_weighted", "auc", "ece", "brier")


def show(*parts: Table | Text) -> None:
    """Writes tables and lines to standard output."""
    Console().print(Group(*parts))


def tabulate_analysis(analysis: Analysis) -> list[Table | Text]:
    """Probabilities of every model, each teacher's contribution, and the findings."""
    table = Table(title=f"{analysis.bundle.name} {analysis.bundle.version}")
    for heading in ("model", *analysis.labels, "contribution"):
        table.add_column(heading)
    contributions = analysis.teacher_contributions
    for name in MODELS:
        prediction = analysis.predictions[name]
        share = contributions.shapley.get(name) if contributions and name in TEACHERS else None
        table.add_row(
            name,
            *(
                "left out" if prediction is None else f"{prediction.probabilities[label]:.1%}"
                for label in analysis.labels
            ),
            "" if share is None else f"{share * 100:+.1f} points",
        )
    audio = analysis.given.audio
    spoken = [] if analysis.voices is None else [_tabulate_voices(analysis.voices, analysis.labels)]
    lines = [f"audio: {audio.origin}, {audio.seconds_heard:.1f} s heard of {audio.seconds:.1f} s"]
    if contributions is not None:
        lines.append(f"contributions: to the probability of {contributions.target}")
    lines += [f"note: {finding.message}" for finding in analysis.quality]
    return [table, *spoken, *map(Text, lines)]


def tabulate_metrics(metrics: Mapping[str, Mapping[str, Any]]) -> Table:
    """One row for each model, with 95 % intervals; the ECE with its limit instead."""
    table = Table("model", "n", *_METRICS)
    for model, values in metrics.items():
        table.add_row(model, str(values["n"]), *(_with_interval(values, m) for m in _METRICS))
    return table


def tabulate_bundles(bundles: Sequence[BundleSummary]) -> Table:
    """Name, version, hash and state of every bundle."""
    table = Table("bundle", "version", "sha256", "state")
    for bundle in bundles:
        state = "whole" if bundle.fault is None else bundle.fault
        table.add_row(*map(Text, (bundle.name, bundle.version, bundle.sha256[:12], state)))
    return table


def list_checks(checks: Sequence[Check]) -> list[Text]:
    """One line for each thing that was looked at, and two more for each that is missing."""
    lines = []
    for check in checks:
        lines.append(f"{'ok' if check.ok else 'no':4}{check.name}: {check.found}")
        if not check.ok:
            lines += [f"      fails: {check.fails}", f"      mend:  {check.mend}"]
    return [Text(line) for line in lines]


def _tabulate_voices(found: VoiceComparison, labels: Sequence[str]) -> Table:
    table = Table("voice", *labels, title="the audio teacher, voice by voice")
    for answer in found.answers:
        p = answer.probabilities
        told = [answer.reason or ""] if p is None else [f"{p[label]:.1%}" for label in labels]
        table.add_row(answer.voice, *map(Text, told))
    if (spread := found.spread) is not None:
        table.add_row("sd", *(f"{100 * spread[label].sd:.1f} points" for label in labels))
        table.add_row("range", *(f"{100 * spread[label].range:.1f} points" for label in labels))
    return table


def _with_interval(values: Mapping[str, Any], metric: str) -> str:
    value, interval = values[metric], values["intervals"].get(metric)
    if metric == "ece":
        from mhkd.metrics import say_error  # scipy: no other table needs it

        return say_error(values)
    if value is None:
        return "–"
    if interval is None or None in interval:
        return f"{value:.3f}"
    return f"{value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]"
