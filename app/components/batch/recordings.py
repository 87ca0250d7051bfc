"""The ZIP file of recordings. Owns the keys that begin with ``batch_recordings_``."""

from __future__ import annotations

import streamlit as st

from app.batch_recordings import hold_recordings
from app.batch_work import BatchDesk
from app.escape import write_note, write_small_print
from mhkd.errors import InputError
from mhkd.limits import MATCHED_S, MAX_UPLOAD_BYTES


def ask_comparison(missing: str | None, *, chosen: bool) -> bool:
    """Draws whether each recording is compared with its text, or how that becomes possible.

    Args:
        missing: what is missing for it, None where nothing is.
        chosen: what was asked before.
    """
    if missing is not None:
        write_small_print(f"Recordings can’t be compared with their texts here. {missing}")
        return False
    compare = st.toggle(
        "Compare each recording with its text", chosen, key="batch_recordings_compare"
    )
    write_small_print(
        f"Slow: a transcriber listens to the first {MATCHED_S:.0f} s of each recording. The "
        "estimate of the time counts it in. Rows whose recording says something else are told."
    )
    return compare


def ask_recordings(desk: BatchDesk) -> None:
    """Draws the upload; a ZIP file that can be read becomes the desk's recordings."""
    if desk.recordings is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            count = len(desk.recordings)
            told = "1 recording" if count == 1 else f"{count:,} recordings"
            st.text(f"{desk.recordings_name}: {told}")
            st.button(
                "Leave the recordings out", type="tertiary", on_click=desk.leave_recordings_out
            )
        return
    state = st.session_state
    state.setdefault("batch_recordings_round", 0)
    given = st.file_uploader(
        f"Recordings, if there are any: one ZIP file, up to {MAX_UPLOAD_BYTES // 1024**2} MB",
        type=["zip"],
        key=f"batch_recordings_file_{state['batch_recordings_round']}",
        help="A column of the table names the recording of each row. Nothing is unpacked to disk.",
    )
    if given is None:
        return
    try:
        with st.spinner("Reading the list of recordings"):
            recordings = hold_recordings(given.getvalue())
    except InputError as fault:
        write_note("The recordings can’t be used", fault.public_message)
        return
    desk.recordings, desk.recordings_name = recordings, given.name
    state["batch_recordings_round"] += 1  # the upload itself is not needed any more
    st.rerun()
