"""What is shown at each step of the tour: always from the analysis that runs now."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from app import charts
from app.components.figure import show_figure
from app.components.greyed import open_shown
from app.components.learned import show_learned
from app.emotions_wording import say_emotions_verdict
from app.escape import write_coloured_words, write_lines, write_marked_text, write_small_print
from app.figure_numbers import list_contributions, list_emotions, list_models
from app.played import as_wav
from app.tour import Part, say_conference, say_model, say_student
from app.wording import source_of
from app.words_wording import say_mark
from app.work import Case
from mhkd.analysis import Analysis, WordAttribution

Sources = Mapping[str, str]


def show_part(part: Part, case: Case, analysis: Analysis, sources: Sources) -> None:
    """Draws one step's part.

    Args:
        part: of the step.
        case: of the post that the step is about.
        analysis: its answers.
        sources: label → where such posts come from.
    """
    if part in _PARTS:
        _PARTS[part](case, analysis, sources)


def _show_words(case: Case, model: str, found: WordAttribution | None, sources: Sources) -> None:
    if found is None:
        write_small_print("The words are being looked for …")
        return
    with open_shown(found, f"tour_{model}"):
        write_coloured_words(case.order.text, found.words, source_of(found.target, sources))
    write_small_print(f"Ochre speaks for {source_of(found.target, sources)}, blue against it.")
    write_small_print(say_mark(found))


def _show_text(case: Case, analysis: Analysis, sources: Sources) -> None:
    write_lines([say_model(analysis, "text", sources)])
    _show_words(case, "text", analysis.attributions.text, sources)


def _show_audio(case: Case, analysis: Analysis, sources: Sources) -> None:
    write_lines([say_model(analysis, "audio", sources)])
    if case.recording is not None:
        st.audio(as_wav(case.recording.samples, case.recording.rate_hz), alt="The post, spoken")
        write_small_print(
            f"{analysis.given.audio.seconds_heard:.1f} of {analysis.given.audio.seconds:.1f} s "
            "were heard."
        )


def _show_emotion(case: Case, analysis: Analysis, sources: Sources) -> None:
    write_lines([say_model(analysis, "emotion", sources)])
    found = analysis.attributions.emotion
    if found is None:
        write_small_print("The emotions are being looked for …")
        return
    with open_shown(found, "tour_emotions"):
        show_figure(
            charts.draw_emotions(found), list_emotions(found), key="tour_emotions_chart",
            title="What each emotion’s words speak for", tour=True,
        )  # fmt: skip
    verdict = say_emotions_verdict(case.opening.result().manifest.data)
    write_small_print(say_mark(found) if verdict is None else f"{say_mark(found)} {verdict}")


def _show_teachers(case: Case, analysis: Analysis, sources: Sources) -> None:
    write_lines([say_conference(analysis, sources)])
    figure, found = charts.draw_contributions(analysis, sources), analysis.teacher_contributions
    if figure is not None and found is not None:
        show_figure(
            figure, list_contributions(found), key="tour_contributions_chart",
            title="What each teacher contributes to their mean", tour=True,
        )  # fmt: skip


def _show_student(case: Case, analysis: Analysis, sources: Sources) -> None:
    write_lines([say_student(analysis, sources)])
    _show_words(case, "student", analysis.attributions.student, sources)


def _show_learned(case: Case, analysis: Analysis, sources: Sources) -> None:
    if analysis.student_contributions is not None:
        show_learned(analysis, sources, tour=True)
        return
    write_lines(
        ["This bundle has no students of single teachers; so here is how near each stands to it."]
    )
    target = analysis.labels[-1]
    draw = (
        charts.draw_shares(analysis, sources)
        if len(analysis.labels) > 2
        else charts.draw_models(analysis, target, sources)
    )
    show_figure(
        draw, list_models(analysis), key="tour_models_chart", title="Five answers side by side",
        tour=True,
    )  # fmt: skip


def _show_outside(case: Case, analysis: Analysis, sources: Sources) -> None:
    write_marked_text(case.order.text, [])
    write_lines([say_student(analysis, sources)])


_PARTS: Mapping[Part, Callable[[Case, Analysis, Sources], None]] = {
    "text": _show_text,
    "audio": _show_audio,
    "emotion": _show_emotion,
    "teachers": _show_teachers,
    "student": _show_student,
    "learned": _show_learned,
    "outside": _show_outside,
}
