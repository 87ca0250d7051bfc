"""A cancel event that is set after a number of looks at it."""

from __future__ import annotations

import threading


class CancelAfter(threading.Event):
    """Is set at the look after the given number of looks.

    Attributes:
        looks: how often it was looked at.
    """

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.looks, self._limit = 0, looks

    def is_set(self) -> bool:
        self.looks += 1
        return self.looks > self._limit
