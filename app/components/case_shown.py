"""One kept case, and its end. Owns the keys that begin with ``case_``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from app import access
from app.components.case_list import say_student
from app.components.decide import say_judgement
from app.components.help_lines import NOT_THIS
from app.escape import write_small_print, write_table
from app.session import open_desk
from app.wording import MODEL_NAMES, say_finding, source_of
from mhkd.cases.audit_notes import note_action
from mhkd.cases.records import Case
from mhkd.cases.roles import Action
from mhkd.cases.store import CaseStore


def show_case(store: CaseStore, case: Case, sources: Mapping[str, str]) -> None:
    """Draws a case.

    Args:
        store: where it lies.
        case: the case.
        sources: label → where such posts come from.
    """
    analysis = store.read_analysis(case.id)
    st.header(f"Case {case.id}", anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        _show_judgement(case, sources)
    with right:
        write_table(("Model", *_sources(case, sources)), _tell_models(case, analysis), (1, 2, 3, 4))
        findings = [say_finding(finding["code"]) for finding in analysis.get("quality", [])]
        write_small_print(f"Findings: {', '.join(findings) or 'none'}.")
    with st.container(horizontal=True):
        st.download_button(
            "Download numbers as JSON",
            json.dumps({"notice": NOT_THIS, **analysis}, indent=2, ensure_ascii=False),
            f"case-{case.id}.json",
            "application/json",
            on_click="ignore",
        )
        if not access.is_allowed(Action.delete):
            return
        with st.popover("Delete this case"):
            st.markdown("It is removed for good, from this database and not from backups.")
            if st.button("Delete for good", key=f"case_delete_{case.id}"):
                note_action("deleted", open_desk().pseudonym, {"case": case.id})
                store.delete([case.id])
                st.rerun()


def _show_judgement(case: Case, sources: Mapping[str, str]) -> None:
    noted = "before the answers were shown" if case.judgement.first else "after the answers"
    write_table(
        ("What", "Noted"),
        [
            ("Judgement", f"{say_judgement(case.judgement.label, sources)}, {noted}"),
            ("Student", say_student(case, sources)),
            ("Bundle", f"{case.bundle_name} {case.bundle_version}, {case.bundle_sha256[:12]}…"),
            ("Kept", f"{case.kept_at:%d %B %Y, %H:%M} UTC"),
            ("Deleted on", f"{case.expires_on:%d %B %Y}"),
        ],
    )
    if case.judgement.note:
        st.caption("Note")
        st.text(case.judgement.note)
    st.caption("De-identified text (not anonymous)" if case.text else "Text")
    st.text(case.text or "Not kept.")


def _sources(case: Case, sources: Mapping[str, str]) -> list[str]:
    return [f"P({source_of(label, sources)})" for label in case.labels]


def _tell_models(case: Case, analysis: Mapping[str, Any]) -> list[tuple[str, ...]]:
    rows = []
    for model, name in MODEL_NAMES.items():
        prediction = analysis.get("predictions", {}).get(model)
        told = (
            ["–" for _ in case.labels]
            if prediction is None
            else [f"{prediction['probabilities'].get(label, 0):.3f}" for label in case.labels]
        )
        rows.append((name, *told))
    return rows
