"""Logs without content: a record names an exception and its place, never its message."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any


def quieten_logs() -> None:
    """From now on a log record names an exception and its place, never its message.

    The message of an exception may quote the post, and so may values in it.
    """
    make = logging.getLogRecordFactory()
    if getattr(make, "quiet", False):
        return

    def make_quiet(*arguments: Any, **options: Any) -> logging.LogRecord:
        record = make(*arguments, **options)
        record.args = _without_exceptions(record.args)
        if record.exc_info and record.exc_info[1] is not None:
            record.msg = f"{record.getMessage()} ({name_fault(record.exc_info[1])})"
            record.args = None
        elif isinstance(record.msg, BaseException):
            record.msg = name_fault(record.msg)
        record.exc_info = None
        record.exc_text = None
        return record

    make_quiet.quiet = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(make_quiet)


def name_fault(fault: BaseException) -> str:
    """An exception by its kind and the line that raised it."""
    place = fault.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = "" if place is None else _say_place(place.tb_frame.f_code.co_filename, place.tb_lineno)
    return f"{type(fault).__name__}{where}"


def _say_place(file: str, line: int) -> str:
    return f" at {'/'.join(Path(file).parts[-2:])}:{line}"


def _without_exceptions(values: Any) -> Any:
    if isinstance(values, tuple):
        return tuple(_named(value) for value in values)
    return values


def _named(value: Any) -> Any:
    return name_fault(value) if isinstance(value, BaseException) else value
