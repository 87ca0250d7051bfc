"""The entry: page settings and navigation. Start with ``streamlit run app/main.py``."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

_ROOT = Path(__file__).resolve().parents[1]
if str(_ROOT) not in sys.path:  # Streamlit puts the script's folder there, not the root
    sys.path.insert(0, str(_ROOT))

from app.escape import write_style  # noqa: E402
from app.views import analyse, batch, cases, method  # noqa: E402

st.set_page_config(
    page_title="mhkd",
    page_icon=str(_ROOT / "assets" / "icon.png"),
    layout="wide",
    menu_items={"Get help": None, "Report a bug": None, "About": None},
)
write_style()
st.logo(str(_ROOT / "assets" / "icon.png"))
st.navigation(
    [
        st.Page(analyse.show_page, title="Analyse", url_path="analyse", default=True),
        st.Page(batch.show_page, title="Batch", url_path="batch"),
        st.Page(cases.show_page, title="Cases", url_path="cases"),
        st.Page(method.show_page, title="Method and limits", url_path="method"),
    ],
    position="top",
).run()
