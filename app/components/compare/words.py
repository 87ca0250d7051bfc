"""The two texts: which words differ, and what each rests on, in colours of one scale."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.charts import draw_emotions
from app.compare_work import CompareDesk, Comparison
from app.comparison import NAMES, TextDifference, compare_scores, compare_texts
from app.comparison_charts import draw_pair_emotions
from app.comparison_numbers import list_pair_emotions
from app.comparison_wording import SCORES_APART, say_texts
from app.components.compare.answers import Sources
from app.components.figure import show_figure
from app.components.greyed import open_shown
from app.components.words import show_legend
from app.escape import write_coloured_words, write_marked_text, write_small_print, write_table
from app.figure_numbers import list_emotions
from app.wording import MODEL_NAMES, signed, source_of
from app.words_wording import is_cut, is_shaky, say_trust, say_words_trust
from app.work import ExplainedModel
from mhkd.analysis import EmotionAttribution, WordAttribution

_STRONGEST = 12


def show_texts(comparison: Comparison) -> None:
    """Draws both texts with the words marked that are in one of them only."""
    before, after = (case.order.text for case in comparison.cases)
    difference = compare_texts(before, after)
    write_small_print(say_texts(difference))
    marked = (
        (before, [("removed", *span) for span in difference.removed]),
        (after, [("added", *span) for span in difference.added]),
    )
    for name, (text, marks), column in zip(
        NAMES[comparison.mode], marked, st.columns(2, gap="large"), strict=True
    ):
        with column:
            st.caption(name)
            write_marked_text(text, marks)


def show_pair_words(
    desk: CompareDesk, comparison: Comparison, model: ExplainedModel, sources: Sources
) -> None:
    """Draws what a model's answers rest on, word by word, on both sides.

    Args:
        desk: explains a model that was not explained yet, once asked to.
        comparison: with its answers.
        model: ``student`` or ``text``.
        sources: of either side, label → where such posts come from.
    """
    pair = comparison.find(model)
    if pair is None:
        _offer(desk, comparison, model)
        return
    first, second = pair
    if not isinstance(first, WordAttribution) or not isinstance(second, WordAttribution):
        return
    largest = [max((abs(word.score) for word in side.words), default=0.0) for side in pair]
    names, apart = NAMES[comparison.mode], comparison.apart
    columns = st.columns(2, gap="large")
    for place, (name, case, found) in enumerate(zip(names, comparison.cases, pair, strict=True)):
        if not isinstance(found, WordAttribution):
            continue
        toward = source_of(found.target, sources[place])
        with columns[place]:
            st.caption(name)
            with open_shown(found, f"{model}_{name}"):
                write_coloured_words(
                    case.order.text,
                    found.words,
                    toward,
                    largest=largest[place] if apart else max(largest),
                    cut=case.analysis is not None and is_cut(case.analysis.read, model),
                )
            write_small_print(say_trust(found.trust) or say_words_trust(found))
            if apart:
                show_legend(toward)
    if apart:
        write_small_print(SCORES_APART)
        return
    show_legend(source_of(first.target, sources[0]))
    write_small_print("Both sides share one scale of colours.")
    if comparison.mode != "posts":
        difference = compare_texts(*(case.order.text for case in comparison.cases))
        _write_changes(first, second, difference, names)


def show_pair_emotions(comparison: Comparison, sources: Sources) -> None:
    """Draws the emotions that the emotion teacher's answers rest on, on both sides."""
    pair = comparison.find("emotion")
    if pair is None:
        _wait(comparison)
        return
    first, second = pair
    if not isinstance(first, EmotionAttribution) or not isinstance(second, EmotionAttribution):
        return
    names = NAMES[comparison.mode]
    if comparison.apart:
        _show_emotions_apart((first, second), names, sources)
        return
    with open_shown(second if is_shaky(second) else first, "emotions_pair"):
        show_figure(
            draw_pair_emotions(first, second, names),
            list_pair_emotions(first, second, names),
            key="compare_emotions",
            title="Emotions on either side",
            alt="; ".join(
                f"{name}: {signed(value, 3)} → {signed(second.emotions.get(name, 0.0), 3)}"
                for name, value in first.emotions.items()
            ),
        )
    write_small_print(
        f"Toward {source_of(first.target, sources[0])}. Open bars: {names[0].lower()}; filled "
        f"bars: {names[1].lower()}."
    )
    for name, found in zip(names, (first, second), strict=True):
        write_small_print(f"{name}: {say_trust(found.trust) or say_words_trust(found)}")


def _show_emotions_apart(
    pair: tuple[EmotionAttribution, EmotionAttribution], names: Sequence[str], sources: Sources
) -> None:
    columns = st.columns(2, gap="large")
    for name, found, known, column in zip(names, pair, sources, columns, strict=True):
        with column:
            st.caption(name)
            with open_shown(found, f"emotions_{name}"):
                show_figure(
                    draw_emotions(found),
                    list_emotions(found),
                    key=f"compare_emotions_{name.split()[0].lower()}",
                    title=f"{name}: emotions",
                    alt="; ".join(f"{e} {signed(v, 3)}" for e, v in found.emotions.items()),
                )
            write_small_print(f"Toward {source_of(found.target, known)}. {say_words_trust(found)}")


def _offer(desk: CompareDesk, comparison: Comparison, model: ExplainedModel) -> None:
    if model != "student" and model not in comparison.asked:
        name = MODEL_NAMES[model].lower()
        write_small_print(f"The {name} is explained on request; that can take minutes.")
        st.button(
            f"Explain the {name}",
            key=f"compare_explain_{model}",
            on_click=desk.explain,
            args=(model,),
        )
        return
    _wait(comparison)


def _wait(comparison: Comparison) -> None:
    if comparison.busy:
        st.skeleton(height=120)
    else:
        write_small_print("This was not explained.")


def _write_changes(
    first: WordAttribution,
    second: WordAttribution,
    difference: TextDifference,
    names: Sequence[str],
) -> None:
    if first.unit != second.unit or first.fallback != second.fallback:
        write_small_print(
            "The two sides were explained by different methods, so their scores are not subtracted."
        )
        return
    rows = compare_scores(first, second, difference)[:_STRONGEST]
    with st.expander("Words whose scores differ most", expanded=True):
        write_table(
            (first.unit.capitalize(), *names, "Difference"),
            [
                (
                    row.word,
                    *("not there" if s is None else signed(s, 3) for s in (row.first, row.second)),
                    signed(row.difference, 3),
                )
                for row in rows
            ],
            numeric=(1, 2, 3),
        )
