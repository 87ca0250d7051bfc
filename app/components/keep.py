"""Keep a case: off unless chosen, and nothing is stored before the last button."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import streamlit as st

from app import access
from app.components.decide import ask_judgement, say_judgement
from app.escape import write_marked_text, write_note, write_small_print
from app.kept_wording import NOT_ANONYMOUS, REPLACED
from app.session import open_desk
from app.work import Case
from mhkd.analysis import Analysis
from mhkd.cases.audit_notes import noting_action
from mhkd.cases.deidentifying import find_names
from mhkd.cases.records import Judgement, deidentify, make_case
from mhkd.cases.roles import Action
from mhkd.cases.store import CaseStore, new_id
from mhkd.errors import MhkdError
from mhkd.limits import MAX_NOTE_CHARS, RETENTION_DAYS


def show_keep(case: Case, analysis: Analysis, sources: Mapping[str, str]) -> None:
    """Draws the choice to keep, and what belongs to it.

    Args:
        case: with its finished analysis.
        analysis: the analysis.
        sources: label → where such posts come from.
    """
    st.header("Keep this case", anchor=False)
    if case.kept_id is not None:
        write_note("Kept.", f"This case is on the page Cases, as {case.kept_id}.")
        return
    if not access.is_allowed(Action.keep):
        write_small_print("Your role does not allow keeping cases.")
        return
    place, key = CaseStore.open().place, f"{id(case)}"
    write_small_print(
        f"Off unless you choose it. A kept case lies in {place} until the day you set. "
        f"{access.say_readers()} A recording is never kept."
    )
    if not st.checkbox("I want to keep this case", key=f"keep_wanted_{key}"):
        return
    left, right = st.columns(2, gap="large")
    with left:
        judgement = _ask_judgement(case, analysis, sources, key)
        note = st.text_area("Note", key=f"keep_note_{key}", max_chars=MAX_NOTE_CHARS, height=100)
    with right:
        days = st.radio(
            "Keep for", RETENTION_DAYS, format_func=_say_retention, key=f"keep_days_{key}"
        )
        with_text = st.checkbox("Keep the de-identified text as well", key=f"keep_text_{key}")
        write_small_print(
            "Without the text, only numbers, your judgement and your note are kept, and no word "
            "of the post. With it, the case can be used for training."
        )
    text = _ask_text(case, key) if with_text else None
    ready = judgement is not None and (text is not None or not with_text)
    asked = st.button("Keep this case", type="primary", disabled=not ready, key=f"keep_do_{key}")
    if asked and judgement is not None:
        _keep(case, analysis, replace(judgement, note=note), text, days)


def _ask_judgement(
    case: Case, analysis: Analysis, sources: Mapping[str, str], key: str
) -> Judgement | None:
    """None while nothing is chosen. Who has judged before is asked again: both are kept."""
    first = case.judged_first
    if first is None:
        label = ask_judgement(analysis.labels, sources, f"keep_label_{key}")
        return None if label is None else Judgement(label)
    write_note("Your judgement before the answers", say_judgement(first, sources))
    after = ask_judgement(
        analysis.labels, sources, f"keep_label_{key}", "And now that you have seen the answers?"
    )
    return None if after is None else Judgement(first, first=True, after=after)


def _say_retention(days: int) -> str:
    until = datetime.now(UTC).date() + timedelta(days=days)
    return f"{days} days, until {until:%d %B %Y}"


def _ask_text(case: Case, key: str) -> str | None:
    """The text that the reader confirmed, None until then."""
    names = find_names()
    found = deidentify(case.order.text, names)
    write_small_print(
        f"{REPLACED}{', and names that Presidio found' if names else ''}. {NOT_ANONYMOUS} "
        "Change the text that will be kept until it does not."
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.caption("The post, with what was found")
        write_marked_text(case.order.text, [(m.kind, m.start, m.end) for m in found.marks])
    with right:
        edited = st.text_area(
            "Text that will be kept", found.text, key=f"keep_edited_{key}", height=240
        )
    sure = st.checkbox(
        "I have read the text that will be kept and taken out what points to a person",
        key=f"keep_sure_{key}_{hash(edited)}",
    )
    return edited if sure and edited.strip() else None


def _keep(
    case: Case, analysis: Analysis, judgement: Judgement, text: str | None, days: int
) -> None:
    try:
        new = make_case(
            analysis,
            judgement,
            id=new_id(),
            text=text,
            post=case.order.text,
            retention_days=days,
        )
        told = {"case": new.case.id, "with_text": text is not None}
        with noting_action("kept", open_desk().pseudonym, told):
            case.kept_id = CaseStore.open().keep(new)
    except MhkdError as fault:
        write_note("The case was not kept", fault.public_message)
        return
    st.rerun()
