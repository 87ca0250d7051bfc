"""What the models say of both sides, on one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from app import comparison_charts
from app.charts import draw_contributions, draw_models
from app.comparison import (
    NAMES,
    Change,
    Mode,
    compare_models,
    find_new_findings,
    list_shared_labels,
)
from app.comparison_numbers import list_changes, list_pair_contributions
from app.comparison_wording import (
    OTHER_LABELS,
    WHAT_IF,
    list_other_recordings,
    say_alone,
    say_change,
    say_headline,
    say_no_comparison,
    say_only_on_one_side,
    say_side,
    say_sides_changed,
    say_student,
    say_without_answer,
)
from app.components.figure import show_figure
from app.escape import write_note, write_small_print, write_table
from app.figure_numbers import list_contributions, list_models
from app.wording import (
    MODEL_NAMES,
    ORIGIN_BADGES,
    say_finding,
    say_message,
    say_points,
    source_of,
)
from mhkd.analysis import Analysis

Pair = tuple[Analysis, Analysis]
Sources = tuple[Mapping[str, str], Mapping[str, str]]  # of either side


def show_answers(pair: Pair, mode: Mode, sources: Sources, *, mismatch: bool) -> None:
    """Draws the answers.

    Args:
        pair: both analyses.
        mode: what is compared.
        sources: of either side, label → where such posts come from.
        mismatch: the second side's recording came with another text, such as the first side's.
    """
    names = NAMES[mode]
    shared = list_shared_labels(*pair)
    for title, told in list_other_recordings(pair, names, mismatch=mismatch):
        write_note(title, told)
    if not shared:
        _show_apart(pair, names, sources)
        return
    target = _choose_target(pair[0], shared, sources[0])
    changes = compare_models(*pair, target)
    if (outside := say_without_answer(*pair, names)) is not None:
        st.header(say_no_comparison(*pair, names), anchor=False)
        write_note("No answer where the input is not fit for one", outside)
        forced = f"{say_headline(changes, target, mode, sources[0])} "
        st.text(f"Forced choice: {forced}{say_student(changes, target, sources[0])}")
    else:
        st.header(say_headline(changes, target, mode, sources[0]), anchor=False)
        st.text(say_student(changes, target, sources[0]))
    if (sides := say_sides_changed(changes, sources[0])) is not None:
        write_note("Changed sides", sides)
    if (absent := say_only_on_one_side(changes, names)) is not None:
        write_note("Not on both sides", absent)
    left, right = st.columns(2, gap="large")
    with left:
        _draw_changes(changes, target, shared, sources[0], names)
    with right:
        _write_changes(changes, target, sources[0], names)
        write_small_print(WHAT_IF)


def show_contributions(pair: Pair, mode: Mode, sources: Sources) -> None:
    """Draws each teacher's contribution on either side, apart where the labels differ."""
    first, second = (analysis.teacher_contributions for analysis in pair)
    names = NAMES[mode]
    if (
        first is None
        or second is None
        or first.target != second.target
        or not list_shared_labels(*pair)
    ):
        write_small_print("The contributions of the two sides explain different labels.")
        _show_contributions_apart(pair, names, sources)
        return
    here = source_of(first.target, sources[0])
    rows = [
        (
            MODEL_NAMES[name],
            *("absent" if v is None else say_points(v) for v in (value, second.shapley.get(name))),
        )
        for name, value in first.shapley.items()
    ]
    show_figure(
        comparison_charts.draw_pair_contributions(first, second, names),
        list_pair_contributions(first, second, names),
        key="compare_contributions",
        title="What each teacher contributes on either side",
        alt="; ".join(f"{row[0]}: {row[1]} → {row[2]}" for row in rows),
    )
    write_small_print(
        f"Toward {here}. Open bars: {names[0].lower()}; filled bars: {names[1].lower()}. Each is "
        "an exact Shapley value under the mean of the teachers that answered on that side."
    )
    write_table(("Teacher", *names), rows, numeric=(1, 2))


