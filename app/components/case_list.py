"""The list of kept cases. Owns the keys that begin with ``cases_list_``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from app.components.decide import say_judgement
from app.escape import write_small_print, write_table
from app.wording import say_probability, source_of
from mhkd.cases.records import Case, Judgement
from mhkd.cases.store import CaseStore
from mhkd.limits import MAX_LISTED_CASES

_UNSCROLLED = 10


def choose_case(store: CaseStore, find_sources: Callable[[Case], Mapping[str, str]]) -> Case | None:
    """Draws search, list and choice.

    Args:
        store: the cases.
        find_sources: a case's label → where such posts come from, in the bundle that answered.

    Returns:
        The case to be shown; None while none is chosen.
    """
    search = st.text_input(
        "Search text, notes and judgements", key="cases_list_search", persist_state="session"
    )
    found = store.list(search or "")
    if not found:
        write_small_print("No case holds all of these words.")
        return None
    if len(found) == MAX_LISTED_CASES:
        write_small_print(f"The latest {MAX_LISTED_CASES} are listed; search for earlier ones.")
    with st.container(height=420 if len(found) > _UNSCROLLED else "content", border=False):
        write_table(
            ("Case", "Kept", "Until", "Bundle", "Judgement", "Student", "Text"),
            [_tell(case, find_sources(case)) for case in found],
        )
    by_id = {case.id: case for case in found}
    chosen = st.selectbox(
        "Open a case",
        list(by_id),
        index=None,
        format_func=lambda case_id: _name(by_id[case_id], find_sources(by_id[case_id])),
        placeholder=f"{len(found)} case{'' if len(found) == 1 else 's'}",
        key="cases_list_open",
    )
    return by_id.get(chosen) if chosen else None


def say_student(case: Case, sources: Mapping[str, str]) -> str:
    """The student's answer in a few words."""
    told = f"{source_of(case.model_label, sources)}, {say_probability(case.model_probability)}"
    return f"no answer (forced choice: {told})" if case.withheld else told


def _tell(case: Case, sources: Mapping[str, str]) -> tuple[str, ...]:
    return (
        case.id,
        f"{case.kept_at:%Y-%m-%d %H:%M}",
        f"{case.expires_on}",
        case.bundle_name,
        _say_briefly(case.judgement, sources),
        say_student(case, sources),
        "kept" if case.text is not None else "not kept",
    )


def _say_briefly(judgement: Judgement, sources: Mapping[str, str]) -> str:
    label = say_judgement(judgement.label, sources)
    if judgement.last != judgement.label:
        return f"{label} (first), then {say_judgement(judgement.last, sources)}"
    return f"{label} (first)" if judgement.first else label


def _name(case: Case, sources: Mapping[str, str]) -> str:
    judged = say_judgement(case.judgement.last, sources)
    return f"{case.kept_at:%Y-%m-%d %H:%M} · {judged} · {case.id}"
