"""Agreement, export, backup of kept cases. Owns the keys that begin with ``care_``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from app.escape import write_note, write_small_print, write_table
from app.session import open_desk
from mhkd.cases.agreement import Agreement, Changes, count_changes, measure_agreement
from mhkd.cases.audit_notes import noting_action
from mhkd.cases.backup import copy_cases, restore
from mhkd.cases.place import sqlite_file
from mhkd.cases.records import Case
from mhkd.cases.store import CaseStore
from mhkd.errors import CaseError


def show_agreement(cases: Sequence[Case]) -> None:
    """Draws Cohen's kappa for each bundle, and how often a judgement was changed."""
    st.header("Agreement of readers and student", anchor=False)
    rows, told = [], []
    for name in _bundles(cases):
        of_bundle = [case for case in cases if case.bundle_name == name]
        first = [case for case in of_bundle if case.judgement.first]
        twice = [case for case in first if case.judgement.after is not None]
        for kind, chosen, last in (
            ("all, the last", of_bundle, True),
            ("before the answers", first, False),
            ("before, where asked twice", twice if len(twice) < len(first) else [], False),
            ("after, where asked twice", twice, True),
        ):
            if chosen:
                found = measure_agreement(chosen, of_bundle[0].labels, last=last)
                rows.append((name, kind, *say_agreement(found)))
        if twice:
            told.append(f"{name}: {say_changes(count_changes(twice))}")
    write_table(("Bundle", "Judgements", "Kappa (95 %)", "Agreed", "n"), rows, numeric=(2, 3, 4))
    for line in told:
        write_small_print(line)
    write_small_print(
        "Cohen’s kappa: 0 is what chance gives, 1 full agreement; bootstrap over cases. “Neither” "
        "and “can’t tell” are left out, and posts that got no answer. A judgement made "
        "after the answer was seen leans to it."
    )


def say_agreement(found: Agreement) -> tuple[str, str, str]:
    """Kappa with its interval, cases agreed, and n; in words where it is not defined."""
    if found.kappa is None:
        told = "not defined"
    elif found.low is None or found.high is None:
        told = f"{found.kappa:.2f}"
    else:
        told = f"{found.kappa:.2f} ({found.low:.2f} to {found.high:.2f})".replace("-", "−")
    return told, f"{found.agreed:,}", f"{found.n:,}"


def say_changes(found: Changes) -> str:
    """How often readers changed their judgement after the answers, and which way."""
    changed = found.toward + found.away + found.otherwise
    told = f"of {found.n:,} judged before the answers and after, {changed:,} changed"
    if not changed:
        return f"{told}."
    other = f", {found.otherwise:,} otherwise" if found.otherwise else ""
    return f"{told}: {found.toward:,} to the student’s label, {found.away:,} away from it{other}."


def show_export(store: CaseStore, cases: Sequence[Case]) -> None:
    """Draws one download for each bundle."""
    st.header("Export for training", anchor=False)
    write_small_print(
        "CSV with id, text, label, judged_first: the cases whose text was kept and whose last "
        "judgement is a label; judged_first is the one noted before the answers. "
        "The text is de-identified, not anonymous; treat the file like the posts."
    )
    for name in _bundles(cases):
        n = sum(
            case.bundle_name == name
            and case.text is not None
            and case.judgement.last in case.labels
            for case in cases
        )
        st.download_button(
            f"Export {n} case{'' if n == 1 else 's'} of {name}",
            partial(_export, store, name, n, open_desk().pseudonym),
            f"cases-{name}.csv",
            "text/csv",
            disabled=n == 0,
            on_click="ignore",
            key=f"care_export_{name}",
        )


def show_backup(store: CaseStore, *, empty: bool) -> None:
    """Draws backup and restore of a SQLite file."""
    with st.expander("Backup and restore"):
        if sqlite_file(store.engine) is None:
            write_small_print("These cases lie on a server: use pg_dump and pg_restore.")
            return
        write_small_print("A backup holds all kept cases as they are. Keep it as safe as they are.")
        if not empty:
            st.download_button(
                "Download backup",
                partial(_back_up, store, open_desk().pseudonym),
                "cases-backup.sqlite",
                "application/vnd.sqlite3",
                on_click="ignore",
                key="care_backup",
            )
        given = st.file_uploader("Backup to restore", type=["sqlite"], key="care_given")
        sure = empty or st.checkbox("Replace all cases that are kept now", key="care_sure")
        if st.button("Restore", disabled=given is None or not sure, key="care_restore") and given:
            _restore(store, given.getvalue())


def _export(store: CaseStore, name: str, count: int, pseudonym: str) -> str:
    """Called by the server when the download is asked for, where there is no session."""
    with noting_action("exported", pseudonym, {"bundle": name, "cases": count}):
        return store.export_csv(name)


def _back_up(store: CaseStore, pseudonym: str) -> bytes:
    """As ``_export``."""
    with noting_action("backed_up", pseudonym, {}):
        return copy_cases(store.engine)


def _restore(store: CaseStore, content: bytes) -> None:
    try:
        with noting_action("restored", open_desk().pseudonym, {"bytes": len(content)}):
            restore(store.engine, content)
    except CaseError as fault:
        write_note("The backup was not restored", fault.public_message)
        return
    st.rerun()


def _bundles(cases: Sequence[Case]) -> list[str]:
    return sorted({case.bundle_name for case in cases})
