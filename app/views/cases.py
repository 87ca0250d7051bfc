"""The page “Cases”: what was kept, found again, compared with the model, and deleted."""

from __future__ import annotations

import streamlit as st

from app import access
from app.components.case_list import choose_case
from app.components.case_shown import show_case
from app.components.cases_care import show_agreement, show_backup, show_export
from app.components.help_lines import show_help_lines
from app.escape import write_note, write_small_print
from app.kept_case import find_bundles, pick_bundle
from mhkd.cases.roles import Action
from mhkd.cases.store import CaseStore
from mhkd.errors import CaseError


def show_page() -> None:
    """Draws the page."""
    st.title("Cases", anchor=False)
    show_help_lines()
    st.space("small")
    try:
        store = CaseStore.open()
        gone = store.delete_expired()
        if access.is_allowed(Action.read):
            _show(store, gone)
        else:
            write_note("No role", "Whoever runs this app can give you one; then cases are here.")
    except CaseError as fault:
        write_note("The cases can’t be read", fault.public_message)


def _show(store: CaseStore, gone: int) -> None:
    if gone:
        write_note("Retention", f"{gone} cases whose day had come were deleted.")
    count = store.count()
    place = store.place if access.is_allowed(Action.restore) else "this app’s database"
    write_small_print(
        f"{count:,} kept in {place}. {access.say_readers()} A case is "
        "deleted when this page is opened on or after its day, or by “mhkd cases purge”."
    )
    if count == 0:
        write_note(
            "No case is kept.",
            "Nothing is stored unless you choose it: analyse a post, open the tab Record, and "
            "choose “Keep this case”. A backup can be restored below.",
        )
        if access.is_allowed(Action.restore):
            show_backup(store, empty=True)
        return
    bundles = find_bundles()
    chosen = choose_case(store, lambda case: pick_bundle(case, bundles).sources)
    if chosen is not None:
        show_case(store, chosen, pick_bundle(chosen, bundles))
    st.space("small")
    cases = store.list(limit=1_000_000)
    left, right = st.columns(2, gap="large")
    with left:
        show_agreement(cases)
    if not access.is_allowed(Action.export):
        return
    with right:
        show_export(store, cases)
    show_backup(store, empty=False)
