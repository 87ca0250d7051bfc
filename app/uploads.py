"""Uploads that no widget holds any more leave the server's memory.

Streamlit keeps every upload until the session ends, also that of an uploader which has left
the page or was given another file. A session may hold ``limits.MAX_HELD_UPLOADS``.
"""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile


def release_unused() -> None:
    """Drops this session's uploads that no widget refers to, but the latest.

    The latest may have come a moment before the page hears which widget it belongs to.
    """
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return
    manager: Any = runtime.get_instance().uploaded_file_mgr
    with manager._lock:
        held = list(manager.file_storage.get(context.session_id, {}))
    used = _used_files()
    for file in [file for file in held if file not in used][:-1]:
        manager.remove_file(context.session_id, file)


def _used_files() -> set[str]:
    files: set[str] = set()
    for value in st.session_state.to_dict().values():
        for part in value if isinstance(value, list | tuple) else (value,):
            if isinstance(part, UploadedFile):
                files.add(part.file_id)
    return files
