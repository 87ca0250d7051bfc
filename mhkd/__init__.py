"""mhkd: three teachers, distilled into one student, for mental-health posts.

``Analyser.open("sdcnl").analyse(Post("..."))`` gives an ``Analysis``. Importing
the package is quick: torch and transformers load when a bundle is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mhkd.errors import MhkdError
from mhkd.post import Post, Recording
from mhkd.torchaudio_mend import mend_torchaudio

if TYPE_CHECKING:
    from mhkd.analyser import Analyser
    from mhkd.analysis import Analysis

__version__ = "0.1.0"
__all__ = ["Analyser", "Analysis", "MhkdError", "Post", "Recording", "__version__"]

mend_torchaudio()


def __getattr__(name: str) -> object:
    if name == "Analyser":
        from mhkd.analyser import Analyser

        return Analyser
    if name == "Analysis":
        from mhkd.analysis import Analysis

        return Analysis
    raise AttributeError(f"module 'mhkd' has no attribute '{name}'")
