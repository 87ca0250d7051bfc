"""The explanations in a report. Words of the post are in it only where its text is given."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

import plotly.graph_objects as go

from app import charts
from app.coloured_parts import (
    find_strongest,
    is_masking_shaky,
    list_parts,
    say_masking,
    tabulate_strongest,
)
from app.counterfactual import say_counterfactual
from app.escape import build_table, colour_words, escape, mark_text
from app.report_frame import build_chart
from app.sound_wording import (
    list_spoken,
    say_fills,
    say_gradients,
    say_manner,
    tabulate_bands,
    tabulate_changes,
)
from app.theme import AWAY, TOWARD
from app.wording import MODEL_NAMES, signed, source_of
from app.words_wording import (
    is_cut,
    is_shaky,
    list_told,
    say_fidelity,
    say_thresholds,
    say_trust,
)
from mhkd.analysis import (
    Analysis,
    Counterfactual,
    EmotionAttribution,
    SoundAttribution,
    WordAttribution,
    WordScore,
)

_TITLES: Final = {"student": "Words", "text": "Words", "emotion": "Emotions", "audio": "Sound"}
_TOLD_ELSEWHERE: Final = frozenset({"target", "relative_gap", "converged", "steps", "unlisted"})
# Strings that the system writes itself; any other may hold words of the post.
_OWN_STRINGS: Final = frozenset({"method", "baseline", "fill", "rule", "reason", "verdict", "unit"})
_LEFT_OUT: Final = (
    "The words themselves are left out, because together they tell much of the post. The one who "
    "made this report can include them together with the post."
)


def build_explanations(
    analysis: Analysis, sources: Mapping[str, str], text: str | None, lost: Mapping[str, str]
) -> str:
    """Every explanation that the analysis holds, as HTML.

    Args:
        analysis: the finished analysis.
        sources: label → where such posts come from.
        text: what its words have their places in, if they may be shown.
        lost: explanation → what is said of its words that have none.
    """
    parts = []
    for field in dataclasses.fields(analysis.attributions):
        found = getattr(analysis.attributions, field.name)
        name = MODEL_NAMES.get(field.name, field.name.replace("_", " ").capitalize())
        if found is None:
            if field.name in _TITLES:
                parts.append(f"<h3>{escape(name)}</h3><p>Was not explained.</p>")
            continue
        if isinstance(found, Counterfactual):
            parts.append(_build_counterfactual(found, sources, text, lost.get(field.name)))
            continue
        shaky = ' class="shaky"' if is_shaky(found) else ""
        cut = isinstance(found, WordAttribution) and is_cut(analysis.read, field.name)
        parts.append(
            f"<section{shaky}><h3>{escape(name)}: {_TITLES.get(field.name, 'explanation')}</h3>"
            f"{_build_one(found, sources, text, lost.get(field.name), cut=cut)}</section>"
        )
    return "".join(parts)


def _build_counterfactual(
    found: Counterfactual, sources: Mapping[str, str], text: str | None, lost: str | None
) -> str:
    told = f"<p>{escape(say_counterfactual(found, sources))}</p>{_build_lost(lost)}"
    if text is not None and found.removed:
        marks = [(f"removed {found.unit}", word.start, word.end) for word in found.removed]
        told += mark_text(text, marks)
    return f"<section><h3>What would change the student’s answer</h3>{told}</section>"


def collect_measures(found: Any, *, prefix: str = "") -> list[tuple[str, str]]:
    """All numbers and all sentences of the system's own in an explanation, by name.

    Fields that a later version adds are found as well. Words of the post are not: neither
    lists nor mappings are entered, and of strings only those the system writes.
    """
    rows: list[tuple[str, str]] = []
    for field in dataclasses.fields(found):
        value, name = getattr(found, field.name), field.name
        told = f"{prefix}{name.replace('_', ' ')}".capitalize()
        if name in _TOLD_ELSEWHERE:
            continue
        if isinstance(value, bool):
            rows.append((told, "yes" if value else "no"))
        elif isinstance(value, int):
            rows.append((told, f"{value:,}"))
        elif isinstance(value, float):
            rows.append((told, signed(value, 4)))
        elif isinstance(value, str) and name in _OWN_STRINGS:
            rows.append((told, value))
        elif dataclasses.is_dataclass(value) and not isinstance(value, WordScore):
            rows += collect_measures(value, prefix=f"{prefix}{name.replace('_', ' ')}: ")
    return rows


def draw_stretches(found: SoundAttribution, heard_s: float) -> go.Figure:
    """One bar for each stretch of sound, over time."""
    figure = go.Figure(
        go.Bar(
            x=[(part.start_s + part.end_s) / 2 for part in found.segments],
            y=[part.score for part in found.segments],
            width=[0.92 * (part.end_s - part.start_s) for part in found.segments],
            marker={"color": [TOWARD if part.score >= 0 else AWAY for part in found.segments]},
            customdata=[[part.start_s, part.end_s] for part in found.segments],
            hovertemplate="%{customdata[0]:.1f}–%{customdata[1]:.1f} s: %{y:.4f}<extra></extra>",
        )
    )
    figure.add_hline(y=0, line={"color": charts.ZERO_LINE, "width": 1})
    charts.set_frame(figure, height=200, bottom=44)
    end_s = max([heard_s, *(part.end_s for part in found.segments)])
    figure.update_xaxes(range=[0, end_s], title={"text": "Seconds", "standoff": 6})
    figure.update_yaxes(title={"text": "Score", "standoff": 4}, nticks=5)
    return figure


def _build_one(
    found: Any, sources: Mapping[str, str], text: str | None, lost: str | None, *, cut: bool
) -> str:
    toward = source_of(found.target, sources)
    parts = [f"<p>Explained toward {escape(toward)}.</p>"]
    if isinstance(found, EmotionAttribution):
        parts.append(_build_emotions(found))
    if isinstance(found, WordAttribution | EmotionAttribution):
        parts += [f"<p>{escape(sentence)}</p>" for sentence in list_told(found)]
        parts.append(_build_words(found, toward, text, lost, cut=cut))
    if isinstance(found, SoundAttribution) and found.segments:
        parts.append(_build_stretches(found, toward, text))
        parts.append(_build_sound_checks(found))
    parts.append(build_table(("Measure", "Value"), collect_measures(found)))
    return "".join(parts)


def _build_sound_checks(found: SoundAttribution) -> str:
    checks, measured = found.checks, say_fidelity(found)
    if checks is None:
        return "" if measured is None else f"<p>{escape(measured)}</p>"
    told = (
        say_trust(checks.trust),
        say_thresholds(checks.trust),
        say_manner(checks),
        say_fills(checks),
        say_gradients(checks),
    )
    lines = "".join(f"<p>{escape(line)}</p>" for line in (*told, measured) if line is not None)
    changes = build_table(
        ("The same words, said otherwise", "Probability", "Logit"),
        tabulate_changes(checks),
        numeric=(1, 2),
    )
    bands = build_table(
        ("Band taken out", "Frequencies", "Fall of the logit"), tabulate_bands(checks), numeric=(2,)
    )
    return f"{lines}{changes}{bands}"


def _build_emotions(found: EmotionAttribution) -> str:
    told = "; ".join(f"{name} {signed(value, 3)}" for name, value in found.emotions.items())
    return (
        f"{build_chart(charts.draw_emotions(found), told)}"
        f'<p class="small">{escape(signed(found.unlisted, 3))} falls on words that the lexicon '
        "does not list.</p>"
    )


def _build_lost(lost: str | None) -> str:
    return "" if lost is None else f'<p class="small">{escape(lost)}</p>'


def _build_words(
    found: WordAttribution | EmotionAttribution,
    toward: str,
    text: str | None,
    lost: str | None,
    *,
    cut: bool,
) -> str:
    if not found.words:
        return _build_lost(lost)
    if text is None:
        return _build_lost(_LEFT_OUT)
    legend = (
        f'<p class="small">Ochre with a solid line speaks for {escape(toward)}, blue with a '
        f"dotted line against it; stronger words are darker and bolder.</p>{_build_lost(lost)}"
    )
    if isinstance(found, WordAttribution):
        return legend + _build_parts(found, toward, text, cut=cut)
    notes = {word: ", ".join(names) for word, names in found.word_emotions.items()}
    rows = [
        (word.text, notes.get(word.text.lower(), "not listed"), signed(word.score, 3))
        for word in find_strongest(found.words)
    ]
    return (
        f"{colour_words(text, found.words, toward, notes, cut=cut)}{legend}"
        f"{build_table(('Word', 'Emotions', 'Share of the logit'), rows, numeric=(2,))}"
    )


def _build_parts(found: WordAttribution, toward: str, text: str, *, cut: bool) -> str:
    """Words or sentences by gradients, then by masking, each with its strongest."""
    built = []
    for name, parts in list_parts(found, text).items():
        told, shaky = "", ""
        if parts.masked:
            told = f'<p class="small">{escape(say_masking(found, parts))}</p>'
            shaky = ' class="shaky"' if is_masking_shaky(found) else ""
        coloured = colour_words(text, parts.scores, toward, cut=cut)
        header, rows = tabulate_strongest(found, parts)
        built.append(
            f"<h4>{escape(name)}</h4><div{shaky}>{coloured}</div>{told}"
            f"{build_table(header, rows, numeric=range(1, len(header)))}"
        )
    return "".join(built)


def _build_stretches(found: SoundAttribution, toward: str, text: str | None) -> str:
    part = max(found.segments, key=lambda segment: abs(segment.score))
    told = f"Strongest stretch: {part.start_s:.1f} to {part.end_s:.1f} s, {signed(part.score, 3)}."
    spoken, words = list_spoken(found)
    shown = text is not None and words
    return (
        f"{build_chart(draw_stretches(found, part.end_s), told)}"
        f'<p class="small">{escape(told)} Each bar: how far the logit for {escape(toward)} falls '
        f"when that {'word' if words else 'stretch'} is filled with {escape(found.fill)}.</p>"
        f"{colour_words(spoken, words, toward) if shown else ''}"
    )
