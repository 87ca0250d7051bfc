"""Work in a thread, told line by line; a caller who leaves ends it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any, Final

from mhkd.errors import MhkdError

Tell = Callable[[dict[str, Any]], None]
Work = Callable[[threading.Event, Tell], Any]
_BEAT_S: Final = 1.0


async def stream(work: Work, count_waiting: Callable[[], int]) -> AsyncIterator[str]:
    """Lines of JSON: what ``work`` tells, ``waiting`` each second, and ``done`` or ``error``.

    Args:
        work: called in a thread with an event that is set once nobody listens any more.
        count_waiting: callers in the queue.
    """
    cancel, loop = threading.Event(), asyncio.get_running_loop()
    lines: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def tell(line: dict[str, Any]) -> None:
        with suppress(RuntimeError):  # the loop is closed: the server went, nobody listens
            loop.call_soon_threadsafe(lines.put_nowait, line)

    def act() -> None:
        try:
            tell({"done": work(cancel, tell)})
        except MhkdError as fault:
            tell({"error": {"code": fault.code, "message": fault.public_message}})
        except Exception as fault:  # the end of the thread: the caller must hear of it
            reason = f"The analysis stopped ({type(fault).__name__}). Try again."
            tell({"error": {"code": "error", "message": reason}})

    thread = threading.Thread(target=act, name="stream", daemon=True)
    thread.start()
    try:
        while True:
            try:
                line = await asyncio.wait_for(lines.get(), _BEAT_S)
            except TimeoutError:
                line = {"waiting": count_waiting()}
            yield json.dumps(line, allow_nan=False) + "\n"
            if "done" in line or "error" in line:
                return
    finally:
        cancel.set()
