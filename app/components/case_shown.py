"""One kept case, and its end. Owns the keys that begin with ``case_``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app import access
from app.components.answer import show_answer
from app.components.case_explained import show_kept_emotions, show_kept_sound, show_kept_words
from app.components.case_list import say_student
from app.components.case_record import offer_json, show_kept_record
from app.components.decide import say_judgements
from app.components.overview import open_details, show_overview
from app.components.quality import show_read
from app.components.summary import show_set
from app.components.voice import show_voice
from app.escape import write_note, write_small_print, write_table
from app.kept_case import KnownBundle
from app.kept_wording import say_absent
from app.session import open_desk
from app.wording import say_finding
from mhkd.cases.audit_notes import noting_action
from mhkd.cases.reading import KeptAnalysis, read_kept
from mhkd.cases.records import Case
from mhkd.cases.roles import Action
from mhkd.cases.store import CaseStore
from mhkd.errors import CaseError


def show_case(store: CaseStore, case: Case, bundle: KnownBundle) -> None:
    """Draws a case as far as it was kept; nothing is computed anew.

    Args:
        store: where it lies.
        case: the case.
        bundle: what is known of the one that answered.
    """
    stored, sources = store.read_analysis(case.id), bundle.sources
    st.header(f"Case {case.id}", anchor=False)
    try:
        kept = read_kept(stored, case.text)
    except CaseError as fault:
        _show_judgement(case, sources)
        write_note("The case can’t be shown whole", fault.public_message)
        offer_json(case, stored)
    else:
        _show_whole(case, kept, stored, bundle)
    _offer_deletion(store, case)


def _show_whole(
    case: Case, kept: KeptAnalysis, stored: Mapping[str, Any], bundle: KnownBundle
) -> None:
    analysis, sources, text = kept.analysis, bundle.sources, case.text or ""
    left, right = st.columns(2, gap="large")
    with left:
        _show_judgement(case, sources)
    with right:
        _show_answer(case, kept, bundle)
    st.space("small")
    show_overview(analysis, sources)
    words, emotions, sound, read, record = open_details()
    with words, st.container(key="details_words"):
        show_kept_words(kept, text, sources)
    with emotions, st.container(key="details_emotions"):
        show_kept_emotions(kept, text, sources)
    with sound:
        show_kept_sound(kept, sources)
        show_voice(analysis)
    with read:
        show_read(analysis, sources)
    with record:
        show_kept_record(case, kept, stored, bundle)


def _show_answer(case: Case, kept: KeptAnalysis, bundle: KnownBundle) -> None:
    analysis = kept.analysis
    same = bundle.sha256 == case.bundle_sha256
    with st.container(key="answer"):
        show_answer(analysis, bundle.sources, bundle.calibration if same else None)
    show_set(analysis, bundle.sources)
    findings = [say_finding(finding.code) for finding in analysis.quality]
    write_small_print(f"Findings: {', '.join(findings) or 'none'}.")
    if (absent := say_absent(kept)) is not None:
        write_small_print(absent)


def _offer_deletion(store: CaseStore, case: Case) -> None:
    if not access.is_allowed(Action.delete):
        return
    with st.popover("Delete this case"):
        st.markdown("It is removed for good, from this database and not from backups.")
        if st.button("Delete for good", key=f"case_delete_{case.id}"):
            with noting_action("deleted", open_desk().pseudonym, {"case": case.id}):
                store.delete([case.id])
            st.rerun()


def _show_judgement(case: Case, sources: Mapping[str, str]) -> None:
    write_table(
        ("What", "Noted"),
        [
            ("Judgement", say_judgements(case.judgement, sources)),
            ("Student", say_student(case, sources)),
            ("Bundle", f"{case.bundle_name} {case.bundle_version}, {case.bundle_sha256[:12]}…"),
            ("Kept", f"{case.kept_at:%d %B %Y, %H:%M} UTC"),
            ("Deleted on", f"{case.expires_on:%d %B %Y}"),
        ],
    )
    if case.judgement.note:
        write_small_print("Note")
        st.text(case.judgement.note)
    if case.text is None:
        write_small_print("The text was not kept, and with it no word of the post.")
        return
    write_small_print("De-identified text (not anonymous)")
    with st.container(key="case_post_text"):
        st.text(case.text)
