"""The ZIP files of recordings that sessions hold in memory, together within one limit."""

from __future__ import annotations

import io
from typing import Final

from app.budget import Budget
from mhkd.batch.archive import open_archive
from mhkd.batch.recordings import Recordings
from mhkd.limits import MAX_SERVER_UPLOAD_BYTES

_BUDGET: Final = Budget(
    MAX_SERVER_UPLOAD_BYTES, "Too many recordings are held by this server. Try again in a while."
)


def hold_recordings(content: bytes) -> Recordings:
    """The recordings of an uploaded ZIP file, counted until nobody holds them.

    Raises:
        InputError: it can't be used, or all sessions together hold too much.
    """
    size = len(content)
    return _BUDGET.hold(lambda: open_archive(io.BytesIO(content)), size, lambda _: size)
