"""The student's answer, led by what limits it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from app import charts
from app.components.figure import show_figure
from app.escape import write_badges, write_note, write_small_print
from app.figure_numbers import list_frequency
from app.glossary import explain
from app.withheld import say_no_answer, say_withheld
from app.wording import (
    ORIGIN_BADGES,
    Answer,
    say_answer,
    say_disagreement,
    say_outside,
    say_probability,
)
from mhkd.analysis import Analysis, Familiarity, Finding, Prediction, PredictionSet

_OF_PROBABILITY: Final = explain("Calibrated probability", "Not decided")


def show_answer(analysis: Analysis, sources: Mapping[str, str], calibration: str | None) -> None:
    """Draws the answer.

    Args:
        analysis: with the student's prediction.
        sources: label → where such posts come from.
        calibration: how far the probability can be taken at its word.
    """
    prediction = analysis.predictions["student"]
    if prediction is None:
        write_note("No answer", "The student did not answer.")
        return
    disagreement = say_disagreement(analysis, sources)
    if disagreement is not None:
        write_note("The teachers disagree.", disagreement)
    answer = say_answer(prediction, sources, analysis.prediction_set)
    withheld = say_withheld(analysis)
    if withheld is not None:
        outside = analysis.familiarity is not None and analysis.familiarity.outside
        st.header(withheld.title, anchor=False, help=explain("Outside") if outside else None)
        for reason in withheld.reasons:
            write_small_print(reason)
        write_small_print(
            f"Its forced choice: {answer.headline} ({say_probability(answer.probability)})"
        )
    else:
        _show_inside(answer, calibration)
    write_badges(
        [f"Sound: {ORIGIN_BADGES[analysis.given.audio.origin]}", "Student reads text only"]
    )


def show_first_answer(
    prediction: Prediction,
    familiarity: Familiarity | None,
    sources: Mapping[str, str],
    held: PredictionSet | None,
    findings: Sequence[Finding] = (),
) -> None:
    """Draws what the student said before the teachers have answered.

    Args:
        prediction: the student's.
        familiarity: whether it knows such posts.
        sources: label → where such posts come from.
        held: its set of labels.
        findings: about the text, known before.
    """
    answer = say_answer(prediction, sources, held)
    write_small_print("First answer of the student; the teachers are still reading")
    if familiarity is not None and familiarity.outside:
        st.header("Outside what this model knows.", anchor=False, help=explain("Outside"))
        write_small_print(say_outside(familiarity.distance, familiarity.threshold))
        return
    abstaining = [finding for finding in findings if finding.effect == "abstains"]
    if abstaining:
        st.header(say_no_answer(abstaining[0].code), anchor=False)
        write_small_print(abstaining[0].message)
        return
    st.header(answer.headline, anchor=False)
    st.markdown(
        f"Calibrated probability **{say_probability(answer.probability)}**, {answer.certainty}.",
        help=_OF_PROBABILITY,
    )


def _show_inside(answer: Answer, calibration: str | None) -> None:
    st.header(answer.headline, anchor=False)
    st.markdown(
        f"Calibrated probability **{say_probability(answer.probability)}**, {answer.certainty}. "
        f"{answer.frequency}",
        help=_OF_PROBABILITY,
    )
    show_figure(
        charts.draw_frequency(answer.of_hundred),
        list_frequency(answer),
        key="answer_frequency",
        title="The probability as 100 dots",
        alt=f"{answer.of_hundred} of 100 dots are filled.",
    )
    if calibration:
        write_small_print(calibration)
