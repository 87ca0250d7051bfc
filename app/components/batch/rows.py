"""The rows with their answers, filtered; one of them can be opened on the page Analyse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from app.batch_wording import say_sound, say_state, say_tokens
from app.batch_work import Job
from app.escape import write_small_print
from app.glossary import explain
from app.wording import MODEL_NAMES, say_finding, source_of
from mhkd.batch.measured import measure_divergence
from mhkd.batch.output import find_doubt, find_limited
from mhkd.batch.posts import Doubt
from mhkd.batch.run import BatchRun, Probabilities
from mhkd.batch.states import STATES

Open = Callable[[int], None]
_EXCERPT_CHARS = 600


def show_rows(
    job: Job,
    run: BatchRun,
    answers: Mapping[str, Probabilities],
    model: str,
    target: str,
    sources: Mapping[str, str],
    open_post: Open,
) -> None:
    """Draws the table with its filters.

    Args:
        job: the batch.
        run: its answers so far.
        answers: model → probabilities.
        model: whose answers are filtered.
        target: the label whose probability is shown.
        sources: label → where such posts come from.
        open_post: called with the row of a post that is to be analysed.
    """
    left, middle, right = st.columns(3)
    with left:
        labels = st.pills(
            "Answer",
            list(run.labels),
            selection_mode="multi",
            format_func=lambda label: say_target(label, sources),
            key="batch_rows_labels",
            help="Also of a row that is not decided or gets no answer: its forced choice.",
            wrap=True,
        )
        states = st.pills(
            "Decided",
            list(STATES),
            selection_mode="multi",
            format_func=str.capitalize,
            key="batch_rows_states",
            help=explain("Set of labels"),
            wrap=True,
        )
    with middle:
        low, high = st.slider(
            f"Probability of {say_target(target, sources)}",
            0.0,
            1.0,
            (0.0, 1.0),
            0.01,
            key="batch_rows_range",
        )
    with right:
        differ = _ask_disagreement(run, answers)
    found = answers[model]
    place = run.labels.index(target)
    kept = ~np.isnan(found).any(1)
    guess = np.nan_to_num(found).argmax(1)
    if labels:
        kept &= np.isin(guess, [run.labels.index(label) for label in labels])
    if states:
        kept &= np.isin(run.judge(model, found), [STATES.index(state) for state in states])
    limited = run.truncated
    limited[[row - 1 for row in run.posts.doubts]] = True
    if limited.any() and st.toggle("Only texts with findings", key="batch_rows_doubts"):
        kept &= limited
    outside = run.outside
    if outside is not None and outside.any():
        only = st.toggle("Only posts outside what this model knows", key="batch_rows_outside")
        kept &= outside | (not only)
    differing = None if run.sounds is None else run.sounds.differing
    if differing is not None and differing.any():
        only = st.toggle(
            "Only recordings that say something else than the text", key="batch_rows_other_text"
        )
        kept &= differing | (not only)
    kept &= (np.nan_to_num(found[:, place]) >= low) & (np.nan_to_num(found[:, place]) <= high)
    if differ is not None:
        kept &= differ
    rows = np.flatnonzero(kept)
    write_small_print(f"{len(rows):,} of {int((~np.isnan(found).any(1)).sum()):,} answered rows.")
    shown = {model: found, **answers}  # the model chosen comes first
    _show_table(job, run, rows, shown, target, open_post, key="batch_rows")


def show_disagreement(
    job: Job,
    run: BatchRun,
    answers: Mapping[str, Probabilities],
    target: str,
    open_post: Open,
) -> None:
    """Draws the rows where student and teachers are furthest apart, those first."""
    others = [name for name in ("teachers", "text", "emotion", "audio") if name in answers]
    other = st.selectbox(
        "The student against",
        others,
        format_func=MODEL_NAMES.__getitem__,
        key="batch_differ_other",
        help=explain("Divergence"),
    )
    student, teacher = answers["student"], answers[other]
    bits = measure_divergence(student, teacher)
    known = np.flatnonzero(~np.isnan(bits))
    if not len(known):
        return
    differ = student[known].argmax(1) != teacher[known].argmax(1)
    write_small_print(
        f"On {len(known):,} rows the student names another label than the "
        f"{MODEL_NAMES[other].lower()} {int(differ.sum()):,} times "
        f"({100 * float(differ.mean()):.1f} %). Divergence: Jensen–Shannon, in bits, mean "
        f"{float(bits[known].mean()):.3f}; the rows furthest apart come first."
    )
    rows = known[np.argsort(-bits[known], kind="stable")]
    shown = {"student": student, other: teacher}
    _show_table(job, run, rows, shown, target, open_post, key="batch_differ", bits=bits)


def _ask_disagreement(run: BatchRun, answers: Mapping[str, Probabilities]) -> Any:
    """Rows where models name different labels, where that was asked for."""
    if len(answers) < 2:
        return None
    if not st.toggle("Only where models disagree", key="batch_rows_differ"):
        return None
    return find_disagreement(answers)


def find_disagreement(answers: Mapping[str, Probabilities]) -> npt.NDArray[np.bool_]:
    """Rows where two models that answered name different labels, shape (rows,)."""
    missing = np.stack([np.isnan(found).any(1) for found in answers.values()])  # (models, rows)
    guesses = np.stack([np.nan_to_num(found).argmax(1) for found in answers.values()])
    highest = np.where(missing, -1, guesses).max(0)
    differ: npt.NDArray[np.bool_] = highest > np.where(missing, highest, guesses).min(0)
    return differ


def _show_table(
    job: Job,
    run: BatchRun,
    rows: Any,
    answers: Mapping[str, Probabilities],
    target: str,
    open_post: Open,
    *,
    key: str,
    bits: Any = None,
) -> None:
    if not len(rows):
        write_small_print("No row fits these filters.")
        return
    table = _build_table(job, run, rows, answers, target, bits)
    picked = st.dataframe(
        table,
        hide_index=True,
        height=min(38 + 35 * len(rows), 420),
        key=f"{key}_table",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            name: st.column_config.NumberColumn(format="%.3f")
            for name in table
            if table[name].dtype.kind == "f"
        },
        alt="Rows of the batch with their answers. Choose one to read it.",
    )
    chosen = picked["selection"]["rows"]
    if not chosen or chosen[0] >= len(rows):
        write_small_print("Choose a row by the box at its left to read its post here.")
        return
    place = int(rows[chosen[0]])
    text = run.posts.texts[place]
    with st.container(border=True, key=f"{key}_post_text"):
        st.text(text[:_EXCERPT_CHARS] + ("…" if len(text) > _EXCERPT_CHARS else ""))
    st.button(  # a callback, because a click that another event overtakes reaches nothing else
        f"Open row {place + 1:,} on the page Analyse",
        key=f"{key}_open",
        on_click=open_post,
        args=(place,),
    )


def _build_table(
    job: Job,
    run: BatchRun,
    rows: Any,
    answers: Mapping[str, Probabilities],
    target: str,
    bits: Any,
) -> Any:
    import pandas as pd

    columns: dict[str, Any] = {"Row": rows + 1}
    id_ = job.settings.columns.id
    if id_ is not None:
        columns["Id"] = [job.table.columns[id_][row] for row in rows]
    if (run.posts.truth >= 0).any():
        truth = run.posts.truth[rows]
        columns["Given label"] = [run.labels[t] if t >= 0 else "" for t in truth]
    place = run.labels.index(target)
    several = len(run.labels) > 2 or bits is not None
    for number, (model, found) in enumerate(answers.items()):
        if several or number == 0:  # of two labels, the probability tells the other answers
            states, guess = run.judge(model, found)[rows], np.nan_to_num(found[rows]).argmax(1)
            columns[f"{MODEL_NAMES[model]}: answer"] = [
                say_state(state, run.labels[label])
                for state, label in zip(states.tolist(), guess.tolist(), strict=True)
            ]
        columns[f"{MODEL_NAMES[model]}: P({target})"] = found[rows, place]
    if bits is not None:
        columns["Divergence"] = bits[rows]
    if run.outside is not None:
        columns["Outside what this model knows"] = [
            "yes" if outside else "no" for outside in run.outside[rows]
        ]
    if run.sounds is not None:
        columns["Sound"] = [say_sound(run.sounds[int(row)]) for row in rows]
    if run.truncated[rows].any():
        columns["Tokens read"] = [say_tokens(*pair) for pair in run.tokens[rows].tolist()]
    limited = find_limited(run)[rows]
    if limited.any():
        columns["Findings"] = [
            _say_doubt(find_doubt(run, row) if told else None)
            for row, told in zip(rows.tolist(), limited.tolist(), strict=True)
        ]
    return pd.DataFrame(columns)


def _say_doubt(doubt: Doubt | None) -> str:
    if doubt is None:
        return ""
    told = ", ".join(say_finding(code) for code in doubt.codes)
    return f"No answer: {told}" if doubt.withheld else told


def say_target(target: str, sources: Mapping[str, str]) -> str:
    """A label as it is offered in a list."""
    here = source_of(target, sources)
    return target if here == target else f"{target} ({here})"
