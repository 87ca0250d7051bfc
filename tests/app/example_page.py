"""The page over the example analyser, to look at: ``streamlit run tests/app/example_page.py``.

``MHKD_EXAMPLE`` chooses what is shown: plain, slow, outside, undecided, broken, raising.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(_ROOT))

import streamlit as st  # noqa: E402
from streamlit.runtime.scriptrunner import get_script_run_ctx  # noqa: E402

from app import models, server  # noqa: E402
from app.views import analyse  # noqa: E402
from mhkd.errors import BundleError  # noqa: E402
from tests.app.example_analysis import ExampleAnalyser  # noqa: E402

_KIND = os.environ.get("MHKD_EXAMPLE", "plain")


def _load() -> Any:
    if _KIND == "broken":
        raise BundleError("assets/bundles/sdcnl/student.safetensors is missing. Restore it.")
    return ExampleAnalyser(
        probability=0.54 if _KIND == "undecided" else 0.78,
        outside=_KIND == "outside",
        pause_s=1.2 if _KIND == "slow" else 0.0,
    )


def _raise(case: Any, *_: Any) -> None:
    """A fault in the page whose message quotes the post, as a careless one would."""
    raise ValueError(f"no record of {case.order.text}")


if get_script_run_ctx(suppress_warning=True) is None:
    server.prepare_process()
    app = st.App(
        __file__,
        lifespan=server.attend,
        middleware=server.middleware(),
        on_script_error=server.tell_fault,
    )
else:
    models.load_analyser = _load
    if _KIND == "raising":
        analyse.show_record = _raise
    runpy.run_path(str(_ROOT / "app" / "main.py"), run_name="__main__")
