"""The tables of posts that sessions hold in memory, together within one limit."""

from __future__ import annotations

import sys
from typing import Final

from app.budget import Budget
from mhkd.batch.table import PostTable, read_table
from mhkd.limits import MAX_SERVER_TABLE_BYTES

_BUDGET: Final = Budget(
    MAX_SERVER_TABLE_BYTES,
    f"The tables held by this server would take more than {MAX_SERVER_TABLE_BYTES // 1024**2} MB "
    "of memory. Give fewer rows or columns, or try again in a while.",
)
# What is found out about a row and answered to it took 190 to 420 bytes with all four models.
_ANSWERED_BYTES: Final = 512


def hold_table(name: str, content: bytes) -> PostTable:
    """The table of an uploaded file, counted with its answers until nobody holds it.

    Raises:
        InputError: it can't be used, or all sessions together hold too much.
    """
    return _BUDGET.hold(lambda: read_table(name, content), len(content), measure_table)


def measure_table(table: PostTable) -> int:
    """Bytes that a table takes in memory, with those kept for the answers to its rows.

    Python keeps texts of up to one character once for all; such a cell costs its place alone.
    """
    cells = 0
    for texts in table.columns.values():
        cells += sys.getsizeof(texts) + sum(sys.getsizeof(text) for text in texts if len(text) > 1)
    return cells + _ANSWERED_BYTES * len(table)
