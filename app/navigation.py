"""Page settings and navigation: what is drawn before and around each page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import access
from app.components.bundle_choice import choose_bundle
from app.components.links import hold_links
from app.components.screen import watch_screen
from app.escape import blur_post, write_style
from app.pages import build_pages
from app.uploads import release_unused

_ICON = Path(__file__).resolve().parents[1] / "assets" / "icon.png"


def draw_app() -> None:
    """Draws the frame and the page that was asked for."""
    icon = str(_ICON) if _ICON.is_file() else None
    st.set_page_config(
        page_title="mhkd",
        page_icon=icon,
        layout="wide",
        menu_items={"Get help": None, "Report a bug": None, "About": None},
    )
    write_style()
    if icon is not None:
        st.logo(icon)
    if not access.is_signed_in():
        st.navigation([st.Page(access.show_sign_in, title="Sign in")], position="hidden").run()
        return
    page = st.navigation(build_pages(), position="top")
    hold_links()
    watch_screen()
    access.show_reader()
    choose_bundle()
    if st.session_state.get("analyse_blurred"):  # on every page, not only where it is asked for
        blur_post()
    page.run()
    release_unused()