def show_inputs(pair: Pair, mode: Mode, sources: Sources) -> None:
    """Draws what was read and heard of either side, and what was found about it."""
    names = NAMES[mode]
    rows = [
        ("Characters", *(f"{analysis.given.characters:,}" for analysis in pair)),
        ("Sound", *(ORIGIN_BADGES[analysis.given.audio.origin] for analysis in pair)),
        (
            "Heard",
            *(f"{a.given.audio.seconds_heard:.1f} of {a.given.audio.seconds:.1f} s" for a in pair),
        ),
        ("Distance from the training posts", *(_say_distance(analysis) for analysis in pair)),
        ("Bundle", *(f"{a.bundle.name} {a.bundle.version}" for a in pair)),
    ]
    write_table(("What", *names), rows)
    new = find_new_findings(*pair)
    columns = st.columns(2, gap="large")
    for name, analysis, known, column in zip(names, pair, sources, columns, strict=True):
        with column:
            st.header(f"Findings: {name.lower()}", anchor=False)
            if not analysis.quality:
                write_small_print("Nothing was found that limits the answer.")
            for finding in analysis.quality:
                fresh = name == names[1] and finding.code in new
                title = f"{say_finding(finding.code)}{' (new)' if fresh else ''}"
                write_note(title, say_message(finding, analysis, known))


def _choose_target(first: Analysis, labels: Sequence[str], sources: Mapping[str, str]) -> str:
    found = first.teacher_contributions
    default = found.target if found is not None else labels[-1]
    return (
        st.segmented_control(
            "Probability of",
            list(labels),
            format_func=lambda label: source_of(label, sources),
            default=default,
            required=True,
            wrap=True,
            key=f"compare_target_{id(first)}",
        )
        or default
    )


def _draw_changes(
    changes: Sequence[Change],
    target: str,
    labels: Sequence[str],
    sources: Mapping[str, str],
    names: Sequence[str],
) -> None:
    show_figure(
        comparison_charts.draw_changes(changes, target, labels, sources),
        list_changes(changes, target, names),
        key="compare_changes",
        title=f"Probability of {source_of(target, sources)} on either side",
        alt=f"Probability of {source_of(target, sources)}: "
        + "; ".join(f"{MODEL_NAMES[change.model]} {say_change(change)}" for change in changes),
    )
    write_small_print(
        f"Open marks: {names[0].lower()}; filled marks: {names[1].lower()}. Ochre moves toward "
        f"{source_of(target, sources)}, blue away from it. The shaded band, 0.4 to 0.6, is not "
        "decided."
    )


def _write_changes(
    changes: Sequence[Change], target: str, sources: Mapping[str, str], names: Sequence[str]
) -> None:
    write_table(
        ("Model", *names, "Difference", "Side"),
        [
            (
                MODEL_NAMES[change.model],
                *("–" if p is None else f"{p:.3f}" for p in (change.first, change.second)),
                say_change(change),
                _tell_sides(change, sources),
            )
            for change in changes
        ],
        numeric=(1, 2, 3),
    )


def _tell_sides(change: Change, sources: Mapping[str, str]) -> str:
    if change.difference is None:
        return "–"
    first, second = (say_side(side, sources) for side in change.sides)
    return f"{first} → {second}" if change.changed_side else first


def _say_distance(analysis: Analysis) -> str:
    known = analysis.familiarity
    if known is None:
        return "not measured"
    return f"{known.distance:.2f} (limit {known.threshold:.2f})"


def _show_apart(pair: Pair, names: Sequence[str], sources: Sources) -> None:
    write_note("Different labels", OTHER_LABELS)
    columns = st.columns(2, gap="large")
    for name, analysis, known, column in zip(names, pair, sources, columns, strict=True):
        found = analysis.teacher_contributions
        target = found.target if found is not None else analysis.labels[-1]
        with column:
            st.header(f"{name}: {analysis.bundle.name}", anchor=False)
            st.text(say_alone(analysis, known))
            show_figure(
                draw_models(analysis, target, known),
                list_models(analysis),
                key=f"compare_apart_{name.split()[0].lower()}",
                title=f"{name}: probability of {source_of(target, known)}",
                alt=f"Probability of {source_of(target, known)} by each model",
            )


def _show_contributions_apart(pair: Pair, names: Sequence[str], sources: Sources) -> None:
    columns = st.columns(2, gap="large")
    for name, analysis, known, column in zip(names, pair, sources, columns, strict=True):
        found, figure = analysis.teacher_contributions, draw_contributions(analysis, known)
        with column:
            st.header(f"{name}: {analysis.bundle.name}", anchor=False)
            if found is None or figure is None:
                write_small_print("No teacher answered, so there is nothing to share out.")
                continue
            show_figure(
                figure,
                list_contributions(found),
                key=f"compare_contributions_{name.split()[0].lower()}",
                title=f"{name}: what each teacher contributes",
                alt=f"From {found.empty:.3f} with no teacher to {found.full:.3f} with all.",
            )
