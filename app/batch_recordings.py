"""The ZIP files of recordings that sessions hold in memory, together within one limit."""

from __future__ import annotations

import io
import threading
from typing import Final
from weakref import WeakKeyDictionary

from mhkd.batch.archive import open_archive
from mhkd.batch.recordings import Recordings
from mhkd.errors import InputError
from mhkd.limits import MAX_SERVER_UPLOAD_BYTES

_HELD: Final[WeakKeyDictionary[Recordings, int]] = WeakKeyDictionary()
_LOCK: Final = threading.Lock()


def hold_recordings(content: bytes) -> Recordings:
    """The recordings of an uploaded ZIP file, counted until nobody holds them.

    Raises:
        InputError: it can't be used, or all sessions together hold too much.
    """
    with _LOCK:
        if sum(_HELD.values()) + len(content) > MAX_SERVER_UPLOAD_BYTES:
            raise InputError("Too many recordings are held by this server. Try again in a while.")
        recordings = open_archive(io.BytesIO(content))
        _HELD[recordings] = len(content)
        return recordings
