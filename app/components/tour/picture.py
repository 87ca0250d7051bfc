"""How a post goes through the models, as a picture that needs no script."""

from __future__ import annotations

from app.escape import write_flow


def show_picture() -> None:
    """Draws it."""
    write_flow(
        (
            ("Post", ("text", "sound", "emotion words")),
            ("Teachers", ("text teacher", "audio teacher", "emotion teacher")),
            ("Mean of their answers", ("the soft target",)),
            ("Student", ("learns from labels and target", "reads the text alone")),
        )
    )
