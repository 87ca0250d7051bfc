"""The entry: the server's middleware, and the navigation. Start: ``streamlit run app/main.py``.

Streamlit imports this file once for ``app``, which serves it, and then runs it for every
draw of the page.
"""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

_ROOT = Path(__file__).resolve().parents[1]
if str(_ROOT) not in sys.path:  # Streamlit puts the script's folder there, not the root
    sys.path.insert(0, str(_ROOT))

from app import server  # noqa: E402

if get_script_run_ctx(suppress_warning=True) is None:
    server.prepare_process()
    app = st.App(
        __file__,
        lifespan=server.attend,
        middleware=server.middleware(),
        on_script_error=server.tell_fault,
    )
else:
    from app.navigation import draw_app

    draw_app()
